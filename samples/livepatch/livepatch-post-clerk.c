// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-post-clerk.c - a live patch with one function that changes at once
 *
 * The clerk of livepatch-post.ko is a kernel thread that waits as if for a disk
 * (D), and so counts as load. To mend that, the main loop of the clerk has to
 * change. The clerk is nearly always in that function. A patch that waits for
 * the clerk to leave the function might wait for days. So this function is
 * immediate: nothing waits for tasks in it. The rest of the patch is
 * consistent: here, a parcel of less than a kilogram costs as much as a parcel
 * of one kilogram. Run, and see:
 *
 *	# insmod livepatch-post.ko
 *	# post=/sys/kernel/debug/livepatch_post
 *	# grep State /proc/$(pgrep post_clerk)/status
 *	State:	D (disk sleep)
 *	# insmod livepatch-post-clerk.ko
 *	# cat /sys/kernel/livepatch/livepatch_post_clerk/consistency
 *	task
 *	# cat /sys/kernel/livepatch/livepatch_post_clerk/transition
 *	0
 *	# grep State /proc/$(pgrep post_clerk)/status
 *	State:	D (disk sleep)
 *	# echo open > $post/office
 *	# echo 900 > $post/counter
 *	# cat $post/office
 *	open, 0 waiting, 100 cents
 *	# grep State /proc/$(pgrep post_clerk)/status
 *	State:	I (idle)
 *	# echo 0 > /sys/kernel/livepatch/livepatch_post_clerk/enabled
 *	# cat /sys/kernel/livepatch/livepatch_post_clerk/transition
 *	0
 *	# rmmod livepatch_post_clerk
 *	rmmod: ERROR: Module livepatch_post_clerk is in use
 *	# echo 2000 > $post/counter
 *	# rmmod livepatch_post_clerk
 *	# cat $post/office
 *	open, 0 waiting, 300 cents
 *	# grep State /proc/$(pgrep post_clerk)/status
 *	State:	D (disk sleep)
 *	# rmmod livepatch_post
 *
 * The clerk begins to use the new function when there is money to be saved. The
 * same holds for the way back: the patch is disabled, but its module stays in
 * use until the clerk has left the module's code.
 *
 * An immediate function must fit to the old and the new versions of all other
 * functions.
 */
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/minmax.h>

#include "livepatch-post.h"

/* The default, for the functions that are not immediate */
#define POST_CONSISTENCY KLP_CONSISTENCY_TASK

static void clerk_clerk_serve(struct office *office)
{
	wait_event_idle(office->clerk,
			atomic_read(&office->till) || kthread_should_stop());
	office_save(office);
}

static unsigned int clerk_counter_postage(unsigned int weight)
{
	return 100 * max(weight, 1U);
}

static struct klp_func funcs[] = {
	{
		.old_name = "clerk_serve",
		.new_func = clerk_clerk_serve,
		.immediate = true,
	},
	{ .old_name = "counter_postage", .new_func = clerk_counter_postage },
	{ }
};

#include "livepatch-post-patch.h"

MODULE_DESCRIPTION("A live patch with one function that changes at once");
