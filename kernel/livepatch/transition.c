// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the state machine of a transition.
 *
 *          _begin()             _start()
 *   IDLE ------------> BEGUN -------------> RUNNING ----+ _reverse(),
 *    ^                   |                   |   ^      | _force()
 *    |                   | _cancel()         |   +------+
 *    |                   v                   | _done() is true
 *    |                CANCELLED              |
 *    |       _finish()   |                   |
 *    |    +--------------+                   |
 *    |    v   _settle()                      |
 *    +-- SETTLED <---------------------------+
 *
 * The states are derived from &struct klp_transition: IDLE while @live is NULL,
 * RUNNING while @running is set. In BEGUN and SETTLED both universes have the same
 * targets.
 *
 * This file knows tasks and targets. What the end of a transition means for
 * patches is in patch.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/livepatch.h>
#include <linux/printk.h>

#include <trace/events/livepatch.h>

#include "affected.h"
#include "converge.h"
#include "klp.h"
#include "live.h"
#include "phase.h"
#include "report.h"
#include "target.h"
#include "transition.h"

/**
 * struct klp_transition - the transition, of which there is one (invariant 1)
 * @live:	The patch, NULL if none is in transition.
 * @patching:	Tasks move to the patch's code, not away from it.
 * @running:	Tasks may switch.
 * @affected:	What must not be on the stack of tasks that switch.
 * @scanned:	klp_affected_scan() has succeeded for @affected.
 *
 * Protected by klp_mutex.
 */
static struct klp_transition {
	struct klp_live_patch	*live;
	bool			patching;
	bool			running;
	struct klp_affected	*affected;
	bool			scanned;
} klp_transition;

/**
 * klp_transition_name - what a transition is called in the log
 * @patching: its direction
 *
 * Return: a constant string.
 */
const char *klp_transition_name(bool patching)
{
	return patching ? "patching" : "unpatching";
}

/**
 * klp_transition_current - the patch in transition
 *
 * Context: klp_mutex held.
 * Return: the patch or NULL.
 */
struct klp_live_patch *klp_transition_current(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_transition.live;
}

/**
 * klp_transition_running - is a patch in transition?
 *
 * Context: Any. A snapshot unless klp_mutex is held.
 * Return: true if one is.
 */
bool klp_transition_running(void)
{
	return READ_ONCE(klp_transition.live);
}

/**
 * klp_transition_begin - reserve the transition for a patch
 * @live: the patch
 * @patching: to its code, not away from it
 *
 * Context: klp_mutex held, no transition running.
 */
void klp_transition_begin(struct klp_live_patch *live, bool patching)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	/* Read without a lock by klp_transition_running() */
	WRITE_ONCE(t->live, live);
	t->patching = patching;
	WRITE_ONCE(live->transition, true);
	pr_debug("'%s': initializing %s transition\n", live->mod->name,
		 klp_transition_name(patching));
}

/* Give both universes the targets of the one that all tasks are in. */
static void klp_transition_equalize(void)
{
	klp_target_settle(klp_phase_universe());
	klp_affected_free(klp_transition.affected);
	klp_transition.affected = NULL;
}

/**
 * klp_transition_prepare - get everything ready that needs memory
 * @live: the patch, installed
 * @patching: to its code, not away from it
 *
 * Sets the targets in the universe that nobody is in, and works out what is left
 * by those who leave each. Nothing is visible to tasks yet.
 *
 * Context: Process, may sleep; klp_mutex held, no other patch in transition.
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int klp_transition_prepare(struct klp_live_patch *live, bool patching)
{
	struct klp_transition *t = &klp_transition;
	unsigned int now = klp_phase_universe();

	lockdep_assert_held(&klp_mutex);

	if (patching)
		klp_target_enable(live, !now);
	else
		klp_target_disable(live, !now);

	t->scanned = false;
	t->affected = klp_affected_create(live);
	if (t->affected)
		return 0;
	klp_transition_equalize();
	return -ENOMEM;
}

/**
 * klp_transition_refresh - the set of patched functions has changed
 *
 * For a module that comes or goes during a transition: works out anew what is
 * left by tasks that switch.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or -ENOMEM and what was left before is still.
 */
int klp_transition_refresh(void)
{
	struct klp_transition *t = &klp_transition;
	struct klp_affected *affected, *old = t->affected;

	lockdep_assert_held(&klp_mutex);

	if (!t->live)
		return 0;
	affected = klp_affected_create(t->live);
	if (!affected)
		return -ENOMEM;
	klp_phase_set_affected(affected);
	t->scanned = false;
	t->affected = affected;
	klp_affected_free(old);
	return 0;
}

/**
 * klp_transition_join - let an object that has come later be called
 * @object: the object, just installed; no task has run its code yet
 *
 * In each universe, whether a transition is running or not, it is as if it had
 * been there from the beginning.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or -ENOMEM, and the object has to be uninstalled.
 */
int klp_transition_join(struct klp_live_object *object)
{
	struct klp_transition *t = &klp_transition;
	unsigned int goal = klp_phase_universe();

	lockdep_assert_held(&klp_mutex);

	klp_target_join(object, t->live, t->patching ? goal : !goal);
	return klp_transition_refresh();
}

/**
 * klp_transition_cancel - give up enabling a patch before any task knows of it
 *
 * The transition is then one away from the patch's code in which no task has to
 * switch: klp_transition_settle() and klp_transition_finish() end it.
 *
 * Context: klp_mutex held, a transition begun, perhaps prepared, but not started.
 */
void klp_transition_cancel(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	pr_debug("'%s': canceling patching transition, going to unpatch\n",
		 t->live->mod->name);
	t->patching = false;
}

/* Put tasks on their way in the present direction. */
static void klp_transition_push(void)
{
	struct klp_transition *t = &klp_transition;

	klp_count(KLP_COUNT_TRANSITIONS);
	WRITE_ONCE(t->live->enabled, t->patching);

	pr_notice("'%s': starting %s transition\n", t->live->mod->name,
		  klp_transition_name(t->patching));
	trace_klp_transition_start(t->live->mod->name, t->patching);

	klp_converge_start();
}

/**
 * klp_transition_start - let tasks switch
 *
 * Context: Process, may sleep; klp_mutex held, a transition prepared.
 */
void klp_transition_start(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	t->running = true;
	klp_phase_begin(t->patching, t->affected);
	klp_transition_push();
}

/**
 * klp_transition_reverse - turn the running transition round
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_transition_reverse(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	pr_debug("'%s': reversing transition from %s to %s\n",
		 t->live->mod->name, klp_transition_name(t->patching),
		 klp_transition_name(!t->patching));

	t->patching = !t->patching;
	klp_phase_reverse();
	klp_transition_push();
}

/**
 * klp_transition_force - switch everyone now, safe or not
 *
 * Who is running switches when it leaves the kernel or is preempted for that.
 *
 * Code that is being unpatched may stay on stacks for ever, so the modules of
 * patches that go are never released if a task has been forced out of them. Code that is only covered by a newer patch
 * is safe: its patch looks for tasks in it when it is disabled. If this transition
 * is turned round, and stays so, nothing goes that tasks were forced out of.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_transition_force(void)
{
	lockdep_assert_held(&klp_mutex);

	pr_warn("forcing remaining tasks to the patched state\n");
	klp_phase_force();
	klp_converge_force();
}

/* Tasks take long to switch: let them switch where they enter functions, too. */
static void klp_transition_help(void)
{
	struct klp_transition *t = &klp_transition;

	if (t->scanned || !klp_converge_slow())
		return;
	t->scanned = klp_affected_scan(t->affected, t->live);
}

/**
 * klp_transition_done - find out whether all tasks have switched
 * @retry: try blocked tasks again before
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: true if a transition is running and all tasks are at its goal. If one is
 * running and they are not, this is worth to be called again when klp_switched_work
 * or klp_retry_work runs.
 */
bool klp_transition_done(bool retry)
{
	lockdep_assert_held(&klp_mutex);

	if (!klp_transition.running)
		return false;
	klp_transition_help();
	return klp_converge_done(retry);
}

/**
 * klp_transition_settle - make both universes the same
 *
 * The patch stays in transition, as its callbacks see it, until
 * klp_transition_finish().
 *
 * Context: Process, may sleep; klp_mutex held, klp_transition_done() or a
 * transition cancelled.
 * Return: how the transition has ended.
 */
struct klp_outcome klp_transition_settle(void)
{
	struct klp_transition *t = &klp_transition;
	struct klp_outcome outcome = { .live = t->live, .patched = t->patching };

	lockdep_assert_held(&klp_mutex);

	if (t->running) {
		trace_klp_transition_complete(t->live->mod->name, t->patching);
		klp_phase_end();
		outcome.forced = klp_phase_forced(t->patching);
		t->running = false;
	}
	pr_debug("'%s': completing %s transition\n", t->live->mod->name,
		 klp_transition_name(t->patching));
	klp_transition_equalize();
	return outcome;
}

/**
 * klp_transition_finish - let the next patch be in transition
 *
 * Context: klp_mutex held, after klp_transition_settle().
 */
void klp_transition_finish(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	WRITE_ONCE(t->live->transition, false);
	WRITE_ONCE(t->live, NULL);
}
