// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-tries-1.c - a live patch that needs one more member in a structure
 *
 * livepatch-lockers.ko lets a user try one PIN after the other. To count wrong
 * PINs, struct locker would need one more member. But lockers that are in use
 * cannot be made larger. So the patch attaches the counter from outside, as a
 * shadow variable. Run, and see:
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
 * The umbrella stays locked up for ever, even for its owner. That is a mistake
 * of this patch. livepatch-tries-2.c corrects it, and can replace this patch
 * now. Or disable this patch:
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

/* The functions that both versions need, and the description of the patch */
#define TRIES_VERSION 1
#include "livepatch-tries.h"

/*
 * A locker that existed before the patch has no variable. So create the
 * variable here, where it is first needed, and not where the locker is created.
 * The desk's mutex is held. It keeps the locker, and with it the variable, from
 * being freed. If the patch was disabled meanwhile, which needs force, the user
 * has to try again, with the old function.
 */
static int tries_locker_open(struct locker *locker, unsigned int pin)
{
	unsigned int *wrong;

	guard(mutex)(&tries_lock);
	if (tries_over)
		return -EAGAIN;
	wrong = klp_shadow_get_or_alloc(locker, LOCKER_WRONG, sizeof(*wrong),
					GFP_KERNEL, NULL, NULL);
	/* Without a counter, do not tell whether the PIN is right. */
	if (!wrong)
		return -ENOMEM;
	if (*wrong >= TRIES)
		return -EKEYREJECTED;
	if (pin == locker->pin)
		return 0;
	++*wrong;
	return -EACCES;
}

static void tries_forget(struct locker *locker)
{
	klp_shadow_free(locker, LOCKER_WRONG, NULL);
}

static void tries_forget_all(void)
{
	klp_shadow_free_all(LOCKER_WRONG, NULL);
}

MODULE_DESCRIPTION("A live patch with shadow variables");
