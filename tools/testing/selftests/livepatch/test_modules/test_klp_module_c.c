// SPDX-License-Identifier: GPL-2.0
/* A third patch of the same module, meant to replace the others */
#include <linux/types.h>

static int new_value(void)
{
	return 33;
}

#define TEST_KLP_FUNCS { }
#define TEST_KLP_TARGET_FUNCS \
	{ .old_name = "klp_target_value", .new_func = new_value }
#include "test_klp_callbacks.h"
