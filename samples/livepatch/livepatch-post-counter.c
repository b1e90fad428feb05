// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-post-counter.c - a live patch that whole system calls need:
 * "task-exit"
 *
 * The counter of livepatch-post.ko weighs a parcel in kilograms, and forgets
 * the rest. This patch weighs in grams. The function that weighs runs at the
 * beginning of a system call, and the one that is told the weight at its end.
 * In between the sender waits for the office to open, and is in neither of the
 * two. So a sender may begin to use the patch only between two system calls.
 * Run, and see:
 *
 *	# insmod livepatch-post.ko
 *	# post=/sys/kernel/debug/livepatch_post
 *	# (echo 5000 > $post/counter &)
 *	# cat $post/office
 *	closed, 1 waiting, 0 cents
 *	# insmod livepatch-post-counter.ko
 *	# cat /sys/kernel/livepatch/livepatch_post_counter/consistency
 *	task-exit
 *	# cat /sys/kernel/livepatch/livepatch_post_counter/transition
 *	1
 *	# echo open > $post/office
 *	# cat $post/office
 *	open, 0 waiting, 500 cents
 *
 * The sender has weighed 5 kilograms, and paid 100 cents for each. With the
 * model "task" the sender would have switched while it waited, and would have
 * paid for 5 grams: 1 cent. Other tasks that sleep in a system call are
 * signalled after 15 seconds. Then the transition is complete:
 *
 *	# cat /sys/kernel/livepatch/livepatch_post_counter/transition
 *	0
 *	# echo 900 > $post/counter
 *	# cat $post/office
 *	open, 0 waiting, 590 cents
 *	# echo 0 > /sys/kernel/livepatch/livepatch_post_counter/enabled
 *	# rmmod livepatch_post_counter
 *	# rmmod livepatch_post
 *
 * Disabling the patch takes as long. If the sender above waits for longer than
 * 15 seconds, it is signalled as well. Its system call begins again then, in
 * the new code, and the sender pays as much.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/math.h>

#include "livepatch-post.h"

#define POST_CONSISTENCY KLP_CONSISTENCY_TASK_EXIT

static int grams_counter_weigh(const char __user *ubuf, size_t count,
			       unsigned int *weight)
{
	return kstrtouint_from_user(ubuf, count, 0, weight);
}

static unsigned int grams_counter_postage(unsigned int weight)
{
	return DIV_ROUND_UP(weight, 10);
}

static struct klp_func funcs[] = {
	{ .old_name = "counter_weigh", .new_func = grams_counter_weigh },
	{ .old_name = "counter_postage", .new_func = grams_counter_postage },
	{ }
};

#include "livepatch-post-patch.h"

MODULE_DESCRIPTION("A live patch that whole system calls need");
