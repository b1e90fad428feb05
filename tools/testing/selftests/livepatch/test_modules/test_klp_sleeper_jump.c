// SPDX-License-Identifier: GPL-2.0
/*
 * The patch test_klp_sleeper, and a function that jumps to the one that tasks
 * sleep in: because of that jump no task switches when it enters the latter.
 */
#define TEST_KLP_MORE_FUNCS \
	{ .old_name = "klp_test_sleeper_jump", .new_func = test_klp_jump },

static int test_klp_jump(_Bool kthread)
{
	return kthread;
}

#include "test_klp_sleeper.c"
