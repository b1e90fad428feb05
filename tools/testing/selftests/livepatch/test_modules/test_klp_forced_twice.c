// SPDX-License-Identifier: GPL-2.0
/*
 * A function that sleeps, and then calls another function of the patch, which
 * sleeps, too. The test that forces this patch makes the module stay for good.
 */
#include "test_klp.h"

int klp_test_sleeper(bool kthread);

static noinline int test_klp_sleep(void)
{
	unsigned int seen = READ_ONCE(klp_test_let_go);

	return wait_event_interruptible(klp_test_wait,
					READ_ONCE(klp_test_let_go) != seen);
}

static noinline int test_klp_sleeper(bool kthread)
{
	int ret = test_klp_sleep();

	/* Not a tail call */
	barrier_data(&ret);
	return ret;
}

/* The universe of the second sleep is chosen when it begins. */
static noinline int test_klp_deep(int depth)
{
	int ret = test_klp_sleep();

	if (!ret)
		ret = klp_test_sleeper(false);
	barrier_data(&ret);
	return ret;
}

static noinline int test_klp_inner(void)
{
	return 0;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_deep", .new_func = test_klp_deep },
	{ .old_name = "klp_test_sleeper", .new_func = test_klp_sleeper },
	{ .old_name = "klp_test_inner", .new_func = test_klp_inner },
	{ }
};

TEST_KLP_VMLINUX(funcs);
