// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-tries-2.c - a live patch that replaces one with shadow variables
 *
 * A locker is blocked for some seconds only, and shows how many wrong PINs were
 * tried. The patch takes over the counters that livepatch-tries-1.c has
 * attached to lockers: a blocked locker stays blocked. Run, and see:
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

#define TRIES_VERSION 2
#include "livepatch-tries.h"

/* A locker stays blocked for this long, in jiffies. */
#define BLOCKED		(5 * HZ)

/* A variable starts as zero. A constructor sets any other value. */
static int tries_until_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	unsigned long *until = shadow_data;

	*until = jiffies + BLOCKED;
	return 0;
}

/* Find when the block of a locker ends. The first call starts the block. */
static unsigned long *tries_until(struct locker *locker)
{
	return klp_shadow_get_or_alloc(locker, LOCKER_UNTIL,
				       sizeof(unsigned long), GFP_KERNEL,
				       tries_until_ctor, NULL);
}

/*
 * The first version does not record when a block ends. For a locker that it has
 * blocked, the block starts here.
 */
static int tries_locker_open(struct locker *locker, unsigned int pin)
{
	unsigned long *until;
	unsigned int *wrong;

	guard(mutex)(&tries_lock);
	if (tries_over)
		return -EAGAIN;
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
	/* If memory is short, the next call starts the block. */
	if (++*wrong == TRIES)
		tries_until(locker);
	return -EACCES;
}

static void tries_forget(struct locker *locker)
{
	klp_shadow_free(locker, LOCKER_WRONG, NULL);
	klp_shadow_free(locker, LOCKER_UNTIL, NULL);
}

/* Reading needs no variable, so do not create one. */
static void tries_locker_show(struct seq_file *m, struct locker *locker)
{
	unsigned int *wrong;

	guard(mutex)(&tries_lock);
	wrong = klp_shadow_get(locker, LOCKER_WRONG);
	seq_printf(m, "%u: %s, %u wrong PIN(s)\n", locker->number,
		   locker->thing, wrong ? *wrong : 0);
}

/*
 * If enabling was reversed or has failed, the first version is still enabled
 * and needs its own variables.
 */
static void tries_forget_all(void)
{
	klp_shadow_free_all(LOCKER_UNTIL, NULL);
	if (!klp_get_prev_state(LOCKERS_STATE))
		klp_shadow_free_all(LOCKER_WRONG, NULL);
}

MODULE_DESCRIPTION("A cumulative live patch that takes over shadow variables");
