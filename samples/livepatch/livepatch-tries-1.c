// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-tries-1.c - a live patch that needs one more member in a structure
 *
 * livepatch-lockers.ko lets everybody try one PIN after the other. To count the
 * wrong ones, struct locker would need a member that it does not have, and the
 * lockers that are in use cannot be made any larger. The counter is attached to
 * them from outside, as a shadow variable. Run, and see:
 *
 *	# insmod livepatch-lockers.ko
 *	# desk=/sys/kernel/debug/livepatch_lockers
 *	# echo put 7 1234 umbrella > $desk
 *	# for pin in 1 2 3 4 5; do echo take 7 $pin > $desk; done
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	# insmod livepatch-tries-1.ko
 *	# cat /sys/kernel/livepatch/livepatch_tries_1/transition
 *	0
 *	# echo put 8 4321 hat > $desk
 *	# for pin in 1 2 3 4 1234; do echo take 7 $pin > $desk; done
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Key was rejected by service
 *	bash: echo: write error: Key was rejected by service
 *	# echo take 8 4321 > $desk
 *	# cat $desk
 *	7: umbrella
 *
 * Nobody gets the umbrella any more, not even its owner. That is a mistake, too,
 * but one has to be quick; livepatch-tries-2.c does better, and goes on from
 * here. Or leave it at that:
 *
 *	# echo 0 > /sys/kernel/livepatch/livepatch_tries_1/enabled
 *	# cat /sys/kernel/livepatch/livepatch_tries_1/enabled
 *	cat: ...: No such file or directory
 *	# echo take 7 1234 > $desk
 *	# rmmod livepatch_tries_1
 *	# rmmod livepatch_lockers
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "livepatch-lockers.h"

/* So many wrong PINs in a row block a locker. */
#define TRIES	3

/*
 * Lockers that were there before the patch have no variable yet, so it is not
 * the function that makes the locker which makes the variable, but the first
 * one that needs it. The desk's mutex is held here, and keeps the locker, and
 * with it the variable, from being freed.
 */
static int tries_locker_open(struct locker *locker, unsigned int pin)
{
	unsigned int *wrong;

	wrong = klp_shadow_get_or_alloc(locker, LOCKER_WRONG, sizeof(*wrong),
					GFP_KERNEL, NULL, NULL);
	/* Do not give a hint that is not counted. */
	if (!wrong)
		return -ENOMEM;
	if (*wrong >= TRIES)
		return -EKEYREJECTED;
	if (pin == locker->pin)
		return 0;
	++*wrong;
	return -EACCES;
}

/* The variable goes before the object does. */
static void tries_locker_free(struct locker *locker)
{
	klp_shadow_free(locker, LOCKER_WRONG, NULL);
	kfree(locker);
}

/*
 * During a transition a task that has not switched yet may free a locker and
 * know nothing of its variable. The next locker at that address must not start
 * with it.
 */
static struct locker *tries_locker_new(unsigned int number, unsigned int pin)
{
	struct locker *locker = kzalloc(sizeof(*locker), GFP_KERNEL);

	if (locker) {
		klp_shadow_free(locker, LOCKER_WRONG, NULL);
		locker->number = number;
		locker->pin = pin;
	}
	return locker;
}

/*
 * All tasks are back in the old functions, which do not know the variables. If
 * the patch is replaced instead this does not run, and the next one gets them.
 */
static void tries_post_unpatch(struct klp_object *obj)
{
	klp_shadow_free_all(LOCKER_WRONG, NULL);
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
	{ }
};

static struct klp_func no_funcs[] = {
	{ }
};

static struct klp_object objs[] = {
	{
		/* vmlinux is always there, so this runs when the patch goes. */
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

/* For patches that come later: there are variables to be taken care of. */
static struct klp_state states[] = {
	{
		.id = LOCKERS_STATE,
		.version = 1,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
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
MODULE_DESCRIPTION("A live patch with shadow variables");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
