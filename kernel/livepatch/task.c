// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: where the rest of the kernel lets tasks be switched.
 *
 * Fork, exit, the boundary to user space, the idle loop, a context switch and the
 * entry of a patched function. Letters in parentheses refer to the ordering argument
 * in switch.c.
 */
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/livepatch_task.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "exiting.h"
#include "judge.h"
#include "jumps.h"
#include "park.h"
#include "phase.h"
#include "report.h"
#include "stack.h"
#include "switch.h"
#include "task.h"

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
	if (klp_judge_pending(child, phase))
		klp_switch_count_child(child);
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
	last = klp_switch_apply(&look, klp_phase_read(), KLP_COUNT_BY_DEATH);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	if (last)
		klp_switch_all_done();
}

/*
 * Tell whether the current task has done all that belongs to its system call. Task
 * work and signals are handled on the way to user space, but after the task was here.
 */
static bool klp_may_leave(struct task_struct *task, unsigned int phase)
{
	if (klp_judge_anywhere(task, phase))
		return true;
	return !test_tsk_thread_flag(task, TIF_NOTIFY_RESUME) && !signal_pending(task);
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
	bool last, park;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	phase = klp_phase_read();
	if (!klp_may_leave(task, phase)) {
		/* The caller comes back when it has done what is pending. */
		raw_spin_unlock_irqrestore(&task->pi_lock, flags);
		return;
	}
	if (task->klp.universe != klp_goal(phase)) {
		klp_judge_stack(&look);
		if (look.reason == KLP_UNRELIABLE)
			look.reason = KLP_NOT_BLOCKED;
		klp_switch_force(&look, phase, &counter);
	}
	park = (phase & KLP_PHASE_PARK) && klp_judge_pending(task, phase);
	if (park) {
		WRITE_ONCE(task->klp.parked, true);
		WRITE_ONCE(task->klp.reason, KLP_NOT_BLOCKED);
	}
	last = klp_switch_apply(&look, phase, counter);
	/* One try only, so that the loop on the way to user space ends. */
	clear_tsk_thread_flag(task, TIF_PATCH_PENDING);
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);

	if (last)
		klp_switch_all_done();
	if (park)
		klp_park_here();
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
 * One try only, or a blocked task would check its stack in each call. A call of
 * any patched function is the try: a function that is not affected counts as
 * klp_jumps_closed(). The next look, by a walk or at a context switch, allows
 * another try. A function that affected code jumps to does not use up the try, and
 * costs no check: the function that jumps there may be the next one to be called.
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
	bool last = false, spent = true;

	if (!klp_may_switch_here()) {
		/*
		 * Races with klp_switch_count() on another CPU. Harmless, because
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
		if (jumps && !klp_jumps_closed(jumps, key) &&
		    klp_judge_anywhere(task, phase)) {
			klp_judge_entry(&look, jumps, key);
			last = klp_switch_apply(&look, phase, KLP_COUNT_BY_ENTRY);
		} else if (jumps) {
			spent = !klp_jumps_jumped_to(jumps, key);
		}
	}
	if (spent)
		WRITE_ONCE(task->klp.slot, task->klp.universe);
	raw_spin_unlock(&task->pi_lock);
	local_irq_restore(flags);

	if (last)
		klp_switch_all_done();
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

	klp_switch_visit(prev, &visit);
	if (visit.last)
		klp_switch_all_done();
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
	bool there = !(phase & KLP_PHASE_TOGETHER) &&
		     READ_ONCE(task->klp.universe) == klp_goal(phase);

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
