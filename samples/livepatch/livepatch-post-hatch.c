// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-post-hatch.c - a live patch that all system calls need at once:
 * "system-frozen"
 *
 * This patch changes the meaning of a field to grams, as
 * livepatch-post-window.c does. But at the hatch the receiver reads the field,
 * remembers what it has read, waits for the office to open, and only then calls
 * the function that knows the unit. While tasks wait, none of them is in one of
 * the functions that the patch changes, but the weight of the parcel is in the
 * field and on a stack. So all tasks have to leave the kernel, and then to
 * begin to use the patch in one moment. Run, and see:
 *
 *	# insmod livepatch-post.ko
 *	# post=/sys/kernel/debug/livepatch_post
 *	# (echo 5000 > $post/hatch &)
 *	# (cat $post/hatch > /tmp/parcel &)
 *	# cat $post/office
 *	closed, 2 waiting, 0 cents
 *	# insmod livepatch-post-hatch.ko
 *	# cat /sys/kernel/livepatch/livepatch_post_hatch/consistency
 *	system-frozen
 *	# cat /sys/kernel/livepatch/livepatch_post_hatch/transition
 *	0
 *	# cat $post/office
 *	closed, 2 waiting, 0 cents
 *	# echo open > $post/office
 *	# cat /tmp/parcel
 *	5000 g
 *	# (cat $post/hatch > /tmp/parcel &)
 *	# echo 900 > $post/hatch
 *	# cat /tmp/parcel
 *	900 g
 *	# echo 0 > /sys/kernel/livepatch/livepatch_post_hatch/enabled
 *	# rmmod livepatch_post_hatch
 *	# rmmod livepatch_post
 *
 * Both tasks that wait are interrupted, and their system calls begin again in
 * the new code: the sender lays the parcel on the tray once more, and the
 * receiver reads its weight once more. With the model "system" both would go on
 * to wait, and the receiver would take 5 kilograms for 5 grams.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>

#include "livepatch-post.h"

#define POST_CONSISTENCY KLP_CONSISTENCY_SYSTEM_FROZEN

static unsigned int grams_hatch_weigh(unsigned int grams)
{
	return grams;
}

static int grams_hatch_print(char *buf, size_t size, unsigned int weight)
{
	return scnprintf(buf, size, "%u g\n", weight);
}

static struct klp_func funcs[] = {
	{ .old_name = "hatch_weigh", .new_func = grams_hatch_weigh },
	{ .old_name = "hatch_print", .new_func = grams_hatch_print },
	{ }
};

#include "livepatch-post-patch.h"

MODULE_DESCRIPTION("A live patch that all system calls need at once");
