// SPDX-License-Identifier: GPL-2.0
/*
 * A module to be patched, not a patch itself, with tasks that spend nearly all
 * of their time in one of its functions.
 *
 * Parameters:
 *
 *   run	writing starts a task that calls klp_busy_piece() all the time:
 *		"thread" a kernel thread, "pinned" one on CPU 1, "work" a worker
 *		of CPU 1, "unbound" a worker of any CPU, "softirq" ksoftirqd/1;
 *		"stop" ends it; reading shows the PID of the last task that has
 *		called klp_busy_piece()
 *   ms		how long one call of klp_busy_piece() takes, in milliseconds; a
 *		change ends the call that is under way
 *   pieces	how often klp_busy_piece() has returned, unpatched
 *   nap	how long klp_busy_loop() sleeps before it is busy, in milliseconds:
 *		a machine whose time counts instructions is idle meanwhile
 *   loops	how often klp_busy_loop() was entered, unpatched
 *   left	how often klp_busy_loop() has returned, because of a signal
 *
 * In debugfs, test_klp_busy/:
 *
 *   call	reading calls klp_busy_piece() until the reader is killed
 *   loop	reading stays in klp_busy_loop() until there is a signal, then the
 *		system call is restarted
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "test_klp_busy.h"
#include "test_klp_count.h"
#include "test_klp_target.h"

#define KLP_BUSY_CPU	1

static unsigned int piece_ms = 20;
module_param_named(ms, piece_ms, uint, 0644);
TEST_KLP_COUNT(pieces);
static unsigned int nap;
module_param(nap, uint, 0644);
TEST_KLP_COUNT(loops);
TEST_KLP_COUNT(left);

static KLP_TARGET_FUNC int klp_busy_piece(unsigned int ms)
{
	unsigned int done;

	for (done = 0; done < ms && READ_ONCE(piece_ms) == ms; done++)
		klp_busy_for(1);
	atomic_inc(&pieces);
	return 0;
}

static KLP_TARGET_FUNC int klp_busy_loop(void)
{
	atomic_inc(&loops);
	msleep(READ_ONCE(nap));
	while (!signal_pending(current)) {
		klp_busy_for(1);
		cond_resched();
	}
	atomic_inc(&left);
	return -ERESTARTSYS;
}

static pid_t last_pid;
static bool stopping;

static void klp_busy_round(void)
{
	WRITE_ONCE(last_pid, current->pid);
	klp_busy_piece(READ_ONCE(piece_ms));
}

static int klp_busy_thread(void *unused)
{
	while (!kthread_should_stop()) {
		klp_busy_round();
		cond_resched();
	}
	return 0;
}

static void klp_busy_work_fn(struct work_struct *work)
{
	while (!READ_ONCE(stopping)) {
		klp_busy_round();
		cond_resched();
	}
}

static DECLARE_WORK(klp_busy_work, klp_busy_work_fn);

/* Too long for a softirq after an interrupt, so that ksoftirqd runs this. */
static void klp_busy_tasklet_fn(struct tasklet_struct *tasklet)
{
	klp_busy_round();
	if (!READ_ONCE(stopping))
		tasklet_schedule(tasklet);
}

static DECLARE_TASKLET(klp_busy_tasklet, klp_busy_tasklet_fn);

static void klp_busy_raise(void *unused)
{
	tasklet_schedule(&klp_busy_tasklet);
}

static struct task_struct *thread;

static int klp_busy_start_thread(bool pinned)
{
	struct task_struct *task;

	if (thread)
		return -EBUSY;
	task = kthread_create(klp_busy_thread, NULL, "klp_busy");
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (pinned)
		kthread_bind(task, KLP_BUSY_CPU);
	thread = task;
	wake_up_process(task);
	return 0;
}

static void klp_busy_stop(void)
{
	WRITE_ONCE(stopping, true);
	if (thread)
		kthread_stop(thread);
	thread = NULL;
	cancel_work_sync(&klp_busy_work);
	tasklet_kill(&klp_busy_tasklet);
	WRITE_ONCE(stopping, false);
}

static int run_set(const char *val, const struct kernel_param *kp)
{
	if (sysfs_streq(val, "thread"))
		return klp_busy_start_thread(false);
	if (sysfs_streq(val, "pinned"))
		return klp_busy_start_thread(true);
	if (sysfs_streq(val, "work"))
		return queue_work_on(KLP_BUSY_CPU, system_wq, &klp_busy_work) ?
		       0 : -EBUSY;
	if (sysfs_streq(val, "unbound"))
		return queue_work(system_unbound_wq, &klp_busy_work) ?
		       0 : -EBUSY;
	if (sysfs_streq(val, "softirq"))
		return smp_call_function_single(KLP_BUSY_CPU, klp_busy_raise,
						NULL, true);
	if (!sysfs_streq(val, "stop"))
		return -EINVAL;
	klp_busy_stop();
	return 0;
}

static int run_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(last_pid));
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};

module_param_cb(run, &run_ops, NULL, 0644);

static ssize_t call_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	while (!fatal_signal_pending(current)) {
		klp_busy_round();
		cond_resched();
	}
	return -EINTR;
}

static const struct file_operations call_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = call_read,
};

static ssize_t loop_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	int ret = klp_busy_loop();

	/* Not a tail call */
	barrier_data(&ret);
	return ret;
}

static const struct file_operations loop_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = loop_read,
};

static struct dentry *dir;

static int __init test_klp_busy_init(void)
{
	dir = debugfs_create_dir("test_klp_busy", NULL);
	debugfs_create_file("call", 0400, dir, NULL, &call_fops);
	debugfs_create_file("loop", 0400, dir, NULL, &loop_fops);
	return 0;
}

static void __exit test_klp_busy_exit(void)
{
	klp_busy_stop();
	debugfs_remove(dir);
}

module_init(test_klp_busy_init);
module_exit(test_klp_busy_exit);
MODULE_DESCRIPTION("Livepatch selftest: a module whose tasks are always busy");
MODULE_LICENSE("GPL");
