// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: changing what all tasks call in one moment.
 *
 * No task changes its universe. When no affected code is on any stack, the targets of
 * the universe that all tasks are in get the values that have been prepared in the
 * other one.
 *
 * Looking at all stacks takes long on a machine with many tasks. So that is done while
 * the machine runs. Only if no task was found in affected code, the machine is
 * stopped, and the tasks are looked at again that have run since:
 *
 *   klp_together_try()
 *     look at all tasks, twice	each one cannot run meanwhile, others do
 *     stop the machine
 *       look at those that have run	the number of context switches tells
 *       change the targets		if none of them is in affected code
 *
 * Invariant 2 holds for all tasks at once: a task that was found clean, and has not
 * run since, is clean, and while the machine is stopped no task runs at all. (An NMI
 * may: a function that is called there may be of either side.)
 */
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/stop_machine.h>

#include "affected.h"
#include "judge.h"
#include "klp.h"
#include "look.h"
#include "phase.h"
#include "report.h"
#include "stack.h"
#include "switch.h"
#include "target.h"
#include "together.h"
#include "walk.h"

/*
 * How many stacks are unwound in the stop, in addition to one for each CPU, whose task
 * was running before. If more tasks have run since they were looked at, the machine
 * would be stopped for too long: try again.
 */
#define KLP_MAX_UNWOUND	500

/**
 * struct klp_together - the change of all tasks that is under way
 * @changed:	Calls lead to the prepared targets.
 * @forced:	They do so although tasks were in affected code.
 * @outside:	User tasks must be outside of the kernel, but for the one that tries to
 *		make the change.
 * @universe:	The one that all tasks are in.
 * @affected:	The code that no task may be in.
 * @noted:	Reasons have been noted in tasks.
 * @nr_unwound:	Number of stacks unwound in the stop.
 * @nr_blockers: Number of tasks that the last try has found in affected code.
 * @blocker:	The first of them.
 * @stopped_ns:	For how long the machine was stopped the last time, in nanoseconds.
 *
 * Protected by klp_mutex, which the task holds that has stopped the machine.
 */
static struct klp_together {
	bool			changed;
	bool			forced;
	bool			outside;
	bool			noted;
	unsigned int		universe;
	const struct klp_ranges	*affected;
	unsigned int		nr_unwound;
	unsigned int		nr_blockers;
	struct klp_blocker	blocker[KLP_MAX_BLOCKERS];
	u64			stopped_ns;
} klp_together;

/*
 * How many tasks were in the way when that was found out last; 0 after the change.
 * Written under klp_mutex.
 */
static unsigned int klp_together_pending;

static void klp_together_note(const struct klp_look *look)
{
	struct klp_together *t = &klp_together;

	if (t->nr_blockers < KLP_MAX_BLOCKERS)
		klp_look_note(look, &t->blocker[t->nr_blockers]);
	t->nr_blockers++;
	klp_switch_note_unpending(look->task, look->reason, look->blocker);
}

/* Tell whether a task must be outside of the kernel. */
static bool klp_together_outside(const struct task_struct *task)
{
	return klp_together.outside && !klp_judge_anywhere(task, KLP_PHASE_PARK);
}

/* Look at a task that may be running. */
static void klp_together_look(struct task_struct *task, void *unused)
{
	bool outside = klp_together_outside(task);
	struct klp_look look = {
		.task = task,
		.affected = klp_together.affected,
		.at_exit = outside,
	};

	/* Copied by fork at any time, which does not use the copy. */
	WRITE_ONCE(task->klp.looked_at, 0);
	klp_switch_note_unpending(task, KLP_NOT_BLOCKED, 0);
	if (klp_walk_parked(task))
		return;
	klp_look_task(&look);
	/* A task that has not parked, or stopped there, may until the machine is stopped. */
	if (look.reason == KLP_NOT_BLOCKED && outside && !look.leaving &&
	    !READ_ONCE(task->klp.parked))
		return;
	if (look.reason == KLP_NOT_BLOCKED)
		WRITE_ONCE(task->klp.looked_at, look.switches + 1);
	else if (look.reason != KLP_RUNNING)
		klp_together_note(&look);
}

/* Look again at a task that has run since: each of them costs time in the stop. */
static void klp_together_look_again(struct task_struct *task, void *unused)
{
	/* The number may change meanwhile. Then the task is looked at in the stop. */
	if (task->klp.looked_at != data_race(klp_look_switches(task)) + 1)
		klp_together_look(task, NULL);
}

/*
 * Look at a task in the stop, if it has run since. A task that was not looked at
 * before is new, has had its PID changed by exec and so has run, or is exiting.
 */
static void klp_together_look_stopped(struct task_struct *task, void *unused)
{
	struct klp_together *t = &klp_together;
	struct klp_look look = { .task = task, .affected = t->affected };

	if (t->nr_blockers || klp_walk_parked(task))
		return;
	/*
	 * The thread that stops another CPU is in the same functions as the current
	 * one, which is looked at.
	 */
	if (task_curr(task) && task != current)
		return;
	if (task->klp.looked_at == klp_look_switches(task) + 1 && !task_curr(task))
		return;
	if (READ_ONCE(task->__state) == TASK_DEAD)
		return;
	if (klp_together_outside(task) && !READ_ONCE(task->klp.parked))
		look.reason = KLP_IN_KERNEL;
	else if (++t->nr_unwound > KLP_MAX_UNWOUND + num_online_cpus())
		look.reason = KLP_RUNNING;
	else
		klp_stack_check(&look);
	if (look.reason != KLP_NOT_BLOCKED)
		klp_together_note(&look);
}

static int klp_together_stopped(void *begin)
{
	struct klp_together *t = &klp_together;

	t->nr_unwound = 0;
	klp_walk_visit_stopped(klp_together_look_stopped, NULL);
	if (!t->nr_blockers) {
		klp_target_change(t->universe);
		t->changed = true;
	}
	t->stopped_ns = ktime_get_ns() - *(u64 *)begin;
	return 0;
}

/**
 * klp_together_begin - begin a change for all tasks
 * @patching: to the patch's code, not away from it
 * @affected: the affected code
 * @outside: user tasks must be outside of the kernel
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_together_begin(bool patching, const struct klp_affected *affected,
			bool outside)
{
	lockdep_assert_held(&klp_mutex);

	klp_together = (struct klp_together) {
		.universe = klp_phase_universe(),
		.outside = outside,
	};
	WRITE_ONCE(klp_together_pending, 0);
	klp_phase_begin(KLP_PHASE_TOGETHER | (patching ? KLP_PHASE_PATCHING : 0),
			affected);
}

/**
 * klp_together_reverse - give the change up
 *
 * Calls still lead to where they led before, so nothing has to be done. To be followed
 * by klp_together_end().
 *
 * Context: Process, may sleep; klp_mutex held, after klp_together_begin(), the change
 * not done.
 */
void klp_together_reverse(void)
{
	lockdep_assert_held(&klp_mutex);

	klp_phase_reverse();
}

/**
 * klp_together_force - change what tasks call, wherever they are
 *
 * To be followed by klp_together_end().
 *
 * Context: Process, may sleep; klp_mutex held, after klp_together_begin().
 */
void klp_together_force(void)
{
	struct klp_together *t = &klp_together;

	lockdep_assert_held(&klp_mutex);

	/* A task in the trampoline takes a target of before or of after. */
	klp_target_change(t->universe);
	t->forced = true;
}

/**
 * klp_together_try - change what all tasks call, if none is in affected code
 *
 * Context: Process, may sleep; klp_mutex held, after klp_together_begin().
 * Return: true if the change is done.
 */
bool klp_together_try(void)
{
	struct klp_together *t = &klp_together;
	u64 begin;

	lockdep_assert_held(&klp_mutex);

	t->nr_blockers = 0;
	/* klp_mutex keeps the set from being replaced. */
	scoped_guard(preempt)
		t->affected = klp_phase_affected(t->universe);
	klp_walk_visit(klp_together_look, NULL);
	if (!t->nr_blockers)
		klp_walk_visit(klp_together_look_again, NULL);
	klp_together_note_pending(t->nr_blockers);
	if (t->nr_blockers)
		return false;
	/* From here on, so that the time is included in which CPUs stop. */
	begin = ktime_get_ns();
	stop_machine(klp_together_stopped, &begin, NULL);
	klp_together_note_pending(t->nr_blockers);
	return t->changed;
}

static void klp_together_forget(struct task_struct *task, void *unused)
{
	klp_switch_note_unpending(task, KLP_NOT_BLOCKED, 0);
}

/**
 * klp_together_end - end the change
 * @patching: the direction
 *
 * Context: Process, may sleep; klp_mutex held, klp_together_try() has returned true, or
 * after klp_together_reverse() or klp_together_force().
 * Return: true if tasks may be in code that was given up.
 */
bool klp_together_end(bool patching)
{
	lockdep_assert_held(&klp_mutex);

	klp_phase_end();
	/* Addresses may be those of a module that is unloaded now. */
	if (klp_together.noted)
		klp_walk_visit(klp_together_forget, NULL);
	klp_together_note_pending(0);
	return klp_together.forced;
}

/**
 * klp_together_measure - tell for how long the machine was stopped the last time
 * @times: where to write that to; 0 if it was not stopped
 *
 * Context: klp_mutex held, after klp_together_end().
 */
void klp_together_measure(struct klp_times *times)
{
	lockdep_assert_held(&klp_mutex);
	times->stopped_ns = klp_together.stopped_ns;
}

/**
 * klp_together_note_pending - note how many tasks are in the way of the change
 * @nr: the number
 *
 * Context: klp_mutex held.
 */
void klp_together_note_pending(unsigned int nr)
{
	lockdep_assert_held(&klp_mutex);

	klp_together.noted |= nr > 0;
	WRITE_ONCE(klp_together_pending, nr);
}

/**
 * klp_together_nr_pending - tell how many tasks are in the way of the change
 *
 * Context: Any. Without klp_mutex a snapshot.
 * Return: the number of klp_together_note_pending(), or that of the last try; 0 before
 * the first try and after the change.
 */
unsigned int klp_together_nr_pending(void)
{
	return READ_ONCE(klp_together_pending);
}

/**
 * klp_together_blockers - name tasks that the last try has found in affected code
 * @buf: where to write their names to
 *
 * Context: klp_mutex held.
 */
void klp_together_blockers(struct seq_buf *buf)
{
	struct klp_together *t = &klp_together;
	unsigned int i;

	lockdep_assert_held(&klp_mutex);

	for (i = 0; i < min(t->nr_blockers, KLP_MAX_BLOCKERS); i++)
		klp_look_name(&t->blocker[i], buf);
	if (t->nr_blockers > KLP_MAX_BLOCKERS)
		seq_buf_printf(buf, " and %u more", t->nr_blockers - KLP_MAX_BLOCKERS);
}
