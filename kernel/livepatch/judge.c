// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: whether a task may switch.
 */
#include <linux/compiler.h>
#include <linux/error-injection.h>
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
 * klp_judge_anywhere - tell whether a task may switch in the kernel
 * @task: the task
 * @phase: the phase by which the task is judged
 *
 * A function of its own, so that tests can inject the answer "yes".
 *
 * Context: Any.
 * Return: false if the task may switch only outside of the kernel. True if tasks are
 * forced.
 */
noinline bool klp_judge_anywhere(const struct task_struct *task, unsigned int phase)
{
	if (phase & KLP_PHASE_PARK)
		return klp_phase_exempts(task) || !klp_judge_has_user_mode(task);
	return !(phase & KLP_PHASE_AT_EXIT) || (phase & KLP_PHASE_FORCED) ||
	       !klp_judge_has_user_mode(task);
}
ALLOW_ERROR_INJECTION(klp_judge_anywhere, TRUE);

/*
 * Judge a task that may switch only outside of the kernel. Mostly it switches itself
 * there. A stopped task does not get there for a long time. But if it was stopped
 * while it handled signals on its way to user space, its system call has ended.
 */
static void klp_judge_outside(struct klp_look *look)
{
	struct task_struct *task = look->task;

	look->reason = KLP_IN_KERNEL;
	if (task == current)
		return;
	if (task_curr(task)) {
		look->reason = KLP_RUNNING;
		return;
	}
	if (READ_ONCE(task->__state) == TASK_DEAD) {
		look->reason = KLP_NOT_BLOCKED;
		return;
	}
	if (!klp_look_is_stopped(task))
		return;

	look->at_exit = true;
	klp_judge_stack(look);
	if (look->reason == KLP_NOT_BLOCKED && !look->leaving)
		look->reason = KLP_IN_KERNEL;
}

/**
 * klp_judge_pending - tell whether the transition waits for a task
 * @task: the task
 * @phase: the phase
 *
 * Context: The task's pi_lock held, or the task is not visible yet. Elsewhere the answer
 * is a snapshot: the task may be switching at this moment.
 * Return: true if the task has to switch, or to park, and has not yet.
 */
bool klp_judge_pending(const struct task_struct *task, unsigned int phase)
{
	if (!(phase & KLP_PHASE_PARK))
		return READ_ONCE(task->klp.universe) != klp_goal(phase);
	/* A zombie can be found for long, and never parks. */
	return !klp_judge_anywhere(task, phase) && !READ_ONCE(task->klp.parked) &&
	       READ_ONCE(task->__state) != TASK_DEAD;
}

/**
 * klp_judge_task - judge a task by the rules of the transition
 * @look: the task, klp_judge_pending(); the verdict is filled in
 * @phase: the phase
 *
 * Context: The task's pi_lock held. The task does not leave the kernel at this
 * moment: see klp_task_leave_kernel() for that.
 */
void klp_judge_task(struct klp_look *look, unsigned int phase)
{
	lockdep_assert_held(&look->task->pi_lock);

	if (klp_judge_anywhere(look->task, phase))
		klp_judge_stack(look);
	else
		klp_judge_outside(look);
}
