// SPDX-License-Identifier: GPL-2.0
/*
 * A patch whose code runs without a frame of a replacement below it: a helper
 * that is reached by a tail call, work items, a kernel thread. All sleep, or are
 * busy, until something is written to livepatch_test/sleep.
 *
 * Parameters, besides those in test_klp.h:
 *
 *   start	writing "work" starts the work item that sleeps, "busy" the one
 *		that never sleeps, on CPU 1, "thread" the kernel thread, which
 *		then sleeps until the module's exit stops it; reading shows the
 *		PID of the thread
 *   rounds	how often the busy work item has gone round its loop
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "test_klp.h"
#include "test_klp_count.h"

static noinline int test_klp_tail_helper(bool kthread)
{
	return test_klp_sleep_interruptible();
}

/* Ends with a jump and leaves no frame on the stack; the test checks that. */
static int test_klp_tail_sleeper(bool kthread)
{
	return test_klp_tail_helper(kthread);
}

static void test_klp_tail_work_fn(struct work_struct *work)
{
	test_klp_tail_helper(true);
	/* Not a tail call */
	barrier();
}

static DECLARE_WORK(test_klp_tail_work, test_klp_tail_work_fn);

TEST_KLP_COUNT(rounds);

/* RCU need not wait for this task, so that only the search for the code does. */
static void test_klp_tail_busy_fn(struct work_struct *work)
{
	unsigned int seen = READ_ONCE(klp_test_let_go);

	while (READ_ONCE(klp_test_let_go) == seen) {
		atomic_inc(&rounds);
		cpu_relax();
		cond_resched_tasks_rcu_qs();
	}
}

static DECLARE_WORK(test_klp_tail_busy, test_klp_tail_busy_fn);

static int test_klp_tail_thread(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(MAX_SCHEDULE_TIMEOUT);
	return 0;
}

static struct task_struct *thread;

static int start_set(const char *val, const struct kernel_param *kp)
{
	struct task_struct *task;

	if (sysfs_streq(val, "work"))
		return queue_work(system_unbound_wq, &test_klp_tail_work) ?
		       0 : -EBUSY;
	if (sysfs_streq(val, "busy"))
		return queue_work_on(1, system_wq, &test_klp_tail_busy) ?
		       0 : -EBUSY;
	if (!sysfs_streq(val, "thread"))
		return -EINVAL;
	if (thread)
		return -EBUSY;
	task = kthread_run(test_klp_tail_thread, NULL, "klp_tail");
	if (IS_ERR(task))
		return PTR_ERR(task);
	thread = task;
	return 0;
}

static int start_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", thread ? thread->pid : 0);
}

static const struct kernel_param_ops start_ops = {
	.set = start_set,
	.get = start_get,
};

module_param_cb(start, &start_ops, NULL, 0644);

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_sleeper", .new_func = test_klp_tail_sleeper },
	{ }
};

static void test_klp_tail_stop(void)
{
	if (thread)
		kthread_stop(thread);
	cancel_work_sync(&test_klp_tail_work);
	cancel_work_sync(&test_klp_tail_busy);
}

#undef TEST_KLP_CLEANUP
#define TEST_KLP_CLEANUP test_klp_tail_stop()
TEST_KLP_VMLINUX(funcs);
