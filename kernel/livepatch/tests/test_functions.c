// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: functions for tests to patch, and files that call them.
 *
 * In debugfs, livepatch_test/:
 *
 *   consistency	reading calls klp_test_outer() 1000 times and shows how
 *			often it saw an inner function of another universe
 *   jump		reading calls klp_test_jump_outer(), which takes 5 ms,
 *			until there is a signal
 *   jump_calls	how often that function has returned
 *   jump_bad	how often klp_test_jump_inner() was not of the universe of the
 *			function that had jumped to it
 *   sleep		reading sleeps in klp_test_sleeper() until there is a
 *			signal, or something is written to the file; writing
 *			"fork" lets one user task fork in that function, and
 *			its child sleep there, too
 *   deep		the same below more than 100 frames
 *   kthread		writing "sleep" or "spin" starts a kernel thread that
 *			sleeps in klp_test_sleeper(), or never sleeps at all;
 *			"below" starts one that never sleeps and stays in
 *			klp_test_spinner();
 *			"stop" ends it, "let" lets the sleeping one leave the
 *			function; reading shows its PID and how often it woke
 *   twins	reading shows what the two functions klp_test_twin() return
 *   bulk		reading calls klp_test_bulk_0() to klp_test_bulk_499(),
 *			and shows the sum of what they return: 0 unpatched
 *   hidden	shows and sets the static variable klp_test_hidden
 *   delay	shows and sets how many rounds of a loop a call of a patched
 *		function spends in the architecture's trampoline
 *
 * All of this is for tests only.
 */
#define pr_fmt(fmt) "livepatch_test: " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/error-injection.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "test_functions.h"

/*
 * The patch test_klp_pair, for example, replaces this function by one that
 * returns 1, and klp_test_outer() by one that expects 1.
 */
KLP_TEST_FUNC int klp_test_inner(void)
{
	/* Keep the compiler from knowing what callers get. */
	barrier_data(NULL);
	return 0;
}
EXPORT_SYMBOL_GPL(klp_test_inner);

/* Another name of that function, as linkers give to identical functions */
__alias(klp_test_inner) int klp_test_inner_alias(void);

/* Return: nonzero if inner and outer are not of one universe. */
KLP_TEST_FUNC int klp_test_outer(void)
{
	return klp_test_inner() != 0;
}
EXPORT_SYMBOL_GPL(klp_test_outer);

static int consistency_show(struct seq_file *m, void *unused)
{
	int i, bad = 0;

	for (i = 0; i < 1000; i++)
		bad += klp_test_outer();
	seq_printf(m, "%d\n", bad);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(consistency);

/* Entered by a jump. test_klp_jump replaces both. */
KLP_TEST_FUNC int klp_test_jump_inner(int universe)
{
	mdelay(1);
	return universe != 0;
}
EXPORT_SYMBOL_GPL(klp_test_jump_inner);

KLP_TEST_FUNC int klp_test_jump_outer(void)
{
	mdelay(4);
	return klp_test_jump_inner(0);
}

static u32 klp_test_jump_calls, klp_test_jump_bad;

static int jump_show(struct seq_file *m, void *unused)
{
	while (!signal_pending(current)) {
		if (klp_test_jump_outer())
			klp_test_jump_bad++;
		klp_test_jump_calls++;
	}
	return -EINTR;
}
DEFINE_SHOW_ATTRIBUTE(jump);

/* For replacements of klp_test_sleeper() as well */
DECLARE_WAIT_QUEUE_HEAD(klp_test_wait);
EXPORT_SYMBOL_GPL(klp_test_wait);
unsigned int klp_test_let_go;
EXPORT_SYMBOL_GPL(klp_test_let_go);
unsigned int klp_test_wakeups;
EXPORT_SYMBOL_GPL(klp_test_wakeups);

static int klp_test_fork_wanted;

/* The child of a task that has forked in klp_test_sleeper() */
static int klp_test_child(void *unused)
{
	klp_test_sleeper(false);
	do_exit(0);
}

KLP_TEST_FUNC int klp_test_sleeper(bool kthread)
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
		if (!kthread && xchg(&klp_test_fork_wanted, 0))
			user_mode_thread(klp_test_child, NULL, SIGCHLD);
	}
	finish_wait(&klp_test_wait, &wait);
	return READ_ONCE(klp_test_let_go) != seen ? 0 : -ERESTARTSYS;
}
EXPORT_SYMBOL_GPL(klp_test_sleeper);
/* Lets fmod_ret and sleepable programs of BPF attach */
ALLOW_ERROR_INJECTION(klp_test_sleeper, ERRNO);

/*
 * Ends with a jump to klp_test_sleeper(): while a patch replaces both, no task
 * switches at the entry of the latter. Never called.
 */
KLP_TEST_FUNC int klp_test_sleeper_jump(bool kthread)
{
	return klp_test_sleeper(kthread);
}

static void klp_test_let(void)
{
	WRITE_ONCE(klp_test_let_go, klp_test_let_go + 1);
	wake_up_all(&klp_test_wait);
}

KLP_TEST_FUNC int klp_test_deep(int depth)
{
	int ret = depth ? klp_test_deep(depth - 1) : klp_test_sleeper(false);

	/* Not a tail call */
	barrier_data(&ret);
	return ret;
}

static ssize_t sleep_read(struct file *file, char __user *buf, size_t count,
			  loff_t *ppos)
{
	return klp_test_sleeper(false);
}

static ssize_t deep_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	return klp_test_deep(120);
}

static ssize_t sleep_write(struct file *file, const char __user *ubuf,
			   size_t count, loff_t *ppos)
{
	char buf[8] = "";

	if (copy_from_user(buf, ubuf, min(count, sizeof(buf) - 1)))
		return -EFAULT;
	if (!strcmp(strim(buf), "fork")) {
		WRITE_ONCE(klp_test_fork_wanted, 1);
		wake_up_all(&klp_test_wait);
	} else {
		klp_test_let();
	}
	return count;
}

static const struct file_operations sleep_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = sleep_read,
	.write = sleep_write,
};

static const struct file_operations deep_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = deep_read,
	.write = sleep_write,
};

/* One of two functions of this name; the other one is in test_twin.c. */
static KLP_TEST_FUNC int klp_test_twin(void)
{
	barrier_data(NULL);
	return 0;
}

static int twins_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d %d\n", klp_test_twin(), klp_test_other_twin());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(twins);

/* Unknown to ftrace, so that it cannot be patched */
notrace KLP_TEST_FUNC int klp_test_notrace(void)
{
	barrier_data(NULL);
	return 0;
}

/*
 * Static, so that a patch module needs relocations to reach them. The key is
 * turned on at boot: code whose jump label is not updated sees it turned off.
 */
static u32 klp_test_hidden = 4711;
static DEFINE_STATIC_KEY_FALSE(klp_test_hidden_key);

/* One of two variables of this name; the other one is in test_twin.c. */
static u32 klp_test_twin_value __used = 1;

static KLP_TEST_FUNC u32 __used klp_test_secret(void)
{
	return READ_ONCE(klp_test_hidden) + 1;
}

#ifdef CONFIG_LIVEPATCH_TEST_DELAY
/* The rounds times 256, as klp_trampoline() reads them */
u64 klp_test_delay;

static int delay_get(void *data, u64 *val)
{
	*val = klp_test_delay >> 8;
	return 0;
}

static int delay_set(void *data, u64 val)
{
	WRITE_ONCE(klp_test_delay, val << 8);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(delay_fops, delay_get, delay_set, "%llu\n");
#endif

static DEFINE_MUTEX(klp_test_kthread_lock);
static struct task_struct *klp_test_kthread;

static int klp_test_sleep_thread(void *unused)
{
	klp_test_sleeper(true);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(MAX_SCHEDULE_TIMEOUT);
	return 0;
}

static int klp_test_spin_thread(void *unused)
{
	while (!kthread_should_stop()) {
		cpu_relax();
		cond_resched();
	}
	return 0;
}

KLP_TEST_FUNC int klp_test_spinner(void)
{
	while (!kthread_should_stop()) {
		cpu_relax();
		cond_resched();
	}
	return 0;
}

static int klp_test_below_thread(void *unused)
{
	int ret = klp_test_spinner();

	/* Not a tail call */
	barrier_data(&ret);
	return ret;
}

static int klp_test_kthread_start(int (*fn)(void *unused))
{
	struct task_struct *task;

	if (klp_test_kthread)
		return -EBUSY;
	task = kthread_run(fn, NULL, "klp_test");
	if (IS_ERR(task))
		return PTR_ERR(task);
	klp_test_kthread = task;
	return 0;
}

static int klp_test_kthread_stop(void)
{
	if (!klp_test_kthread)
		return -ESRCH;
	kthread_stop(klp_test_kthread);
	klp_test_kthread = NULL;
	return 0;
}

static ssize_t kthread_write(struct file *file, const char __user *ubuf,
			     size_t count, loff_t *ppos)
{
	char buf[16] = "";
	int ret = -EINVAL;

	if (count >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, count))
		return -EFAULT;
	strim(buf);

	mutex_lock(&klp_test_kthread_lock);
	if (!strcmp(buf, "sleep")) {
		ret = klp_test_kthread_start(klp_test_sleep_thread);
	} else if (!strcmp(buf, "spin")) {
		ret = klp_test_kthread_start(klp_test_spin_thread);
	} else if (!strcmp(buf, "below")) {
		ret = klp_test_kthread_start(klp_test_below_thread);
	} else if (!strcmp(buf, "stop")) {
		ret = klp_test_kthread_stop();
	} else if (!strcmp(buf, "let")) {
		klp_test_let();
		ret = 0;
	}
	mutex_unlock(&klp_test_kthread_lock);
	return ret ?: count;
}

static int kthread_show(struct seq_file *m, void *unused)
{
	mutex_lock(&klp_test_kthread_lock);
	seq_printf(m, "%d %u\n", klp_test_kthread ? klp_test_kthread->pid : 0,
		   READ_ONCE(klp_test_wakeups));
	mutex_unlock(&klp_test_kthread_lock);
	return 0;
}

static int kthread_open(struct inode *inode, struct file *file)
{
	return single_open(file, kthread_show, NULL);
}

static const struct file_operations kthread_fops = {
	.owner = THIS_MODULE,
	.open = kthread_open,
	.read = seq_read,
	.write = kthread_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* 500 functions, klp_test_bulk_0() and so on */
#define BULK_FUNCTION(n)						\
	int klp_test_bulk_##n(void);					\
	KLP_TEST_FUNC int klp_test_bulk_##n(void)			\
	{								\
		barrier_data(NULL);					\
		return 0;						\
	}

#define BULK_CALL(n) sum += klp_test_bulk_##n();

FIVE_HUNDRED(BULK_FUNCTION)

static int bulk_show(struct seq_file *m, void *unused)
{
	int sum = 0;

	FIVE_HUNDRED(BULK_CALL)
	seq_printf(m, "%d\n", sum);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bulk);

static int __init klp_test_functions_init(void)
{
	struct dentry *dir = debugfs_create_dir("livepatch_test", NULL);

	debugfs_create_file("consistency", 0444, dir, NULL, &consistency_fops);
	debugfs_create_file("jump", 0444, dir, NULL, &jump_fops);
	debugfs_create_u32("jump_calls", 0444, dir, &klp_test_jump_calls);
	debugfs_create_u32("jump_bad", 0444, dir, &klp_test_jump_bad);
	debugfs_create_file("sleep", 0600, dir, NULL, &sleep_fops);
	debugfs_create_file("deep", 0600, dir, NULL, &deep_fops);
	debugfs_create_file("kthread", 0600, dir, NULL, &kthread_fops);
	debugfs_create_file("twins", 0444, dir, NULL, &twins_fops);
	debugfs_create_file("bulk", 0444, dir, NULL, &bulk_fops);
	debugfs_create_u32("hidden", 0600, dir, &klp_test_hidden);
#ifdef CONFIG_LIVEPATCH_TEST_DELAY
	debugfs_create_file_unsafe("delay", 0600, dir, NULL, &delay_fops);
#endif
	static_branch_enable(&klp_test_hidden_key);
	return 0;
}
late_initcall(klp_test_functions_init);
