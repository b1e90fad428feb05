// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: whether a task may switch.
 */
#include <linux/compiler.h>
#include <linux/livepatch_task.h>
#include <linux/lockdep.h>
#include <linux/sched.h>

#include "judge.h"
#include "look.h"
#include "phase.h"
#include "stack.h"

/**
 * klp_judge_stack - judge a task by its stack (invariant 2)
 * @look: the task; the verdict is filled in
 *
 * A running task is judged only by itself: if it is not the current task, the
 * verdict is KLP_RUNNING, which even force respects.
 *
 * Context: The task's pi_lock held.
 */
void klp_judge_stack(struct klp_look *look)
{
	struct task_struct *task = look->task;

	lockdep_assert_held(&task->pi_lock);

	if (task != current) {
		if (task_curr(task)) {
			look->reason = KLP_RUNNING;
			return;
		}
		/* Dead and off its CPU: its stack is about to be freed. */
		if (READ_ONCE(task->__state) == TASK_DEAD)
			return;
	}
	look->affected = klp_phase_affected(task->klp.universe);
	klp_stack_check(look);
}

/**
 * klp_judge_has_user_mode - tell whether a task ever returns to user mode
 * @task: the task
 *
 * Context: Any.
 * Return: true unless it is a kernel thread or a worker thread of a user process.
 */
bool klp_judge_has_user_mode(const struct task_struct *task)
{
	/* These bits are constant; other bits of the word change meanwhile. */
	return !(data_race(task->flags) &
		 (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER));
}
/**
 * klp_judge_pending - tell whether the transition waits for a task
 * @task: the task
 * @phase: the phase
 *
 * Context: The task's pi_lock held, or the task is not visible yet.
 * Return: true if the task has to switch, and has not yet.
 */
bool klp_judge_pending(const struct task_struct *task, unsigned int phase)
{
	return task->klp.universe != klp_goal(phase);
}
