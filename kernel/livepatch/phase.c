// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what every task goes by. The universe to be in, and what must
 * not be on the stack of those who leave the other one.
 */
#include <linux/livepatch_task.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>

#include "affected.h"
#include "klp.h"
#include "phase.h"

/*
 * Written under klp_mutex; read under a task's pi_lock to decide, see (C) in
 * task.c, and without a lock to report.
 */
static unsigned int klp_phase;

/* What is left by tasks that leave a universe; RCU, because modules come and go */
static const struct klp_affected __rcu *klp_affected;

/*
 * Whether tasks have been switched by force away from a patch's code, and to it.
 * Set under pi_lock, before the task is no longer counted; read when all tasks
 * have switched.
 */
static bool klp_was_forced[2];

/* On during a transition: switched-out tasks are worth a look. */
DEFINE_STATIC_KEY_FALSE(klp_phase_key);

/**
 * klp_phase_read - the state of the transition
 *
 * Context: Any. A snapshot, except under the pi_lock of a task that is looked
 * at: see (C) in task.c.
 * Return: KLP_PHASE_*.
 */
unsigned int klp_phase_read(void)
{
	/* Pairs with the release in klp_phase_publish(), see (A) in task.c. */
	return smp_load_acquire(&klp_phase);
}

static void klp_phase_publish(unsigned int phase)
{
	lockdep_assert_held(&klp_mutex);

	/*
	 * Targets and klp_affected before the goal. Pairs with the acquire in
	 * klp_phase_read(), see (A) in task.c.
	 */
	smp_store_release(&klp_phase, phase);
}

/**
 * klp_phase_affected - what must not be on the stack of who leaves a universe
 * @universe: the universe
 *
 * Context: Preemption disabled; klp_phase_read() has said that this universe is
 * not the goal. Then the task that is in it keeps the transition from ending, or
 * klp_phase_reverse() waits for us.
 * Return: the ranges, good until preemption is enabled.
 */
const struct klp_ranges *klp_phase_affected(unsigned int universe)
{
	return &rcu_dereference_sched(klp_affected)->ranges[universe];
}

/**
 * klp_phase_jumps - the ways into the functions that are left with a universe
 * @universe: the universe
 *
 * Context: As for klp_phase_affected().
 * Return: the ways, good until preemption is enabled; NULL if they are not known.
 */
const struct klp_jumps *klp_phase_jumps(unsigned int universe)
{
	return rcu_dereference_sched(rcu_dereference_sched(klp_affected)->jumps[universe]);
}

/**
 * klp_phase_set_affected - say anew what is left by tasks that leave a universe
 * @affected: the sets, which must stay until klp_phase_end() or another call of this
 *
 * When this returns nobody decides, or looks, by the sets before: (G) in task.c.
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
 * @patching: being there means to be patched
 * @affected: what is left by leaving each universe
 *
 * The targets of the other universe have been written. @affected must stay until
 * klp_phase_end() or klp_phase_set_affected(). To be followed by klp_walk_tasks().
 *
 * Context: Process, may sleep; klp_mutex held, everyone in one universe.
 */
void klp_phase_begin(bool patching, const struct klp_affected *affected)
{
	lockdep_assert_held(&klp_mutex);

	WRITE_ONCE(klp_was_forced[false], false);
	WRITE_ONCE(klp_was_forced[true], false);
	rcu_assign_pointer(klp_affected, affected);
	static_branch_enable(&klp_phase_key);
	klp_phase_publish((klp_goal(klp_phase) ^ KLP_PHASE_GOAL) |
			  KLP_PHASE_RUNNING |
			  (patching ? KLP_PHASE_PATCHING : 0));
}

/**
 * klp_phase_reverse - make the universe that is being left the goal
 *
 * Those who have switched already are the ones to be waited for. To be followed
 * by klp_walk_tasks(), which sets the count right.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_phase_reverse(void)
{
	klp_phase_publish((klp_phase ^ (KLP_PHASE_GOAL | KLP_PHASE_PATCHING)) &
			  ~KLP_PHASE_FORCED);
	/*
	 * Whoever decides by the old goal looks at what is left by tasks that are
	 * there by the new one, and that nothing waits for: let them finish.
	 */
	synchronize_rcu();
}

/**
 * klp_phase_force - let tasks switch whatever is on their stacks
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
 * klp_phase_note_forced - a task switches with affected code on its stack
 * @phase: the phase by which it does
 *
 * Context: Any; the task's pi_lock held.
 */
void klp_phase_note_forced(unsigned int phase)
{
	WRITE_ONCE(klp_was_forced[!!(phase & KLP_PHASE_PATCHING)], true);
}

/**
 * klp_phase_forced - have tasks been switched by force in this transition?
 * @patching: the direction in question
 *
 * Also if the transition has been turned round since: a task that was forced and
 * stays on the goal's side, or comes back to it, is not looked at again.
 *
 * Context: klp_mutex held, all tasks on the goal's side.
 * Return: true if so.
 */
bool klp_phase_forced(bool patching)
{
	lockdep_assert_held(&klp_mutex);
	return READ_ONCE(klp_was_forced[patching]);
}

/**
 * klp_phase_end - the transition is over, everyone is on the goal's side
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_phase_end(void)
{
	klp_phase_publish(klp_phase & KLP_PHASE_GOAL);
	RCU_INIT_POINTER(klp_affected, NULL);
	static_branch_disable(&klp_phase_key);
}

/**
 * klp_phase_universe - the universe to be in
 *
 * Context: klp_mutex held.
 * Return: the goal, which is where everyone is unless a transition is running.
 */
unsigned int klp_phase_universe(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_goal(klp_phase);
}
