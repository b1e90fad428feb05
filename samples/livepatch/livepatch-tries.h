/* SPDX-License-Identifier: GPL-2.0 */
/*
 * livepatch-tries.h - what both versions of livepatch-tries have in common
 *
 * Include this once, below a definition of TRIES_VERSION. The version defines
 * the functions that are declared here.
 */
#include <linux/cleanup.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "livepatch-lockers.h"

/* This many wrong PINs in a row block a locker. */
#define TRIES		3

static int tries_locker_open(struct locker *locker, unsigned int pin);
#if TRIES_VERSION > 1
static void tries_locker_show(struct seq_file *m, struct locker *locker);
#endif

/* Free the variables of all lockers. */
static void tries_forget_all(void);

/* Free the shadow variables of one locker, if it has any. */
static void tries_forget(struct locker *locker);

/*
 * The desk's mutex keeps a locker and its variables while a new function uses
 * them. The patch cannot take that mutex before it frees the variables of all
 * lockers. So the new functions also hold this one.
 */
static DEFINE_MUTEX(tries_lock);

/* The variables have been freed. No new function may create one any more. */
static bool tries_over;

/* A shadow variable must be freed no later than its object. */
static void tries_locker_free(struct locker *locker)
{
	tries_forget(locker);
	kfree(locker);
}

/*
 * During a transition a task that has not switched yet may free a locker. It
 * does not know the variables and leaves them behind. A new locker at the same
 * address must not inherit them.
 */
static struct locker *tries_locker_new(unsigned int number, unsigned int pin)
{
	struct locker *locker = kzalloc(sizeof(*locker), GFP_KERNEL);

	if (locker) {
		tries_forget(locker);
		locker->number = number;
		locker->pin = pin;
	}
	return locker;
}

/*
 * All tasks call the old functions, which do not know the variables. If tasks
 * were forced, they may still be in the new functions.
 *
 * This does not run when the patch is replaced: the next patch takes the
 * variables over.
 *
 * The module's exit function would be too late. Another version may have been
 * enabled before this module is unloaded, and may use variables of its own.
 */
static void tries_post_unpatch(struct klp_object *obj)
{
	guard(mutex)(&tries_lock);
	tries_over = true;
	tries_forget_all();
}

static struct klp_func funcs[] = {
	{
		.old_name = "locker_open",
		.new_func = tries_locker_open,
	},
	{
		.old_name = "locker_free",
		.new_func = tries_locker_free,
	},
	{
		.old_name = "locker_new",
		.new_func = tries_locker_new,
	},
#if TRIES_VERSION > 1
	{
		.old_name = "locker_show",
		.new_func = tries_locker_show,
	},
#endif
	{ }
};

static struct klp_func no_funcs[] = {
	{ }
};

static struct klp_object objs[] = {
	{
		/*
		 * The callback belongs to vmlinux, which is never unloaded. So
		 * it runs once, when the patch ends. The callbacks of a module
		 * also run outside of transitions, where klp_get_prev_state()
		 * must not be called.
		 */
		.funcs = no_funcs,
		.callbacks = {
			.post_unpatch = tries_post_unpatch,
		},
	},
	{
		.name = "livepatch_lockers",
		.funcs = funcs,
	},
	{ }
};

/*
 * Tells later patches that there are shadow variables to take over. A patch
 * without this state cannot replace one that has it.
 */
static struct klp_state states[] = {
	{
		.id = LOCKERS_STATE,
		.version = TRIES_VERSION,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
	.replace = TRIES_VERSION > 1,
};

static int __init tries_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit tries_exit(void)
{
}

module_init(tries_init);
module_exit(tries_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
