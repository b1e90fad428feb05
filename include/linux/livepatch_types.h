/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The task's side of a live patching transition.
 *
 * Kept apart from livepatch_task.h so that <linux/sched.h> can embed it
 * without pulling in anything else.
 */
#ifndef _LINUX_LIVEPATCH_TYPES_H
#define _LINUX_LIVEPATCH_TYPES_H

#include <linux/types.h>

/**
 * struct klp_task - where a task stands in live patching transitions
 * @universe:	Which of the two sets of functions the task calls, 0 or 1.
 *		Invariant: changes only under the task's pi_lock, and only by
 *		the task itself or while it is not running. Hence the task may
 *		read its own without any lock; for others it is a hint unless
 *		they hold pi_lock.
 * @counted:	The task is one of those that the running transition waits for.
 *		Protected by pi_lock. TIF_PATCH_PENDING is set as long, but for
 *		a task that has just been refused at the boundary of the kernel.
 * @reason:	Why the task has not switched yet, an enum klp_reason. Written
 *		under pi_lock, read locklessly by reports: stale is harmless.
 * @visit:	Number of the last walk that has seen this task on the list of
 *		exiting tasks. Protected by that list's lock.
 * @exit_cpu:	1 + the CPU on whose list @exit_node is, 0 if on none.
 * @slot:	What the task runs at the entry of a patched function: its universe, or
 *		KLP_SLOT_PENDING of kernel/livepatch/table.h if it may switch there.
 *		Written under pi_lock, or by the task itself, which reads it.
 * @blocker:	Address on the stack that goes with @reason, 0 if none.
 * @frame_at:	Where on the stack the blocking function's return address is, 0 if
 *		not known. Under pi_lock.
 * @frame_ip:	That return address. Under pi_lock.
 * @exit_node:	Link in the list of tasks that have begun to leave the task
 *		list but still run. Protected by that list's lock.
 */
struct klp_task {
	u8			universe;
	u8			counted;
	u8			reason;
	int			exit_cpu;
	unsigned int		visit;
	unsigned int		slot;
	unsigned long		blocker;
	unsigned long		frame_at;
	unsigned long		frame_ip;
	struct list_head	exit_node;
};

#endif /* _LINUX_LIVEPATCH_TYPES_H */
