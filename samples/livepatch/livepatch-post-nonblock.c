// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-post-nonblock.c - a live patch that is in force at once:
 * "immediate"
 *
 * A sender that asks not to be kept waiting is kept waiting at the counter of
 * livepatch-post.ko. One function lacks a check. The new function fits to all
 * old ones, so a task may call the new function while it, or another task,
 * still runs the old one. Run, and see:
 *
 *	# insmod livepatch-post.ko
 *	# post=/sys/kernel/debug/livepatch_post
 *	# (echo 1000 > $post/counter &)
 *	# cat $post/office
 *	closed, 1 waiting, 0 cents
 *	# timeout 1 dd of=$post/counter oflag=nonblock status=none <<< 1000; echo $?
 *	124
 *	# insmod livepatch-post-nonblock.ko
 *	# cat /sys/kernel/livepatch/livepatch_post_nonblock/consistency
 *	immediate
 *	# cat /sys/kernel/livepatch/livepatch_post_nonblock/transition
 *	0
 *	# dd of=$post/counter oflag=nonblock status=none <<< 1000
 *	dd: error writing ...: Resource temporarily unavailable
 *	# cat $post/office
 *	closed, 1 waiting, 0 cents
 *	# (echo 2000 > $post/counter &)
 *	# cat $post/office
 *	closed, 2 waiting, 0 cents
 *	# echo 0 > /sys/kernel/livepatch/livepatch_post_nonblock/enabled
 *	# rmmod livepatch_post_nonblock
 *	rmmod: ERROR: Module livepatch_post_nonblock is in use
 *	# echo open > $post/office
 *	# cat $post/office
 *	open, 0 waiting, 300 cents
 *	# rmmod livepatch_post_nonblock
 *	# rmmod livepatch_post
 *
 * The first sender waits in the old function all the time. With the model
 * "task" the patch would be in transition until that sender has left. The
 * second sender waits in the new function. Disabling does not wait for that
 * sender either, but the module cannot be unloaded until the sender has left
 * its code.
 */
#include <linux/fcntl.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

#include "livepatch-post.h"

/* "immediate = true" in struct klp_patch means the same. */
#define POST_CONSISTENCY KLP_CONSISTENCY_IMMEDIATE

static int nonblock_counter_enter(struct office *office, unsigned int flags)
{
	if ((flags & O_NONBLOCK) && !READ_ONCE(office->open))
		return -EAGAIN;
	return office_wait(office);
}

static struct klp_func funcs[] = {
	{ .old_name = "counter_enter", .new_func = nonblock_counter_enter },
	{ }
};

#include "livepatch-post-patch.h"

MODULE_DESCRIPTION("A live patch that is in force at once");
