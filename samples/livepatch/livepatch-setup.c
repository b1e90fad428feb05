// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-setup.c - a live patch that does more than replace functions
 *
 * Callbacks set things up when an object is patched, and clear them away when
 * it no longer is. This patch has two objects:
 *
 * vmlinux	/proc/version tells how often it was read. The new function needs
 *		a counter that has to be allocated before its first call, and
 *		freed after its last one.
 * a module	livepatch-lockers.ko lets one locker too many be used. The new
 *		function corrects that, but few admins know that there is a
 *		limit at all: it is set while the patch is in force.
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
 * limit=5: callbacks of a module run when it comes and when it goes, too.
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

/* What is set if the admin has not set anything */
#define SETUP_LIMIT	3

static struct percpu_counter setup_reads;

/* It was us who have set the module's limit. */
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
 * What the new functions cannot do without belongs in the first callback. An
 * error refuses the whole patch: better no patch than one that crashes.
 */
static int setup_pre_patch(struct klp_object *obj)
{
	return percpu_counter_init(&setup_reads, 0, GFP_KERNEL);
}

/*
 * And it has to stay until the last one. Whatever happened since the first one
 * succeeded, this one runs, once, and no task is in the new functions.
 */
static void setup_post_unpatch(struct klp_object *obj)
{
	percpu_counter_destroy(&setup_reads);
}

/* The module's own variable, found by its parameter, since it is not exported */
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
 * What is of use only if all tasks run the new functions is done when they do,
 * and undone before the first one leaves them. Both run again if the admin has
 * second thoughts while the patch is being disabled.
 *
 * A module that comes while the patch is enabled gets it before any of its code
 * runs, and before its parameters are set: there, too, the admin's word counts.
 */
static void setup_post_patch_lockers(struct klp_object *obj)
{
	unsigned int *limit = setup_find_limit(obj->mod);

	setup_limited = limit && !cmpxchg(limit, 0, SETUP_LIMIT);
}

static void setup_pre_unpatch_lockers(struct klp_object *obj)
{
	unsigned int *limit = setup_find_limit(obj->mod);

	/* Perhaps the admin has changed it meanwhile. */
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
			.post_unpatch = setup_post_unpatch,
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

static int __init setup_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit setup_exit(void)
{
}

module_init(setup_init);
module_exit(setup_exit);
MODULE_DESCRIPTION("A live patch with callbacks");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
