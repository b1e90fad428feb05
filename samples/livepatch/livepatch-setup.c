// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-setup.c - a live patch that does more than replace functions
 *
 * Callbacks prepare what the new functions of an object need, and clean up
 * afterwards. This patch has two objects:
 *
 * vmlinux	/proc/version tells how often it was read. The new function needs
 *		a counter. It has to be allocated before the function's first
 *		call, and freed after the last one.
 * a module	livepatch-lockers.ko lets one locker too many be used. The new
 *		function corrects that. But few admins know that there is a
 *		limit at all, so the patch sets it while it is enabled.
 *
 * Run, and see:
 *
 *	# insmod livepatch-lockers.ko
 *	# cat /sys/module/livepatch_lockers/parameters/limit
 *	0
 *	# insmod livepatch-setup.ko
 *	# cat /sys/kernel/livepatch/livepatch_setup/transition
 *	0
 *	# cat /proc/version
 *	Linux ..., asked for 1 time(s)
 *	# cat /proc/version
 *	Linux ..., asked for 2 time(s)
 *	# cat /sys/module/livepatch_lockers/parameters/limit
 *	3
 *	# desk=/sys/kernel/debug/livepatch_lockers
 *	# for i in 1 2 3 4; do echo put $i 1234 hat > $desk; done
 *	bash: echo: write error: No space left on device
 *	# cat $desk
 *	1: hat
 *	2: hat
 *	3: hat
 *	# echo 0 > /sys/kernel/livepatch/livepatch_setup/enabled
 *	# cat /sys/module/livepatch_lockers/parameters/limit
 *	0
 *	# rmmod livepatch_setup
 *	# rmmod livepatch_lockers
 *
 * Try also to load livepatch-lockers.ko after the patch, with and without
 * limit=5. The callbacks of a module also run when it is loaded and unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu_counter.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/utsname.h>

/* The limit that the patch sets if the admin has not set one */
#define SETUP_LIMIT	3

static struct percpu_counter setup_reads;

/* The patch has set the module's limit. */
static bool setup_limited;

/* fs/proc/version.c */
static int setup_version_proc_show(struct seq_file *m, void *v)
{
	percpu_counter_inc(&setup_reads);
	seq_printf(m, "%s %s, asked for %lld time(s)\n", utsname()->sysname,
		   utsname()->release, percpu_counter_sum(&setup_reads));
	return 0;
}

/* livepatch-lockers.c */
static int setup_locker_admit(unsigned int used, unsigned int max)
{
	return max && used >= max ? -ENOSPC : 0;
}

/*
 * Prepare what the new functions need. Runs before any task can call them. An
 * error refuses the whole patch.
 */
static int setup_pre_patch(struct klp_object *obj)
{
	return percpu_counter_init(&setup_reads, 0, GFP_KERNEL);
}

/*
 * Find the variable of the module's parameter. The variable is not exported, so
 * the patch cannot name it.
 */
static unsigned int *setup_find_limit(struct module *mod)
{
	unsigned int i;

	for (i = 0; i < mod->num_kp; i++)
		if (!strcmp(mod->kp[i].name, "limit") &&
		    mod->kp[i].ops == &param_ops_uint)
			return mod->kp[i].arg;
	pr_warn("%s has no parameter \"limit\"\n", mod->name);
	return NULL;
}

/*
 * The limit works only if all tasks run the new function. So set it when they
 * do, and remove it before the first task switches back. If disabling is
 * reversed, this runs once more, after setup_pre_unpatch_lockers().
 *
 * If the module is loaded while the patch is enabled, this runs before any code
 * of the module, and before its parameters are set. So limit= overrules the
 * patch there, too.
 */
static void setup_post_patch_lockers(struct klp_object *obj)
{
	unsigned int *limit = setup_find_limit(obj->mod);

	setup_limited = limit && !cmpxchg(limit, 0, SETUP_LIMIT);
}

static void setup_pre_unpatch_lockers(struct klp_object *obj)
{
	unsigned int *limit = setup_find_limit(obj->mod);

	/* Keep the limit if the admin has changed it. */
	if (limit && setup_limited)
		cmpxchg(limit, SETUP_LIMIT, 0);
}

static struct klp_func vmlinux_funcs[] = {
	{
		.old_name = "version_proc_show",
		.new_func = setup_version_proc_show,
	},
	{ }
};

static struct klp_func lockers_funcs[] = {
	{
		.old_name = "locker_admit",
		.new_func = setup_locker_admit,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = vmlinux_funcs,
		.callbacks = {
			.pre_patch = setup_pre_patch,
		},
	},
	{
		.name = "livepatch_lockers",
		.funcs = lockers_funcs,
		.callbacks = {
			.post_patch = setup_post_patch_lockers,
			.pre_unpatch = setup_pre_unpatch_lockers,
		},
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

/*
 * If enabling fails, no task has called the new functions. Freeing a counter
 * that was not allocated does nothing.
 */
static int __init setup_init(void)
{
	int ret = klp_enable_patch(&patch);

	if (ret)
		percpu_counter_destroy(&setup_reads);
	return ret;
}

/*
 * No task is in the module's code any more. A post_unpatch callback would be
 * too early: tasks that were forced may still be in the new functions then. A
 * module with such tasks is never unloaded, and keeps its counter.
 */
static void __exit setup_exit(void)
{
	percpu_counter_destroy(&setup_reads);
}

module_init(setup_init);
module_exit(setup_exit);
MODULE_DESCRIPTION("A live patch with callbacks");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
