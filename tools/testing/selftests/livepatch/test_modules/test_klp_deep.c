// SPDX-License-Identifier: GPL-2.0
/* A function that tasks have on their stack: it calls the one they sleep in. */
#include "test_klp.h"

int klp_test_sleeper(bool kthread);

static noinline int test_klp_deep(int depth)
{
	int ret = klp_test_sleeper(false);

	/* Not a tail call */
	barrier_data(&ret);
	return ret;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_deep", .new_func = test_klp_deep },
	{ }
};

TEST_KLP_VMLINUX(funcs);
