// SPDX-License-Identifier: GPL-2.0
/* A function that tasks sleep in, replaced by one that they sleep in, too. */
#include <linux/kthread.h>

#include "test_klp.h"

static noinline int test_klp_sleeper(bool kthread)
{
	return TEST_KLP_SLEEP(kthread ? kthread_should_stop() :
					signal_pending(current),
			      WRITE_ONCE(klp_test_wakeups,
					 klp_test_wakeups + 1));
}

#ifndef TEST_KLP_MORE_FUNCS
#define TEST_KLP_MORE_FUNCS
#endif

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_sleeper", .new_func = test_klp_sleeper },
	TEST_KLP_MORE_FUNCS
	{ }
};

TEST_KLP_VMLINUX(funcs);
