// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-tries-2.c - a live patch that replaces one with shadow variables
 *
 * Better than livepatch-tries-1.c: a locker is blocked for some seconds only,
 * and one sees how many wrong PINs were tried. The counters that its
 * predecessor has attached to lockers are taken over: who was blocked stays
 * blocked. Run, and see:
 *
 *	# insmod livepatch-lockers.ko
 *	# desk=/sys/kernel/debug/livepatch_lockers
 *	# echo put 7 1234 umbrella > $desk
 *	# insmod livepatch-tries-1.ko
 *	# cat /sys/kernel/livepatch/livepatch_tries_1/transition
 *	0
 *	# for pin in 1 2 3; do echo take 7 $pin > $desk; done
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	bash: echo: write error: Permission denied
 *	# insmod livepatch-tries-2.ko
 *	# cat /sys/kernel/livepatch/livepatch_tries_2/transition
 *	0
 *	# ls /sys/kernel/livepatch
 *	livepatch_tries_2
 *	# rmmod livepatch_tries_1
 *	# cat $desk
 *	7: umbrella, 3 wrong PIN(s)
 *	# echo take 7 1234 > $desk
 *	bash: echo: write error: Key was rejected by service
 *	# sleep 5
 *	# echo take 7 1234 > $desk
 *	# cat $desk
 *	# echo 0 > /sys/kernel/livepatch/livepatch_tries_2/enabled
 *	# rmmod livepatch_tries_2
 *	# rmmod livepatch_lockers
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "livepatch-lockers.h"

/* So many wrong PINs in a row block a locker, for so long. */
#define TRIES		3
#define BLOCKED		(5 * HZ)

/* Variables are zeroed; a constructor is for those that start otherwise. */
static int tries_until_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	unsigned long *until = shadow_data;

	*until = jiffies + BLOCKED;
	return 0;
}

/* When the locker can be used again; begins when it is asked for first. */
static unsigned long *tries_until(struct locker *locker)
{
	return klp_shadow_get_or_alloc(locker, LOCKER_UNTIL,
				       sizeof(unsigned long), GFP_KERNEL,
				       tries_until_ctor, NULL);
}

/*
 * What the first version has blocked is not known to be blocked until when. It
 * is from now on.
 */
static int tries_locker_open(struct locker *locker, unsigned int pin)
{
	unsigned long *until;
	unsigned int *wrong;

	wrong = klp_shadow_get_or_alloc(locker, LOCKER_WRONG, sizeof(*wrong),
					GFP_KERNEL, NULL, NULL);
	if (!wrong)
		return -ENOMEM;
	if (*wrong >= TRIES) {
		until = tries_until(locker);
		if (!until)
			return -ENOMEM;
		if (time_before(jiffies, *until))
			return -EKEYREJECTED;
		klp_shadow_free(locker, LOCKER_UNTIL, NULL);
		*wrong = 0;
	}
	if (pin == locker->pin)
		return 0;
	/* Without memory it begins with the next try. */
	if (++*wrong == TRIES)
		tries_until(locker);
	return -EACCES;
}

static void tries_forget(struct locker *locker)
{
	klp_shadow_free(locker, LOCKER_WRONG, NULL);
	klp_shadow_free(locker, LOCKER_UNTIL, NULL);
}

static void tries_locker_free(struct locker *locker)
{
	tries_forget(locker);
	kfree(locker);
}

/* A task that has not switched may have left something at this address. */
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

/* Who only looks does not need a variable, and does not make one. */
static void tries_locker_show(struct seq_file *m, struct locker *locker)
{
	unsigned int *wrong = klp_shadow_get(locker, LOCKER_WRONG);

	seq_printf(m, "%u: %s, %u wrong PIN(s)\n", locker->number,
		   locker->thing, wrong ? *wrong : 0);
}

/*
 * If the patch goes, so do the variables. But if it has not even come, since
 * its enabling was reversed or has failed, the first version is still there and
 * needs its own.
 */
static void tries_post_unpatch(struct klp_object *obj)
{
	klp_shadow_free_all(LOCKER_UNTIL, NULL);
	if (!klp_get_prev_state(LOCKERS_STATE))
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
	{
		.old_name = "locker_show",
		.new_func = tries_locker_show,
	},
	{ }
};

static struct klp_func no_funcs[] = {
	{ }
};

static struct klp_object objs[] = {
	{
		/*
		 * Not with the module: its callbacks run outside of transitions
		 * too, where klp_get_prev_state() must not be called.
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

/* Without it the patch could not replace one that has it. */
static struct klp_state states[] = {
	{
		.id = LOCKERS_STATE,
		.version = 2,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
	.replace = true,
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
MODULE_DESCRIPTION("A cumulative live patch that takes over shadow variables");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
