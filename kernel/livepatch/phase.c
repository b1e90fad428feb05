// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what decisions about tasks are based on. Which universe is the
 * goal, and what must not be on the stack of a task that leaves the other one.
 */
#include <linux/livepatch_task.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>

#include "affected.h"
#include "klp.h"
#include "phase.h"

/*
 * Written under klp_mutex; read under a task's pi_lock to decide, see (C) in
 * switch.c, and without a lock to report.
 */
static unsigned int klp_phase;

/* The affected code. Under RCU: loading or unloading a module replaces it. */
static const struct klp_affected __rcu *klp_affected;

/*
 * Whether tasks were forced to the patch's code [true], and away from it
 * [false]. Set under pi_lock, before the task is no longer counted; read when
 * all tasks have switched.
 */
static bool klp_was_forced[2];

/*
 * On during a transition: fork, death and context switches look at the phase.
 * Turned on before the goal is published, and off after the end is: see (D) in
 * switch.c.
 */
DEFINE_STATIC_KEY_FALSE(klp_phase_key);

/* The task that makes others park. Only compared with, never used. */
static struct task_struct *klp_phase_exempt;

/**
 * klp_phase_read - read the state of the transition
 *
 * Context: Any. A snapshot, except under the pi_lock of the task that is
 * decided about: see (C) in switch.c.
 * Return: KLP_PHASE_*.
 */
unsigned int klp_phase_read(void)
{
	/* Pairs with the release in klp_phase_publish(), see (A) in switch.c. */
	return smp_load_acquire(&klp_phase);
}

static void klp_phase_publish(unsigned int phase)
{
	lockdep_assert_held(&klp_mutex);

	/*
	 * Targets and klp_affected before the goal. Pairs with the acquire in
	 * klp_phase_read(), see (A) in switch.c.
	 */
	smp_store_release(&klp_phase, phase);
}

/* Make the other universe the goal, unless tasks stay where they are. */
static unsigned int klp_phase_flip_goal(unsigned int phase)
{
	return phase & KLP_PHASE_TOGETHER ? phase : phase ^ KLP_PHASE_GOAL;
}

/**
 * klp_phase_affected - get the affected code of tasks that leave a universe
 * @universe: the universe
 *
 * Context: Preemption disabled, and one of two: klp_mutex is held. Or the caller
 * judges a task in @universe, which klp_phase_read() has shown not to be the goal.
 * The sets are not freed meanwhile: the transition cannot end before the task has
 * switched. If @universe has become the goal since, klp_phase_reverse() waits for
 * the caller. With KLP_PHASE_PARK, tasks in the goal's universe are judged, too: the
 * walk that ends the parking waits for these callers, by their tasks' pi_lock.
 * Return: the ranges, good until preemption is enabled.
 */
const struct klp_ranges *klp_phase_affected(unsigned int universe)
{
	return &rcu_dereference_sched(klp_affected)->ranges[universe];
}

/**
 * klp_phase_jumps - get the record of jumps to entries of affected functions
 * @universe: the universe that tasks leave
 *
 * Context: As for klp_phase_affected().
 * Return: the record, good until preemption is enabled; NULL if
 * klp_affected_scan() has not made it.
 */
const struct klp_jumps *klp_phase_jumps(unsigned int universe)
{
	return rcu_dereference_sched(rcu_dereference_sched(klp_affected)->jumps[universe]);
}

/**
 * klp_phase_set_affected - replace the affected code during a transition
 * @affected: the new sets, which must stay until klp_phase_end() or the next
 *	call
 *
 * When this returns, no decision by the old sets is under way: (G) in switch.c.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_phase_set_affected(const struct klp_affected *affected)
{
	lockdep_assert_held(&klp_mutex);

	rcu_assign_pointer(klp_affected, affected);
	synchronize_rcu();
}

/**
 * klp_phase_begin - declare the other universe the goal
 * @flags: KLP_PHASE_PATCHING, KLP_PHASE_AT_EXIT and KLP_PHASE_TOGETHER, if they
 *	apply
 * @affected: the affected code of tasks that leave each universe
 *
 * The targets of the other universe have been written. @affected must stay
 * until klp_phase_end() or klp_phase_set_affected(). To be followed by
 * klp_walk_tasks(). With KLP_PHASE_TOGETHER the goal stays as it is, and no task
 * is pending.
 *
 * Context: Process, may sleep; klp_mutex held, all tasks in one universe.
 */
void klp_phase_begin(unsigned int flags, const struct klp_affected *affected)
{
	lockdep_assert_held(&klp_mutex);

	WRITE_ONCE(klp_was_forced[false], false);
	WRITE_ONCE(klp_was_forced[true], false);
	rcu_assign_pointer(klp_affected, affected);
	static_branch_enable(&klp_phase_key);
	klp_phase_publish(klp_phase_flip_goal(klp_goal(klp_phase) | flags) |
			  KLP_PHASE_RUNNING);
}

/**
 * klp_phase_reverse - make the universe that tasks leave the goal
 *
 * The tasks that have switched become the pending ones. To be followed by
 * klp_walk_tasks(), which corrects the count.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_phase_reverse(void)
{
	klp_phase_publish(klp_phase_flip_goal(klp_phase ^ KLP_PHASE_PATCHING) &
			  ~(KLP_PHASE_FORCED | KLP_PHASE_PARK));
	/*
	 * Another CPU may have read the old goal, and may now be judging a task
	 * that is in the new goal's universe already. The transition does not
	 * wait for that task: it could end, and free the sets, while that CPU
	 * reads them. Decisions are made with interrupts disabled, so a grace
	 * period waits for them.
	 */
	synchronize_rcu();
}

/**
 * klp_phase_force - let tasks switch with affected code on their stacks
 *
 * To be followed by klp_walk_tasks().
 *
 * Context: klp_mutex held, a transition running.
 */
void klp_phase_force(void)
{
	klp_phase_publish(klp_phase | KLP_PHASE_FORCED);
}

/**
 * klp_phase_exempts - tell whether a task need not park
 * @task: the task
 *
 * Context: Any.
 * Return: true for the task that makes the others park.
 */
bool klp_phase_exempts(const struct task_struct *task)
{
	return task == READ_ONCE(klp_phase_exempt);
}

/**
 * klp_phase_park - let user tasks park at the boundary to user space, or no longer
 * @park: whether they shall park
 *
 * To be followed by klp_walk_tasks() or klp_park_release().
 *
 * Context: klp_mutex held, a transition running.
 */
void klp_phase_park(bool park)
{
	WRITE_ONCE(klp_phase_exempt, current);
	klp_phase_publish(park ? klp_phase | KLP_PHASE_PARK :
				 klp_phase & ~KLP_PHASE_PARK);
}

/**
 * klp_phase_note_forced - note that a task is forced to switch
 * @phase: the phase by which that was decided
 *
 * Context: Any; the task's pi_lock held.
 */
void klp_phase_note_forced(unsigned int phase)
{
	WRITE_ONCE(klp_was_forced[!!(phase & KLP_PHASE_PATCHING)], true);
}

/**
 * klp_phase_forced - tell whether tasks were forced in this transition
 * @patching: the direction: to the patch's code, or away from it
 *
 * A reversal does not clear this. After two reversals the goal is the old one again,
 * and a task that was forced to it the first time may not have been judged since: it
 * may still have affected code on its stack.
 *
 * Context: klp_mutex held, all tasks at the goal.
 * Return: true if tasks were forced in that direction.
 */
bool klp_phase_forced(bool patching)
{
	lockdep_assert_held(&klp_mutex);
	return READ_ONCE(klp_was_forced[patching]);
}

/**
 * klp_phase_end - end the transition
 *
 * Context: Process, may sleep; klp_mutex held, all tasks at the goal.
 */
void klp_phase_end(void)
{
	klp_phase_publish(klp_phase & KLP_PHASE_GOAL);
	WRITE_ONCE(klp_phase_exempt, NULL);
	RCU_INIT_POINTER(klp_affected, NULL);
	static_branch_disable(&klp_phase_key);
}

/**
 * klp_phase_universe - get the goal
 *
 * Context: klp_mutex held.
 * Return: the goal. Unless a transition is running, all tasks are in that
 * universe.
 */
unsigned int klp_phase_universe(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_goal(klp_phase);
}
