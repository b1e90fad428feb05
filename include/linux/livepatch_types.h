/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The task's side of a live patching transition.
 *
 * Kept apart from livepatch_task.h so that <linux/sched.h> can embed struct
 * klp_task without more includes.
 */
#ifndef _LINUX_LIVEPATCH_TYPES_H
#define _LINUX_LIVEPATCH_TYPES_H

#include <linux/types.h>

/**
 * struct klp_task - where a task stands in live patching transitions
 * @universe:	Which of the two sets of functions the task calls, 0 or 1.
 *		Invariant: changes only under the task's pi_lock, and only by
 *		the task itself or while it is not running. Hence the task may
 *		read its own universe without any lock; other tasks get a hint
 *		unless they hold pi_lock.
 * @counted:	The running transition counts the task as pending. Protected by
 *		pi_lock. TIF_PATCH_PENDING is set as well, unless the task was
 *		found blocked at the kernel's boundary, and not looked at since.
 * @reason:	Why the task has not switched yet, an enum klp_reason. Written
 *		under pi_lock, read locklessly by reports: stale is harmless.
 * @parked:	The task waits at the boundary to user space, see park.c. Written by
 *		the task itself; read by reports, and while the machine is stopped.
 * @looked_at:	1 + the number of context switches of the task when its stack was
 *		found free of affected code, 0 if it was not. Written by the holder
 *		of klp_mutex only. Means something only within one look at all tasks.
 * @exit_cpu:	1 + the CPU on whose list @exit_node is, 0 if it is on none.
 * @visit:	Number of the last walk that has seen this task on that list.
 *		Protected by that list's lock.
 * @slot:	Slot of a redirect table's entry: the task's universe, or
 *		KLP_SLOT_PENDING to try to switch at a function's entry. Only
 *		the task reads it. Written by the task, at fork, under pi_lock.
 * @blocker:	Address that goes with @reason, 0 if none; accessed like @reason.
 * @frame_at:	Where on the stack the blocking function's return address is, 0
 *		if not known. Protected by pi_lock.
 * @frame_ip:	That return address. Protected by pi_lock.
 * @exit_node:	Link in the list of exiting tasks, which may be unhashed but
 *		still run. Protected by that list's lock.
 */
struct klp_task {
	u8			universe;
	u8			counted;
	u8			reason;
	u8			parked;
	int			exit_cpu;
	unsigned int		visit;
	unsigned int		slot;
	unsigned long		blocker;
	unsigned long		frame_at;
	unsigned long		frame_ip;
	unsigned long		looked_at;
	struct list_head	exit_node;
};

#endif /* _LINUX_LIVEPATCH_TYPES_H */
