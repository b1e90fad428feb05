/* SPDX-License-Identifier: GPL-2.0 */
/*
 * livepatch-interval.h - a cumulative live patch that changes a setting
 *
 * Each version replaces its predecessor. The engine takes care of the
 * functions, but not of a setting that the patch has changed. Version 1 doubles
 * the interval at which dirty data are written. Version 2 wants three times the
 * original value, but finds twice that value if it replaces version 1. A state
 * tells version 2 so. Run, and see:
 *
 *	# echo 500 > /proc/sys/vm/dirty_writeback_centisecs
 *	# insmod livepatch-interval-1.ko
 *	# cat /sys/kernel/livepatch/livepatch_interval_1/transition
 *	0
 *	# cat /proc/cmdline
 *	live patch, version 1
 *	# cat /proc/sys/vm/dirty_writeback_centisecs
 *	1000
 *	# insmod livepatch-interval-2.ko
 *	# cat /sys/kernel/livepatch/livepatch_interval_2/transition
 *	0
 *	# cat /proc/cmdline
 *	live patch, version 2
 *	# cat /proc/sys/vm/dirty_writeback_centisecs
 *	1500
 *	# rmmod livepatch_interval_1
 *	# insmod livepatch-interval-1.ko
 *	insmod: ERROR: could not insert module livepatch-interval-1.ko: Invalid parameters
 *	# echo 0 > /sys/kernel/livepatch/livepatch_interval_2/enabled
 *	# cat /proc/sys/vm/dirty_writeback_centisecs
 *	500
 *	# rmmod livepatch_interval_2
 *
 * The log says why version 1 was refused: it does not handle version 2 of the
 * state.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/stringify.h>
#include <linux/writeback.h>

/* Number of the state, the same in all versions */
#define INTERVAL_STATE	0x1d1e

/* fs/proc/cmdline.c */
static int interval_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "live patch, version " __stringify(INTERVAL_VERSION) "\n");
	return 0;
}

/* The state's data is the original value of the setting. */
static struct klp_state states[] = {
	{
		.id = INTERVAL_STATE,
		.version = INTERVAL_VERSION,
	},
	{ }
};

/* This version has changed the setting. */
static bool interval_changed;

/*
 * All tasks use the new code. The state of the patch that is being replaced can
 * still be read. That patch's callbacks do not run.
 */
static void interval_post_patch(struct klp_object *obj)
{
	struct klp_state *prev = klp_get_prev_state(INTERVAL_STATE);
	unsigned long original;

	/* True if disabling this patch has been reversed. */
	if (interval_changed)
		return;
	original = prev ? (unsigned long)prev->data : dirty_writeback_interval;
	states[0].data = (void *)original;
	dirty_writeback_interval = (INTERVAL_VERSION + 1) * original;
	interval_changed = true;
}

/* The patch is disabled, and no patch replaces it. */
static void interval_post_unpatch(struct klp_object *obj)
{
	/* False if enabling the patch was reversed or has failed. */
	if (interval_changed)
		dirty_writeback_interval = (unsigned long)states[0].data;
	interval_changed = false;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = interval_cmdline_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = funcs,
		.callbacks = {
			.post_patch = interval_post_patch,
			.post_unpatch = interval_post_unpatch,
		},
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
	.replace = true,
};

static int __init interval_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit interval_exit(void)
{
}

module_init(interval_init);
module_exit(interval_exit);
MODULE_DESCRIPTION("A cumulative live patch, version " __stringify(INTERVAL_VERSION));
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
