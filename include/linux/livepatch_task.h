/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: what the core kernel calls in the life of a task.
 *
 * Patch modules include <linux/livepatch.h> instead.
 */
#ifndef _LINUX_LIVEPATCH_TASK_H
#define _LINUX_LIVEPATCH_TASK_H

#include <linux/jump_label.h>
#include <linux/sched.h>

struct seq_file;

#ifdef CONFIG_LIVEPATCH

DECLARE_STATIC_KEY_FALSE(klp_phase_key);

void klp_task_fork(struct task_struct *child);
void klp_task_exit(void);
void klp_task_dead(struct task_struct *task);
void klp_task_leave_kernel(void);
int klp_task_patch_state(struct task_struct *task);
void klp_blocked_show_task(struct seq_file *m, struct task_struct *task);

void __klp_task_switched_out(struct task_struct *prev);

/**
 * klp_task_switched_out - let a task switch that was just taken off this CPU
 * @prev: the task; it may already run elsewhere
 *
 * A pending task can be checked now. This makes kernel threads, and tasks that
 * never leave the kernel, converge without polling.
 *
 * Context: finish_task_switch(), runqueue lock dropped, preemption disabled,
 * which is also the RCU read section that keeps @prev from being freed.
 */
static __always_inline void klp_task_switched_out(struct task_struct *prev)
{
	if (static_branch_unlikely(&klp_phase_key) &&
	    test_tsk_thread_flag(prev, TIF_PATCH_PENDING))
		__klp_task_switched_out(prev);
}

/**
 * klp_task_idle - let the idle task switch between two rounds of its loop
 *
 * Context: The idle task, preemption disabled, RCU watching.
 */
static __always_inline void klp_task_idle(void)
{
	if (unlikely(test_thread_flag(TIF_PATCH_PENDING)))
		klp_task_leave_kernel();
}

#else /* !CONFIG_LIVEPATCH */

static inline void klp_task_fork(struct task_struct *child) { }
static inline void klp_task_exit(void) { }
static inline void klp_task_dead(struct task_struct *task) { }
static inline void klp_task_leave_kernel(void) { }
static inline void klp_task_switched_out(struct task_struct *prev) { }
static inline void klp_task_idle(void) { }

#endif /* CONFIG_LIVEPATCH */

#endif /* _LINUX_LIVEPATCH_TASK_H */
