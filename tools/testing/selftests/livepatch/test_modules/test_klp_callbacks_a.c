// SPDX-License-Identifier: GPL-2.0
#include <linux/types.h>

/* A function that tasks sleep in, so that they can block the transition */
static int new_sleeper(bool kthread)
{
	return 0;
}

#define TEST_KLP_FUNCS \
	{ .old_name = "klp_test_sleeper", .new_func = new_sleeper }
#include "test_klp_callbacks.h"
