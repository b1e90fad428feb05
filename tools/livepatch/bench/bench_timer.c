// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch benchmark: a timer on each CPU.
 *
 *   worst	parameter: the longest delay of a tick, in nanoseconds, since the
 *		parameter was read last. Interrupts were held off for that long
 *   profile	in debugfs, klp_bench/: writing 1 starts sampling, writing 0 stops
 *		it; reading shows a line for each tick, with the function that the
 *		tick interrupted. Code that holds interrupts off appears where
 *		it enables them again
 *
 * The clock counts instructions, see scripts/bench, so the profile does, too.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <asm/irq_regs.h>

#define BENCH_SAMPLES	100000

static unsigned long period = 20000;
module_param(period, ulong, 0444);
MODULE_PARM_DESC(period, "Nanoseconds from tick to tick");

static DEFINE_PER_CPU(struct hrtimer, bench_timer);
static atomic64_t bench_worst;

/* Addresses of interrupted code; 0 is user space */
static unsigned long *bench_samples;
static atomic_t bench_nr_samples;
static bool bench_sampling;

static enum hrtimer_restart bench_tick(struct hrtimer *timer)
{
	s64 late = ktime_to_ns(ktime_sub(ktime_get(),
					 hrtimer_get_expires(timer)));
	s64 worst = atomic64_read(&bench_worst);

	while (late > worst &&
	       !atomic64_try_cmpxchg(&bench_worst, &worst, late))
		;

	if (READ_ONCE(bench_sampling) && !is_idle_task(current)) {
		int i = atomic_fetch_add_unless(&bench_nr_samples, 1,
						BENCH_SAMPLES);
		struct pt_regs *regs = get_irq_regs();

		if (i < BENCH_SAMPLES)
			bench_samples[i] = user_mode(regs) ? 0 :
					   instruction_pointer(regs);
	}

	hrtimer_forward_now(timer, period);
	return HRTIMER_RESTART;
}

static int worst_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%lld\n", atomic64_xchg(&bench_worst, 0));
}

static const struct kernel_param_ops worst_ops = { .get = worst_get };
module_param_cb(worst, &worst_ops, NULL, 0400);

static int profile_show(struct seq_file *m, void *unused)
{
	int i, nr = atomic_read(&bench_nr_samples);

	for (i = 0; i < nr; i++) {
		if (bench_samples[i])
			seq_printf(m, "%ps\n", (void *)bench_samples[i]);
		else
			seq_puts(m, "user\n");
	}
	return 0;
}

static int profile_open(struct inode *inode, struct file *file)
{
	return single_open(file, profile_show, NULL);
}

static ssize_t profile_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *ppos)
{
	bool on;
	int ret = kstrtobool_from_user(buf, count, &on);

	if (ret)
		return ret;
	if (on)
		atomic_set(&bench_nr_samples, 0);
	WRITE_ONCE(bench_sampling, on);
	return count;
}

static const struct file_operations profile_fops = {
	.owner		= THIS_MODULE,
	.open		= profile_open,
	.read		= seq_read,
	.write		= profile_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static struct dentry *bench_file;

static void bench_start(void *unused)
{
	struct hrtimer *timer = this_cpu_ptr(&bench_timer);

	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = bench_tick;
	hrtimer_start(timer, period, HRTIMER_MODE_REL_PINNED_HARD);
}

static int __init bench_timer_init(void)
{
	bench_samples = vcalloc(BENCH_SAMPLES, sizeof(*bench_samples));
	if (!bench_samples)
		return -ENOMEM;
	bench_file = debugfs_create_file("profile", 0600,
					 debugfs_lookup("klp_bench", NULL),
					 NULL, &profile_fops);
	on_each_cpu(bench_start, NULL, 1);
	return 0;
}

static void __exit bench_timer_exit(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&bench_timer, cpu));
	debugfs_remove(bench_file);
	vfree(bench_samples);
}

module_init(bench_timer_init);
module_exit(bench_timer_exit);
MODULE_DESCRIPTION("Livepatch benchmark: interrupts off, and a profile");
MODULE_LICENSE("GPL");
