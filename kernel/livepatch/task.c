// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: tasks. The only writer of a task's universe and flag.
 *
 * Every task lives in one of two universes. A transition declares the other
 * one the goal, walks over all tasks once, and then waits for those that could
 * not switch on the spot. These are counted and have TIF_PATCH_PENDING set;
 * whoever switches or dies last tells the transition.
 *
 * The ordering argument, cited below by letter:
 *
 * (A) Targets before goal (invariant 3). The targets of the goal's universe,
 *     and what is left, are written before the phase is, by a release. Whoever
 *     switches reads the phase by an acquire, and calls functions afterwards. A
 *     task switched by somebody else runs after it was off its CPU: the
 *     runqueue's lock, or pi_lock if it has to be woken, passes the order on.
 *
 * (B) Goal before pending. TIF_PATCH_PENDING is set, under pi_lock, after the
 *     goal has been read there. A task that sees the flag takes its own pi_lock
 *     and therefore sees that goal, or a later one. A child that is born with
 *     the flag runs after its pi_lock was taken to wake it.
 *
 * (C) Every decision about a task, once it is visible, is made under its
 *     pi_lock, with the phase read inside, once: the task is moved to the goal
 *     by which it was judged.
 *     After a change of the phase each task is visited by a walk: a decision by
 *     the old goal was either made before the visit, which corrects it, or is
 *     made after it, and then is by the new goal. A reversal waits for the
 *     former before it walks.
 *
 * (D) Fork (invariant 4). The child is put on its parent's side, and counted
 *     if need be, under tasklist_lock before it becomes visible. The walk
 *     passes through tasklist_lock after the goal has been published: a fork
 *     before that leaves a child for the walk to find, a fork after that sees
 *     the goal.
 *
 * (E) Exit (invariant 5). A task enters the list of exiting tasks before it is
 *     unhashed and leaves it when finish_task_switch() sees it dead. The walk
 *     goes through the hashed ones first: who is missed there is on the list.
 *
 * (F) Exec. de_thread() gives a thread the PID of its leader, so that a walk by
 *     PID can miss it. A thread that has become the leader does not move again,
 *     so the walk is repeated until one pass finds nobody new.
 *
 * (G) A module that comes during a transition brings functions that are left by
 *     leaving one universe. Decisions are made with interrupts disabled: an RCU
 *     grace period after the new sets are published there are none by the old
 *     ones, and only then may the module's code run and be on a stack.
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
 * decide (invariant 7): zero only means that it is time to look.
 */
static atomic_t klp_pending = ATOMIC_INIT(0);

/**
 * klp_task_all_switched - have the end of the transition looked at
 *
 * For callers that have made the count of pending tasks zero.
 *
 * Context: Any in which no runqueue lock is held.
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
	/* The task may look at itself once, see klp_task_enter(). */
	WRITE_ONCE(task->klp.slot, KLP_SLOT_PENDING);
	/* (B): whoever sees the flag takes pi_lock after us. */
	set_tsk_thread_flag(task, TIF_PATCH_PENDING);
}

/* Return: true if it was the last one, and the caller has to tell. */
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
 * A task's verdict is in: move it to the goal of @phase, by which it was judged,
 * or count it. Not to any other goal: that may have changed meanwhile, to one for
 * which there is no verdict (C).
 *
 * Return: true if it was the last one, and the caller has to tell.
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
 * May a task be switched by force, although its stack speaks against it? Not in the
 * redirection: there it would go on with the targets of a universe that is free to
 * be changed. A task that was preempted can be there; where else it is cannot be
 * told if its stack is not reliable.
 */
static bool klp_may_force(struct task_struct *task)
{
	struct klp_look look = { .task = task };

	klp_stack_check(&look);
	if (look.reason == KLP_UNRELIABLE)
		return task == current || !task_is_runnable(task);
	return look.reason == KLP_NOT_BLOCKED;
}

/* Switch by force a task that has been judged, if that is wanted and possible. */
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
 * Invariant 2: nothing is left while it runs. Even by force a task is switched
 * only by itself or while it does not run.
 */
static void klp_judge(struct klp_look *look)
{
	struct task_struct *task = look->task;

	if (task != current) {
		if (task_curr(task)) {
			look->reason = KLP_RUNNING;
			return;
		}
		/* Seen dead and off its CPU: its stack is about to go. */
		if (READ_ONCE(task->__state) == TASK_DEAD)
			return;
	}
	look->affected = klp_phase_affected(task->klp.universe);
	klp_stack_check(look);
}

/*
 * Is a task still where it was found blocked? Then another look would only cost
 * time, which is that of another task at a context switch.
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
 * @visit: how; klp_visit.last is set if it was the last one that was counted,
 *	and the caller has to tell
 *
 * The current task is its own best judge, task_call_func() is for others.
 *
 * Context: Any, @task cannot be freed, no pi_lock or runqueue lock held.
 * Return: why it has not switched, KLP_NOT_BLOCKED if it has.
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
 * klp_task_fork - a child is about to become visible
 * @child: the child of the current task
 *
 * Invariant 4. The parent may have been switched by others, while it slept in
 * fork, since the child was copied from it. See (D).
 *
 * Context: copy_process(), tasklist_lock held for writing, no failure any more.
 */
void klp_task_fork(struct task_struct *child)
{
	unsigned int phase;

	lockdep_assert_held_write(&tasklist_lock);

	/* All but the universe is the child's own. */
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
	 * Nobody knows the child yet, so its pi_lock would protect nothing. If the
	 * count has been zero, a walk is about to begin that finds the child:
	 * until then klp_mutex keeps those who are woken too early waiting.
	 */
	child->klp.counted = true;
	child->klp.slot = KLP_SLOT_PENDING;
	child->klp.reason = KLP_RUNNING;
	atomic_inc(&klp_pending);
	set_tsk_thread_flag(child, TIF_PATCH_PENDING);
}

/**
 * klp_task_exit - the current task is about to be unhashed
 *
 * Invariant 5. From here until klp_task_dead() the task is on a list of its
 * own, since it runs kernel code while nobody can find it. See (E).
 *
 * Context: do_exit(), before exit_notify(), no locks held.
 */
void klp_task_exit(void)
{
	klp_exiting_add(current);
}

/**
 * klp_task_dead - a dead task has left its CPU for the last time
 * @task: the task
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
 * klp_task_leave_kernel - the current task is at a boundary of the kernel
 *
 * It is on its way to user space, or between two rounds of the idle loop, and
 * has nothing on its stack but the code that leads there. That code can be
 * patched too, ret_from_fork() and cpu_startup_entry() for example, so it is
 * looked at. It need not be reliable: no other function has to be feared here.
 *
 * Context: The current task; may be interrupted, must not be preempted between
 * its decision and the call in the idle task.
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
	/* One try only, or the loop that calls us would not end. */
	clear_tsk_thread_flag(task, TIF_PATCH_PENDING);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);

	if (last)
		klp_task_all_switched();
}

/*
 * May the current task take its pi_lock, and then perhaps wake a worker? Whoever
 * holds that lock, or one that is taken inside of it, has interrupts disabled.
 */
static bool klp_may_switch_here(void)
{
	return !irqs_disabled() && !in_hardirq() && !in_nmi() &&
	       rcu_is_watching();
}

/*
 * Judge the current task by what is on its stack before the function that it
 * enters.
 */
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
 * A task that is pending and nearly always in affected functions is hardly ever
 * found outside of them. But when it calls one it has not begun to run it: if no
 * affected function is further up on its stack, it may switch before the code is
 * chosen. Not if affected code may have come here by a jump: see jumps.c.
 *
 * One try only, or a blocked task would look at its stack in each call: the next look
 * of a walk, or at a context switch, allows another one.
 *
 * Interrupts are disabled first of all: what is called from here may be patched,
 * and come here again.
 *
 * Context: The current task, at the entry of a patched function, preemption
 * disabled; does not switch the task where interrupts are disabled.
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
		 * Races with klp_count_task() on another CPU, without harm: either
		 * value is right, and the next look allows another try.
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

	/* Or @prev could be freed: it may already run, and die, elsewhere. */
	lockdep_assert_preemption_disabled();

	klp_task_visit(prev, &visit);
	if (visit.last)
		klp_task_all_switched();
}

/**
 * klp_task_patch_state - what /proc/<pid>/patch_state shows
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
 * klp_task_switched - is a task on the goal's side?
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
 * Return: true if nobody is counted any more.
 */
bool klp_task_release_count(void)
{
	lockdep_assert_held(&klp_mutex);
	return atomic_dec_and_test(&klp_pending);
}

/**
 * klp_task_nr_pending - does anyone still have to switch, by the count?
 *
 * Context: Any.
 * Return: the number of those that have.
 */
unsigned int klp_task_nr_pending(void)
{
	return atomic_read(&klp_pending);
}
