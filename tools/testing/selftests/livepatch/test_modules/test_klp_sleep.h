/* SPDX-License-Identifier: GPL-2.0 */
/* Sleeping in a function that tests hold tasks in. */
#ifndef _TEST_KLP_SLEEP_H
#define _TEST_KLP_SLEEP_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

/* Built into the kernel: kernel/livepatch/tests/test_functions.c */
extern wait_queue_head_t klp_test_wait;
extern unsigned int klp_test_let_go;
extern unsigned int klp_test_wakeups;

/*
 * Sleep until something is written to livepatch_test/sleep (0), or until _stop
 * is true (-ERESTARTSYS). _woken is done after each wakeup.
 *
 * A macro, so that schedule() is called by the function that uses it: tests look
 * for that function on the stack.
 */
#define TEST_KLP_SLEEP(_stop, _woken)					\
({									\
	unsigned int _seen = READ_ONCE(klp_test_let_go);		\
	DEFINE_WAIT(_wait);						\
									\
	for (;;) {							\
		prepare_to_wait(&klp_test_wait, &_wait,			\
				TASK_INTERRUPTIBLE);			\
		if (READ_ONCE(klp_test_let_go) != _seen || (_stop))	\
			break;						\
		schedule();						\
		_woken;							\
	}								\
	finish_wait(&klp_test_wait, &_wait);				\
	READ_ONCE(klp_test_let_go) != _seen ? 0 : -ERESTARTSYS;		\
})

/* The same, ended by a signal. */
static __always_inline int test_klp_sleep_interruptible(void)
{
	return TEST_KLP_SLEEP(signal_pending(current), (void)0);
}

#endif /* _TEST_KLP_SLEEP_H */
