// SPDX-License-Identifier: GPL-2.0
/*
 * The same, and with it the function that jumps there: then a task does not switch
 * when it calls the one that tasks sleep in.
 */
#define TEST_KLP_MORE_FUNCS \
	{ .old_name = "klp_test_sleeper_jump", .new_func = test_klp_jump },

static int test_klp_jump(_Bool kthread)
{
	return kthread;
}

#include "test_klp_sleeper.c"
