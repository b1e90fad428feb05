// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: judging, switching and counting a task.
 *
 * Every task lives in one of two universes. A transition declares the other
 * one the goal, visits all tasks, and then waits for the tasks that could not
 * switch on the spot. These are pending: they are counted and have
 * TIF_PATCH_PENDING set. When the last of them switches or dies, the transition
 * is told.
 *
 * The ordering argument, cited by letter:
 *
 * (A) Targets before goal (invariant 3). The targets of the goal's universe and
 *     the sets of affected code are written before the phase, which is
 *     published by a release. A task that switches itself reads the phase by an
 *     acquire, and calls functions afterwards. A task that is switched by
 *     another one is off its CPU: before it runs again, the runqueue's lock, or
 *     pi_lock if the task has to be woken, passes the order on.
 *
 * (B) Goal before pending. TIF_PATCH_PENDING is set under pi_lock, after the
 *     goal has been read there. A task that sees its flag takes its own pi_lock
 *     and therefore sees that goal, or a later one. A child that is born with
 *     the flag runs after its pi_lock was taken to wake it.
 *
 * (C) Every decision about a visible task is made under the task's pi_lock. The
 *     phase is read there once, and the task is moved only to the goal by which
 *     it was judged. A change of the goal is followed by a walk:
 *
 *     CPU 0 (walk)                      CPU 1 (decides about task T)
 *                                       lock T's pi_lock
 *                                       read phase: the old goal
 *     publish the new goal
 *                                       move T to the old goal, or count T
 *                                       unlock T's pi_lock
 *     lock T's pi_lock
 *     read phase: the new goal
 *     move T to the new goal, or count T
 *     unlock T's pi_lock
 *                                       lock T's pi_lock
 *                                       read phase: the new goal
 *
 *     A decision before the visit is corrected by the visit. A decision after
 *     the visit is by the new goal, because pi_lock passes the order on.
 *     A reversal, in addition, waits between publishing and its walk until all
 *     decisions by the old goal have been made: see klp_phase_reverse().
 *     KLP_PHASE_FORCED is published before a walk in the same way.
 *
 * (D) Fork (invariant 4). Under tasklist_lock, before the child becomes
 *     visible, it is put on its parent's side, and counted if that is not the
 *     goal's. The walk passes through tasklist_lock after the goal has been
 *     published:
 *
 *     CPU 0 (walk)                      CPU 1 (forks)
 *                                       lock tasklist_lock
 *                                       read phase: the old goal
 *     publish the new goal
 *                                       make child A visible
 *                                       unlock tasklist_lock
 *     lock, unlock tasklist_lock
 *     visit all PIDs: child A is found
 *                                       lock tasklist_lock
 *                                       read phase: the new goal
 *                                       count child B
 *                                       make child B visible
 *                                       unlock tasklist_lock
 *
 *     A child like A is found by the walk. A child like B is counted by fork.
 *     Fork reads the phase only if klp_phase_key is on, and tests the key under
 *     tasklist_lock. klp_phase_begin() turns the key on before it publishes the
 *     goal: a child whose fork has seen the key off is like A.
 *
 * (E) Exit (invariant 5). A task enters the list of exiting tasks before it is
 *     unhashed, and leaves that list when finish_task_switch() sees it dead.
 *     The walk visits the hashed tasks first, then the list: a task that has
 *     been unhashed too early for the first part is on the list, or dead.
 *
 * (F) Exec. de_thread() gives a thread the PID of its leader, so a walk by PID
 *     can miss the thread. A thread that has become the leader does not move
 *     again, so the walk is repeated until one pass finds no task that was
 *     missed.
 *
 * (G) A module that is loaded during a transition brings affected code.
 *     Decisions are made with interrupts disabled: an RCU grace period after
 *     the new sets are published, no decision by the old sets is under way.
 *     Only then may the module's code run and be on a stack.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/livepatch_task.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <trace/events/livepatch.h>

#include "judge.h"
#include "klp.h"
#include "phase.h"
#include "report.h"
#include "stack.h"
#include "switch.h"
#include "table.h"

/*
 * Number of counted tasks, plus KLP_PENDING_WALK during a walk. Counters wake, passes
 * decide (invariant 7): zero only means that it is time for klp_walk_verify().
 */
static atomic_t klp_pending = ATOMIC_INIT(0);

/* What klp_pending is greater by while a walk is under way: more than there are tasks */
#define KLP_PENDING_WALK	BIT(30)

/**
 * klp_switch_all_done - queue the work that looks for the end of a transition
 *
 * For callers that have made the count of pending tasks zero.
 *
 * Context: Any, no runqueue lock held.
 */
void klp_switch_all_done(void)
{
	queue_work(klp_wq, &klp_switched_work);
}

static void klp_switch_count(struct task_struct *task)
{
	lockdep_assert_held(&task->pi_lock);

	if (!task->klp.counted) {
		WRITE_ONCE(task->klp.counted, true);
		atomic_inc(&klp_pending);
	}
	/* Allows one try at the entry of a function, see klp_task_enter(). */
	WRITE_ONCE(task->klp.slot, KLP_SLOT_PENDING);
	/* (B): the task sees the flag, then takes pi_lock, after this. */
	set_tsk_thread_flag(task, TIF_PATCH_PENDING);
}

/*
 * Return: true if the count has become zero. The caller then calls
 * klp_switch_all_done().
 */
static bool __must_check klp_switch_uncount(struct task_struct *task,
					    unsigned int phase)
{
	lockdep_assert_held(&task->pi_lock);

	clear_tsk_thread_flag(task, TIF_PATCH_PENDING);
	WRITE_ONCE(task->klp.slot, task->klp.universe);
	/*
	 * Parked tasks are released now and then. Only then they can read what all were
	 * waiting for.
	 */
	if (!(phase & KLP_PHASE_TOGETHER)) {
		WRITE_ONCE(task->klp.reason, KLP_NOT_BLOCKED);
		WRITE_ONCE(task->klp.blocker, 0);
	}
	task->klp.frame_at = 0;
	if (!task->klp.counted)
		return false;
	WRITE_ONCE(task->klp.counted, false);
	return atomic_dec_and_test(&klp_pending);
}

static void klp_switch_note_blocked(const struct klp_look *look)
{
	struct task_struct *task = look->task;

	lockdep_assert_held(&task->pi_lock);

	WRITE_ONCE(task->klp.reason, look->reason);
	WRITE_ONCE(task->klp.blocker, look->blocker);
	task->klp.frame_at = look->frame_at;
	task->klp.frame_ip = look->frame_ip;
	klp_switch_count(task);
	trace_klp_task_blocked(task, klp_report_reason(look->reason),
			       look->blocker);
}

/**
 * klp_switch_apply - carry out the verdict about a task: move it, or count it
 * @look: the task and the verdict
 * @phase: the phase by which the task was judged: the goal may have changed since,
 *	and for the new one there is no verdict (C)
 * @counter: what to count if the task switches
 *
 * Context: The task's pi_lock held.
 * Return: true if this call has made the count zero: the caller has to call
 * klp_switch_all_done() when it has released pi_lock.
 */
bool __must_check klp_switch_apply(const struct klp_look *look,
				   unsigned int phase,
				   enum klp_counter counter)
{
	struct task_struct *task = look->task;
	unsigned int goal = klp_goal(phase);

	lockdep_assert_held(&task->pi_lock);

	if (look->reason != KLP_NOT_BLOCKED) {
		klp_switch_note_blocked(look);
		return false;
	}
	if (task->klp.universe != goal) {
		WRITE_ONCE(task->klp.universe, goal);
		klp_count(counter);
		trace_klp_task_switched(task, klp_report_way(counter));
	}
	return klp_switch_uncount(task, phase);
}

/*
 * Tell whether force may switch a task. A task in the redirection must not be
 * switched: it would go on with a target of the universe that it has left,
 * where targets are free to change. If the stack is unreliable, assume that a
 * preempted task is in the redirection; the current task and a sleeping task
 * are outside. With klp_stack_unreliable() no look finds the redirection, and
 * the answer is yes: the handler cannot be preempted, and an architecture
 * without reliable stacks must not have a trampoline.
 */
static bool klp_switch_may_force(struct task_struct *task)
{
	struct klp_look look = { .task = task };

	klp_stack_check(&look);
	if (look.reason == KLP_UNRELIABLE)
		return task == current || !task_is_runnable(task);
	return look.reason == KLP_NOT_BLOCKED;
}

/**
 * klp_switch_force - overrule the verdict about a task, if force allows that
 * @look: the task and the verdict
 * @phase: the phase by which the task was judged
 * @counter: set to KLP_COUNT_BY_FORCE if the verdict was overruled
 *
 * Context: The task's pi_lock held.
 */
void klp_switch_force(struct klp_look *look, unsigned int phase,
		      enum klp_counter *counter)
{
	lockdep_assert_held(&look->task->pi_lock);

	if (look->reason == KLP_NOT_BLOCKED || look->reason == KLP_RUNNING ||
	    !(phase & KLP_PHASE_FORCED) || !klp_switch_may_force(look->task))
		return;
	look->reason = KLP_NOT_BLOCKED;
	klp_phase_note_forced(phase);
	*counter = KLP_COUNT_BY_FORCE;
}

/*
 * Tell whether a task is still in the function that blocked it. If so, another
 * unwind would only cost time: at a context switch, that of the next task.
 */
static bool klp_switch_still_blocked(struct task_struct *task)
{
	lockdep_assert_held(&task->pi_lock);

	if (!klp_stack_still(task, task->klp.frame_at, task->klp.frame_ip))
		return false;
	klp_count(KLP_COUNT_SKIPPED);
	return true;
}

static int klp_switch_visit_pinned(struct task_struct *task, void *arg)
{
	struct klp_look look = { .task = task };
	unsigned int phase = klp_phase_read();
	struct klp_visit *visit = arg;
	enum klp_counter counter = visit->counter;

	lockdep_assert_held(&task->pi_lock);

	if (klp_judge_pending(task, phase) && !visit->parked) {
		if (visit->hasty && !(phase & KLP_PHASE_FORCED) &&
		    !task_curr(task) && klp_switch_still_blocked(task))
			return task->klp.reason;
		klp_judge_task(&look, phase);
		klp_switch_force(&look, phase, &counter);
	}
	visit->last |= klp_switch_apply(&look, phase, counter);
	return look.reason;
}

/**
 * klp_switch_visit - switch a task if possible, else count it
 * @task: the task
 * @visit: how; &klp_visit.last is set if this call makes the count zero
 *
 * task_call_func() also keeps another task from starting or ceasing to run; for
 * the current task its pi_lock is enough.
 *
 * Context: Any, @task cannot be freed, no pi_lock or runqueue lock held.
 * Return: why @task has not switched, KLP_NOT_BLOCKED if it has.
 */
enum klp_reason klp_switch_visit(struct task_struct *task,
				 struct klp_visit *visit)
{
	enum klp_reason reason;
	unsigned long flags;

	if (task != current)
		return task_call_func(task, klp_switch_visit_pinned, visit);

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	reason = klp_switch_visit_pinned(task, visit);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	return reason;
}

/**
 * klp_switch_count_child - count a child that is not visible yet
 * @child: the child, klp_judge_pending()
 *
 * Context: copy_process(), tasklist_lock held for writing.
 */
void klp_switch_count_child(struct task_struct *child)
{
	lockdep_assert_held_write(&tasklist_lock);

	/*
	 * No pi_lock: no other task can find the child yet.
	 *
	 * The count may be zero here if the goal has been published and its
	 * walk is about to begin. If the child then makes the count zero again
	 * before the walk holds it, klp_switched_work waits for klp_mutex until
	 * the walk has ended.
	 */
	child->klp.counted = true;
	child->klp.slot = KLP_SLOT_PENDING;
	child->klp.reason = KLP_RUNNING;
	atomic_inc(&klp_pending);
	set_tsk_thread_flag(child, TIF_PATCH_PENDING);
}

/**
 * klp_switch_hold_count - keep the count from becoming zero
 *
 * Context: Process; klp_mutex held.
 */
void klp_switch_hold_count(void)
{
	lockdep_assert_held(&klp_mutex);
	atomic_add(KLP_PENDING_WALK, &klp_pending);
}

/**
 * klp_switch_release_count - undo klp_switch_hold_count()
 *
 * Context: Process; klp_mutex held.
 * Return: true if no task is counted any more.
 */
bool klp_switch_release_count(void)
{
	lockdep_assert_held(&klp_mutex);
	return atomic_sub_and_test(KLP_PENDING_WALK, &klp_pending);
}

/**
 * klp_switch_nr_pending - read the number of counted tasks
 *
 * Context: Any. Without klp_mutex a snapshot.
 * Return: the number.
 */
unsigned int klp_switch_nr_pending(void)
{
	return atomic_read(&klp_pending) & (KLP_PENDING_WALK - 1);
}

/**
 * klp_switch_note_unpending - note for reports why a task that is not counted is in the way
 * @task: the task; if it is counted, nothing is noted
 * @reason: why
 * @blocker: the address that goes with @reason, 0 if none
 *
 * Context: Any, no pi_lock held, or no task runs; klp_mutex held, perhaps by the task that
 * has stopped the machine.
 */
void klp_switch_note_unpending(struct task_struct *task, enum klp_reason reason,
			       unsigned long blocker)
{
	unsigned long flags;

	/* Cheap, and mostly the end. A task that is counted meanwhile is tested again. */
	if (READ_ONCE(task->klp.counted) || READ_ONCE(task->klp.reason) == reason)
		return;
	raw_spin_lock_irqsave(&task->pi_lock, flags);
	if (!task->klp.counted) {
		WRITE_ONCE(task->klp.reason, reason);
		WRITE_ONCE(task->klp.blocker, blocker);
	}
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
}
