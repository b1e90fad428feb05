// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-post-window.c - a live patch that all tasks need at once: "system"
 *
 * At the window of livepatch-post.ko a sender writes the weight of a parcel to
 * a field, and a receiver reads it: in kilograms. This patch changes the
 * meaning of the field to grams. No sender may write grams while a receiver
 * reads kilograms. So all tasks have to begin to use the patch in one moment,
 * and no task may be in one of the two functions then. Run, and see:
 *
 *	# insmod livepatch-post.ko
 *	# post=/sys/kernel/debug/livepatch_post
 *	# (cat $post/window > /tmp/parcel &)
 *	# cat $post/office
 *	closed, 1 waiting, 0 cents
 *	# insmod livepatch-post-window.ko
 *	insmod: ERROR: could not insert module livepatch-post-window.ko: Device or resource busy
 *	# dmesg | grep -o 'given up, blocked by cat'
 *	given up, blocked by cat
 *	# echo 5000 > $post/window
 *	# cat /tmp/parcel
 *	5000 g
 *	# insmod livepatch-post-window.ko
 *	# cat /sys/kernel/livepatch/livepatch_post_window/consistency
 *	system
 *	# cat /sys/kernel/livepatch/livepatch_post_window/transition
 *	0
 *	# (cat $post/window > /tmp/parcel &)
 *	# echo 900 > $post/window
 *	# cat /tmp/parcel
 *	900 g
 *	# echo 0 > /sys/kernel/livepatch/livepatch_post_window/enabled
 *	# rmmod livepatch_post_window
 *	# rmmod livepatch_post
 *
 * The first insmod fails after 10 seconds, because a receiver waits in one of
 * the functions all the time. Nothing has changed for any task then. With the
 * model "task" insmod would succeed. The sender, a task that has switched
 * already, would write 5000 grams to the field. The receiver, one that has not,
 * would read 5000 kilograms.
 *
 * The field needs no conversion: only while a sender is in window_put() does it
 * have a meaning.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>

#include "livepatch-post.h"

#define POST_CONSISTENCY KLP_CONSISTENCY_SYSTEM

static int grams_window_put(struct office *office, unsigned int grams)
{
	return office_put(office, grams);
}

static int grams_window_get(struct office *office, unsigned int *grams)
{
	return office_get(office, grams);
}

static struct klp_func funcs[] = {
	{ .old_name = "window_put", .new_func = grams_window_put },
	{ .old_name = "window_get", .new_func = grams_window_get },
	{ }
};

#include "livepatch-post-patch.h"

MODULE_DESCRIPTION("A live patch that all tasks need at once");
