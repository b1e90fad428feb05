// SPDX-License-Identifier: GPL-2.0
/* A function that others sleep in, replaced by one that they sleep in too. */
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "test_klp.h"

static noinline int test_klp_sleeper(bool kthread)
{
	unsigned int seen = READ_ONCE(klp_test_let_go);
	DEFINE_WAIT(wait);

	for (;;) {
		prepare_to_wait(&klp_test_wait, &wait, TASK_INTERRUPTIBLE);
		if (READ_ONCE(klp_test_let_go) != seen ||
		    (kthread ? kthread_should_stop() : signal_pending(current)))
			break;
		schedule();
		WRITE_ONCE(klp_test_wakeups, klp_test_wakeups + 1);
	}
	finish_wait(&klp_test_wait, &wait);
	return READ_ONCE(klp_test_let_go) != seen ? 0 : -ERESTARTSYS;
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
