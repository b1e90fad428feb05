// SPDX-License-Identifier: GPL-2.0
/*
 * The patch test_klp_sleeper, where the function that tasks sleep in changes at
 * once, and klp_test_deep(), which calls that function and does not.
 */
static int test_klp_deep(int depth);

#define TEST_KLP_MORE_FUNCS \
	{ .old_name = "klp_test_deep", .new_func = test_klp_deep },
#define TEST_KLP_PREPARE (funcs[0].immediate = true)

#include "test_klp_sleeper.c"

static noinline int test_klp_deep(int depth)
{
	return test_klp_sleeper(depth < 0);
}
