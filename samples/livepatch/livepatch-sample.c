// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-sample.c - a first live patch
 *
 * Replaces the function behind /proc/cmdline. Run, and see:
 *
 *	# cat /proc/cmdline
 *	console=ttyS0 ...
 *	# insmod livepatch-sample.ko
 *	# cat /proc/cmdline
 *	this kernel has been live patched
 *	# cat /sys/kernel/livepatch/livepatch_sample/enabled
 *	1
 *	# cat /sys/kernel/livepatch/livepatch_sample/consistency
 *	task
 *	# echo 0 > /sys/kernel/livepatch/livepatch_sample/enabled
 *	# cat /proc/cmdline
 *	console=ttyS0 ...
 *	# rmmod livepatch_sample
 *
 * If rmmod finds the module in use, a task may still be in its code: try again.
 *
 * The patch names no consistency model, and so gets "task": each task begins to
 * call the new function for itself, when it is not in the old one. That is
 * right here, and for most patches: no other function and no other task relies
 * on what the old function does.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

/* The same prototype as the original, fs/proc/cmdline.c */
static int sample_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "this kernel has been live patched\n");
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = sample_cmdline_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		/* No name: the function is in vmlinux. */
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init sample_init(void)
{
	return klp_enable_patch(&patch);
}

/*
 * Nothing to do: the admin disables the patch. Without an exit function the
 * module could never be unloaded.
 */
static void __exit sample_exit(void)
{
}

module_init(sample_init);
module_exit(sample_exit);
MODULE_DESCRIPTION("A first live patch");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
