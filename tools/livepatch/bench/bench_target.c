// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch benchmark: a module to be patched, which measures calls itself.
 *
 * In debugfs, klp_bench/:
 *
 *   calls	reading makes 10,000 calls of bench_f0() with interrupts off and
 *		returns the instructions of one call, in hundredths. The clock
 *		counts instructions, see scripts/bench
 *   hold	reading sleeps in bench_hold(), which a patch may replace, until
 *		something is written to this file. Writing "measure" makes the
 *		sleeper measure calls as above, from within that function
 *   held	the result of the sleeper's measurement
 *   deep	reading sleeps below 60 more frames, until a signal is pending
 *
 * Uses nothing of live patching, so that it is the same on all kernels.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define BENCH_CALLS	10000
#define BENCH_DEPTH	60

/* bench_f0() to bench_f3999() */
#define BENCH_FUNCTION(n)						\
	int bench_f##n(int x);						\
	noinline __noclone int bench_f##n(int x)			\
	{								\
		barrier_data(&x);					\
		return x + (n);						\
	}
#include "bench_functions.h"

static DECLARE_WAIT_QUEUE_HEAD(bench_wait);
static bool bench_let_go, bench_measure;
static u64 bench_held;

static noinline u64 bench_measure_calls(void)
{
	unsigned long flags;
	u64 start, end;
	int i, x = 0;

	local_irq_save(flags);
	start = ktime_get_mono_fast_ns();
	for (i = 0; i < BENCH_CALLS; i++)
		x = bench_f0(x);
	end = ktime_get_mono_fast_ns();
	local_irq_restore(flags);
	return (end - start) * 100 / BENCH_CALLS;
}

static int calls_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%llu\n", bench_measure_calls());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(calls);

int bench_hold(void);
noinline __noclone int bench_hold(void)
{
	int ret;

	do {
		ret = wait_event_interruptible(bench_wait, READ_ONCE(bench_let_go) ||
					       READ_ONCE(bench_measure));
		if (xchg(&bench_measure, false))
			WRITE_ONCE(bench_held, bench_measure_calls());
	} while (!ret && !READ_ONCE(bench_let_go));
	/* Not a tail call, and a frame of its own */
	barrier_data(&ret);
	return ret;
}

static ssize_t hold_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	WRITE_ONCE(bench_let_go, false);
	return bench_hold();
}

static ssize_t hold_write(struct file *file, const char __user *ubuf,
			  size_t count, loff_t *ppos)
{
	char buf[16] = "";

	if (copy_from_user(buf, ubuf, min(count, sizeof(buf) - 1)))
		return -EFAULT;
	if (!strcmp(strim(buf), "measure")) {
		WRITE_ONCE(bench_held, 0);
		WRITE_ONCE(bench_measure, true);
	} else {
		WRITE_ONCE(bench_let_go, true);
	}
	wake_up_all(&bench_wait);
	return count;
}

static const struct file_operations hold_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = hold_read,
	.write = hold_write,
};

static noinline __noclone int bench_deep(int depth)
{
	int ret;

	if (depth) {
		ret = bench_deep(depth - 1);
	} else {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
		ret = -EINTR;
	}
	barrier_data(&ret);
	return ret;
}

static ssize_t deep_read(struct file *file, char __user *buf, size_t count,
			 loff_t *ppos)
{
	while (!signal_pending(current))
		bench_deep(BENCH_DEPTH);
	return -ERESTARTSYS;
}

static const struct file_operations deep_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = deep_read,
};

static struct dentry *bench_dir;

static int __init bench_target_init(void)
{
	bench_dir = debugfs_create_dir("klp_bench", NULL);
	debugfs_create_file("calls", 0400, bench_dir, NULL, &calls_fops);
	debugfs_create_file("hold", 0600, bench_dir, NULL, &hold_fops);
	debugfs_create_u64("held", 0400, bench_dir, &bench_held);
	debugfs_create_file("deep", 0400, bench_dir, NULL, &deep_fops);
	return 0;
}

static void __exit bench_target_exit(void)
{
	debugfs_remove(bench_dir);
}

module_init(bench_target_init);
module_exit(bench_target_exit);
MODULE_DESCRIPTION("Livepatch benchmark: what is patched");
MODULE_LICENSE("GPL");
