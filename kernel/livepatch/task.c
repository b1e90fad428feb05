// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: tasks. The only writer of a task's universe and flag.
 *
 * Every task lives in one of two universes. A transition declares the other
 * one the goal, walks over all tasks once, and then waits for the tasks that
 * could not switch on the spot. These are pending: they are counted and have
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
#include <linux/irqflags.h>
#include <linux/livepatch_task.h>
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/workqueue.h>

#include <trace/events/livepatch.h>

#include "exiting.h"
#include "jumps.h"
#include "klp.h"
#include "phase.h"
#include "report.h"
#include "stack.h"
#include "table.h"
#include "task.h"

/*
 * Number of counted tasks, plus one for a walk under way. Counters wake, passes
 * decide (invariant 7): zero only means that it is time for klp_walk_verify().
 */
static atomic_t klp_pending = ATOMIC_INIT(0);

/**
 * klp_task_all_switched - queue the work that looks for the end of a transition
 *
 * For callers that have made the count of pending tasks zero.
 *
 * Context: Any, no runqueue lock held.
 */
void klp_task_all_switched(void)
{
	queue_work(klp_wq, &klp_switched_work);
}

static void klp_count_task(struct task_struct *task)
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
 * klp_task_all_switched().
 */
static bool __must_check klp_uncount_task(struct task_struct *task)
{
	lockdep_assert_held(&task->pi_lock);

	clear_tsk_thread_flag(task, TIF_PATCH_PENDING);
	WRITE_ONCE(task->klp.slot, task->klp.universe);
	WRITE_ONCE(task->klp.reason, KLP_NOT_BLOCKED);
	WRITE_ONCE(task->klp.blocker, 0);
	task->klp.frame_at = 0;
	if (!task->klp.counted)
		return false;
	WRITE_ONCE(task->klp.counted, false);
	return atomic_dec_and_test(&klp_pending);
}

static void klp_note_blocked(const struct klp_look *look)
{
	struct task_struct *task = look->task;

	lockdep_assert_held(&task->pi_lock);

	WRITE_ONCE(task->klp.reason, look->reason);
	WRITE_ONCE(task->klp.blocker, look->blocker);
	task->klp.frame_at = look->frame_at;
	task->klp.frame_ip = look->frame_ip;
	klp_count_task(task);
	trace_klp_task_blocked(task, klp_report_reason(look->reason),
			       look->blocker);
}

/*
 * Carry out the verdict about a task: move it to the goal of @phase, or count
 * it. @phase is the one by which the task was judged: the goal may have changed
 * since, and for the new one there is no verdict (C).
 *
 * Return: as for klp_uncount_task().
 */
static bool __must_check klp_apply(const struct klp_look *look,
				   unsigned int phase,
				   enum klp_counter counter)
{
	struct task_struct *task = look->task;
	unsigned int goal = klp_goal(phase);

	lockdep_assert_held(&task->pi_lock);

	if (task->klp.universe != goal) {
		if (look->reason != KLP_NOT_BLOCKED) {
			klp_note_blocked(look);
			return false;
		}
		WRITE_ONCE(task->klp.universe, goal);
		klp_count(counter);
	}
	return klp_uncount_task(task);
}

/*
 * Tell whether a task may be switched by force. In the redirection it may not:
 * it would go on with a target of the universe that it has left, where targets
 * are free to change. If the stack is unreliable, assume that a preempted task
 * is there. The current task and a sleeping one are not.
 */
static bool klp_may_force(struct task_struct *task)
{
	struct klp_look look = { .task = task };

	klp_stack_check(&look);
	if (look.reason == KLP_UNRELIABLE)
		return task == current || !task_is_runnable(task);
	return look.reason == KLP_NOT_BLOCKED;
}

/* Overrule the verdict about a task, if force is wanted and possible. */
static void klp_force(struct klp_look *look, unsigned int phase,
		      enum klp_counter *counter)
{
	lockdep_assert_held(&look->task->pi_lock);

	if (look->reason == KLP_NOT_BLOCKED || look->reason == KLP_RUNNING ||
	    !(phase & KLP_PHASE_FORCED) || !klp_may_force(look->task))
		return;
	look->reason = KLP_NOT_BLOCKED;
	klp_phase_note_forced(phase);
	*counter = KLP_COUNT_BY_FORCE;
}

/*
 * Judge a task by its stack (invariant 2). A running task is judged only by
 * itself: if it is not the current task, the verdict is KLP_RUNNING, which even
 * force respects.
 */
static void klp_judge(struct klp_look *look)
{
	struct task_struct *task = look->task;

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

/*
 * Tell whether a task is still in the function that blocked it. If so, another
 * unwind would only cost time: at a context switch, that of the next task.
 */
static bool klp_still_blocked(struct task_struct *task)
{
	lockdep_assert_held(&task->pi_lock);

	if (!klp_stack_still(task, task->klp.frame_at, task->klp.frame_ip))
		return false;
	klp_count(KLP_COUNT_SKIPPED);
	return true;
}

static int klp_visit_pinned(struct task_struct *task, void *arg)
{
	struct klp_look look = { .task = task };
	unsigned int phase = klp_phase_read();
	struct klp_visit *visit = arg;
	enum klp_counter counter = visit->counter;

	lockdep_assert_held(&task->pi_lock);

	if (task->klp.universe != klp_goal(phase) && !visit->parked) {
		if (visit->hasty && !(phase & KLP_PHASE_FORCED) &&
		    !task_curr(task) && klp_still_blocked(task))
			return task->klp.reason;
		klp_judge(&look);
		klp_force(&look, phase, &counter);
	}
	visit->last |= klp_apply(&look, phase, counter);
	return look.reason;
}

/**
 * klp_task_visit - switch a task if possible, else count it
 * @task: the task
 * @visit: how; &klp_visit.last is set if no task is counted any more
 *
 * task_call_func() also keeps another task from starting or ceasing to run; for
 * the current task its pi_lock is enough.
 *
 * Context: Any, @task cannot be freed, no pi_lock or runqueue lock held.
 * Return: why @task has not switched, KLP_NOT_BLOCKED if it has.
 */
enum klp_reason klp_task_visit(struct task_struct *task,
			       struct klp_visit *visit)
{
	enum klp_reason reason;
	unsigned long flags;

	if (task != current)
		return task_call_func(task, klp_visit_pinned, visit);

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	reason = klp_visit_pinned(task, visit);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	return reason;
}

/**
 * klp_task_fork - put a child on its parent's side before it becomes visible
 * @child: the child of the current task
 *
 * Invariant 4. The universe in the child's copy may be out of date: the parent
 * may have slept in fork since, and have been switched. See (D).
 *
 * Context: copy_process(), tasklist_lock held for writing, fork cannot fail any
 * more.
 */
void klp_task_fork(struct task_struct *child)
{
	unsigned int phase;

	lockdep_assert_held_write(&tasklist_lock);

	/* Inherit nothing but the universe. */
	child->klp = (struct klp_task) {
		.universe = current->klp.universe,
		.slot = current->klp.universe,
	};
	clear_tsk_thread_flag(child, TIF_PATCH_PENDING);
	if (!static_branch_unlikely(&klp_phase_key))
		return;

	phase = klp_phase_read();
	if (child->klp.universe == klp_goal(phase))
		return;
	/*
	 * The child is not visible yet, so its pi_lock would protect nothing.
	 * If the count was zero, the goal has been published and its walk is
	 * about to begin. The child may bring the count back to zero before
	 * that: then the work that klp_task_all_switched() queues waits for
	 * klp_mutex, which is held until the walk has ended.
	 */
	child->klp.counted = true;
	child->klp.slot = KLP_SLOT_PENDING;
	child->klp.reason = KLP_RUNNING;
	atomic_inc(&klp_pending);
	set_tsk_thread_flag(child, TIF_PATCH_PENDING);
}

/**
 * klp_task_exit - put the current task on the list of exiting tasks
 *
 * Invariant 5. The task is about to be unhashed, but still runs kernel code.
 * Until klp_task_dead() a walk finds it on that list. See (E).
 *
 * Context: do_exit(), before exit_notify(), no locks held.
 */
void klp_task_exit(void)
{
	klp_exiting_add(current);
}

/**
 * klp_task_dead - stop waiting for a dead task
 * @task: the task, which has left its CPU for the last time
 *
 * Context: finish_task_switch(), runqueue lock dropped, preemption disabled.
 */
void klp_task_dead(struct task_struct *task)
{
	const struct klp_look look = { .task = task };
	unsigned long flags;
	bool last;

	lockdep_assert_preemption_disabled();

	klp_exiting_del(task);
	if (!static_branch_unlikely(&klp_phase_key))
		return;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	last = klp_apply(&look, klp_phase_read(), KLP_COUNT_BY_DEATH);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	if (last)
		klp_task_all_switched();
}

/**
 * klp_task_leave_kernel - let the current task switch at the kernel's boundary
 *
 * The task is on its way to user space, or between two rounds of the idle loop.
 * Only the code that leads there is on its stack. That code can be patched too,
 * ret_from_fork() and cpu_startup_entry() for example, so the stack is checked.
 * An incomplete unwind is acceptable: apart from that code no patched function
 * can be on the stack.
 *
 * Context: The current task; interrupts may be enabled. The idle task must not
 * be preempted between its test of TIF_PATCH_PENDING and this call.
 */
void klp_task_leave_kernel(void)
{
	enum klp_counter counter = KLP_COUNT_BY_EXIT;
	struct task_struct *task = current;
	struct klp_look look = { .task = task };
	unsigned long flags;
	unsigned int phase;
	bool last;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	phase = klp_phase_read();
	if (task->klp.universe != klp_goal(phase)) {
		klp_judge(&look);
		if (look.reason == KLP_UNRELIABLE)
			look.reason = KLP_NOT_BLOCKED;
		klp_force(&look, phase, &counter);
	}
	last = klp_apply(&look, phase, counter);
	/* One try only, so that the loop on the way to user space ends. */
	clear_tsk_thread_flag(task, TIF_PATCH_PENDING);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);

	if (last)
		klp_task_all_switched();
}

/*
 * Tell whether the current task may take its pi_lock, and then perhaps wake a
 * worker. Code that holds that lock, or a lock that nests inside, runs with
 * interrupts disabled: there the answer is no.
 */
static bool klp_may_switch_here(void)
{
	return !irqs_disabled() && !in_hardirq() && !in_nmi() &&
	       rcu_is_watching();
}

/* Judge the current task by the callers of the function that it enters. */
static void klp_judge_entry(struct klp_look *look, const struct klp_jumps *jumps,
			    unsigned long key)
{
	look->affected = klp_phase_affected(look->task->klp.universe);
	look->entry = key;
	klp_stack_check(look);
	if (look->reason == KLP_NOT_BLOCKED &&
	    !klp_jumps_direct(jumps, key, look->caller))
		look->reason = KLP_IN_FUNCTION;
}

/**
 * klp_task_enter - let the current task switch before it enters a function
 * @key: return address of the function's call into ftrace, which the task is in
 *
 * A pending task that is nearly always in affected functions is hardly ever
 * found outside of them. But when it calls one, it has not begun to run it. If
 * none of its callers is affected, the task may switch before the code is
 * chosen, unless affected code may have come here by a jump: see jumps.c.
 *
 * One try only, or a blocked task would check its stack in each call. The next
 * look, by a walk or at a context switch, allows another try.
 *
 * Interrupts are disabled before any function is called that may be patched
 * itself: such a call comes here again, finds them disabled, and returns.
 *
 * Context: The current task, at the entry of a patched function, preemption
 * disabled. Does not switch the task where interrupts are disabled.
 */
void notrace klp_task_enter(unsigned long key)
{
	struct task_struct *task = current;
	struct klp_look look = { .task = task };
	const struct klp_jumps *jumps;
	unsigned long flags;
	unsigned int phase;
	bool last = false;

	if (!klp_may_switch_here()) {
		/*
		 * Races with klp_count_task() on another CPU. Harmless, because
		 * either value is right, and the next look allows another try.
		 */
		WRITE_ONCE(task->klp.slot, task->klp.universe);
		return;
	}

	local_irq_save(flags);
	raw_spin_lock(&task->pi_lock);
	phase = klp_phase_read();
	if (task->klp.universe != klp_goal(phase)) {
		jumps = klp_phase_jumps(task->klp.universe);
		if (jumps && !klp_jumps_closed(jumps, key)) {
			klp_judge_entry(&look, jumps, key);
			last = klp_apply(&look, phase, KLP_COUNT_BY_ENTRY);
		}
	}
	WRITE_ONCE(task->klp.slot, task->klp.universe);
	raw_spin_unlock(&task->pi_lock);
	local_irq_restore(flags);

	if (last)
		klp_task_all_switched();
}

NOKPROBE_SYMBOL(klp_task_enter);

void __klp_task_switched_out(struct task_struct *prev)
{
	struct klp_visit visit = {
		.hasty = true,
		.counter = KLP_COUNT_BY_SCHEDULE,
	};

	/* Keeps @prev allocated: it may already run, and die, elsewhere. */
	lockdep_assert_preemption_disabled();

	klp_task_visit(prev, &visit);
	if (visit.last)
		klp_task_all_switched();
}

/**
 * klp_task_patch_state - compute what /proc/<pid>/patch_state shows
 * @task: the task
 *
 * Context: Any. A snapshot.
 * Return: -1 if no transition is running, 1 if the task is patched, else 0.
 */
int klp_task_patch_state(struct task_struct *task)
{
	unsigned int phase = klp_phase_read();
	bool there = READ_ONCE(task->klp.universe) == klp_goal(phase);

	if (!(phase & KLP_PHASE_RUNNING))
		return -1;
	return there == !!(phase & KLP_PHASE_PATCHING);
}

/**
 * klp_task_switched - tell whether a task is in the goal's universe
 * @task: the task
 *
 * Context: Any. A snapshot.
 * Return: true if it is.
 */
bool klp_task_switched(const struct task_struct *task)
{
	return READ_ONCE(task->klp.universe) == klp_goal(klp_phase_read());
}

/**
 * klp_task_hold_count - keep the count from becoming zero
 *
 * Context: Process; klp_mutex held.
 */
void klp_task_hold_count(void)
{
	lockdep_assert_held(&klp_mutex);
	atomic_inc(&klp_pending);
}

/**
 * klp_task_release_count - undo klp_task_hold_count()
 *
 * Context: Process; klp_mutex held.
 * Return: true if no task is counted any more.
 */
bool klp_task_release_count(void)
{
	lockdep_assert_held(&klp_mutex);
	return atomic_dec_and_test(&klp_pending);
}

/**
 * klp_task_nr_pending - read the number of counted tasks
 *
 * Context: Any. A snapshot.
 * Return: the number, plus one while a walk is under way.
 */
unsigned int klp_task_nr_pending(void)
{
	return atomic_read(&klp_pending);
}
