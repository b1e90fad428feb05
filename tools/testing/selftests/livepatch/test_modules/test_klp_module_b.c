// SPDX-License-Identifier: GPL-2.0
/* Another patch of the same module, with one function in common with the first */
#include <linux/types.h>

static int new_value(void)
{
	return 22;
}

static int new_twin(void)
{
	return 20;
}

/* Nothing in vmlinux */
#define TEST_KLP_FUNCS { }
#define TEST_KLP_TARGET_FUNCS \
	{ .old_name = "klp_target_value", .new_func = new_value }, \
	{ .old_name = "klp_target_twin", .new_func = new_twin, .old_sympos = 1 }
#include "test_klp_callbacks.h"
