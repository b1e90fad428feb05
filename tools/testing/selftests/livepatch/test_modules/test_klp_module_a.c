// SPDX-License-Identifier: GPL-2.0
/*
 * A patch of a module, and of a function of vmlinux that tasks sleep in, so that
 * its transitions can be held open. One sleeps in its replacements, too.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>

/* Built into the kernel: kernel/livepatch/test_functions.c */
extern wait_queue_head_t klp_test_wait;
extern unsigned int klp_test_let_go;

static __always_inline int sleep_on(void)
{
	unsigned int seen = READ_ONCE(klp_test_let_go);
	DEFINE_WAIT(wait);

	for (;;) {
		prepare_to_wait(&klp_test_wait, &wait, TASK_INTERRUPTIBLE);
		if (READ_ONCE(klp_test_let_go) != seen ||
		    signal_pending(current))
			break;
		schedule();
	}
	finish_wait(&klp_test_wait, &wait);
	return READ_ONCE(klp_test_let_go) != seen ? 0 : -ERESTARTSYS;
}

static int new_test_sleep(bool kthread)
{
	return sleep_on();
}

static int new_target_sleep(void)
{
	return sleep_on();
}

static int new_value(void)
{
	return 11;
}

#define TEST_KLP_FUNCS \
	{ .old_name = "klp_test_sleeper", .new_func = new_test_sleep }
#define TEST_KLP_TARGET_FUNCS \
	{ .old_name = "klp_target_value", .new_func = new_value }, \
	{ \
		.old_name = "klp_target_sleeper", \
		.new_func = new_target_sleep, \
	}
#include "test_klp_callbacks.h"
