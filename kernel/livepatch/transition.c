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
 * Two states can be read from &struct klp_transition: IDLE while @live is NULL,
 * RUNNING while @running is set. The other states last only while patch.c holds
 * klp_mutex, and need not be told apart. In IDLE or BEGUN,
 * klp_transition_prepare() writes the targets of the universe that no task is
 * in. In SETTLED both universes have the same targets.
 *
 * A patch is "in transition" in every state but IDLE. Its callbacks run then,
 * but for those of a module that is loaded or unloaded at another time. A
 * transition is "running" only in RUNNING: tasks may switch.
 *
 * This file knows tasks and targets. What the end of a transition means for
 * patches is in patch.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/printk.h>

#include <trace/events/livepatch.h>

#include "affected.h"
#include "converge.h"
#include "event.h"
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
 * @with:	The universe that the patch is in force in.
 * @started:	Tasks may switch, or could.
 * @running:	Tasks may switch.
 * @affected:	What must not be on the stack of tasks that switch.
 * @scanned:	klp_affected_scan() has succeeded for @affected.
 *
 * Protected by klp_mutex.
 */
static struct klp_transition {
	struct klp_live_patch	*live;
	bool			patching;
	unsigned int		with;
	bool			started;
	bool			running;
	struct klp_affected	*affected;
	bool			scanned;
} klp_transition;

/**
 * klp_transition_current - get the patch in transition
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
 * klp_transition_running - tell whether a patch is in transition
 *
 * The state need not be RUNNING: callbacks run before and after it, too.
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
 * Context: klp_mutex held, no patch in transition.
 */
void klp_transition_begin(struct klp_live_patch *live, bool patching)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	/* Read without a lock by klp_transition_running() */
	WRITE_ONCE(t->live, live);
	t->patching = patching;
	t->started = false;
	WRITE_ONCE(live->transition, true);
	pr_debug("'%s': initializing %s transition\n", live->mod->name,
		 klp_event_direction(patching));
}

/* Give both universes the targets of the one that all tasks are in. */
static void klp_transition_equalize(void)
{
	klp_target_settle(klp_phase_universe());
	klp_affected_free(klp_transition.affected);
	klp_transition.affected = NULL;
}

/**
 * klp_transition_prepare - do all of a transition's start that needs memory
 * @live: the patch, its live funcs on their sites
 * @patching: to its code, not away from it
 *
 * Sets the targets in the universe that no task is in, and collects the affected
 * code for both universes. Nothing is visible to tasks yet.
 *
 * Context: Process, may sleep; klp_mutex held, no other patch in transition.
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int klp_transition_prepare(struct klp_live_patch *live, bool patching)
{
	struct klp_transition *t = &klp_transition;
	unsigned int now = klp_phase_universe();

	lockdep_assert_held(&klp_mutex);

	t->with = patching ? !now : now;
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
 * klp_transition_refresh - collect the affected code anew
 *
 * For a target module that is loaded or unloaded during a transition. Does nothing
 * if no patch is in transition.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or -ENOMEM and the affected code is that of before.
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
 * klp_transition_join - set the targets for a module that is being loaded
 * @object: the object, its live funcs just put on their sites; no task has run
 *	the module's code yet
 *
 * The targets in each universe, during a transition or not, are those that they
 * would be if the module had been loaded before the patch.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or -ENOMEM, and the live funcs have to be taken off their sites.
 */
int klp_transition_join(struct klp_live_object *object)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	klp_target_join(object, t->live, t->with, t->patching);
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

/* Say in which direction tasks are going to move. */
static void klp_transition_announce(void)
{
	struct klp_transition *t = &klp_transition;

	klp_count(KLP_COUNT_TRANSITIONS);
	WRITE_ONCE(t->live->enabled, t->patching);

	pr_notice("'%s': starting %s transition\n", t->live->mod->name,
		  klp_event_direction(t->patching));
	trace_klp_transition_start(t->live->mod->name, t->patching);

	klp_target_change_at_once(t->live, t->patching);
}

/**
 * klp_transition_start - allow tasks to switch, and begin to move them
 *
 * Context: Process, may sleep; klp_mutex held, a transition prepared.
 */
void klp_transition_start(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	t->started = true;
	t->running = true;
	t->live->began_ns = ktime_get_ns();
	if (!t->live->model->at_once)
		t->live->model->begin(t->patching, t->affected);
	klp_transition_announce();
	t->live->model->push();
	klp_event_send(t->live, KLP_EVENT_STARTED, t->patching);
}

/**
 * klp_transition_reverse - reverse the running transition
 * @event: why: KLP_EVENT_REVERSED or KLP_EVENT_TIMEOUT
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_transition_reverse(enum klp_event event)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	pr_debug("'%s': reversing transition from %s to %s\n",
		 t->live->mod->name, klp_event_direction(t->patching),
		 klp_event_direction(!t->patching));

	t->patching = !t->patching;
	t->live->model->reverse();
	klp_transition_announce();
	if (!t->live->model->waits)
		t->live->model->push();
	klp_event_send(t->live, event, t->patching);
}

/**
 * klp_transition_force - switch the remaining tasks, safe or not
 *
 * A task that was forced may stay for ever in the code that it was in. If this
 * transition disables the patch of that code, klp_patch_remove() marks the
 * patch, and its module is never released. Two cases are safe:
 *
 * - A newer patch only covers the code. When the covered patch is disabled
 *   later, the code counts as affected, and the transition waits for the task.
 * - The transition is reversed, and ends so. Tasks that were forced before the
 *   reversal were in code that stays enabled: klp_phase_forced() looks at one
 *   direction only.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_transition_force(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	pr_warn("forcing remaining tasks to the patched state\n");
	t->live->model->force();
	klp_event_send(t->live, KLP_EVENT_FORCED, t->patching);
}

/* If tasks take long to switch, let them switch where they enter functions, too. */
static void klp_transition_help(void)
{
	struct klp_transition *t = &klp_transition;

	if (t->scanned || !klp_converge_slow())
		return;
	t->scanned = klp_affected_scan(t->affected, t->live);
}

/**
 * klp_transition_done - find out whether all tasks have switched
 * @retry: try blocked tasks again first
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: true if a transition is running and all tasks are at its goal. If a
 * transition is running and tasks are still pending, klp_switched_work or
 * klp_retry_work is queued when this should be called again.
 */
bool klp_transition_done(bool retry)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	if (!t->running)
		return false;
	if (t->live->model->at_once)
		return true;
	klp_transition_help();
	return t->live->model->done(retry);
}

static void klp_transition_measure(struct klp_live_patch *live)
{
	struct klp_times times = { };

	if (live->model->measure)
		live->model->measure(&times);
	/* Read without a lock by sysfs, each for itself */
	WRITE_ONCE(live->times.stopped_ns, times.stopped_ns);
	WRITE_ONCE(live->times.parked_ns, times.parked_ns);
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
	const struct klp_model *model = t->live->model;

	lockdep_assert_held(&klp_mutex);

	if (t->running) {
		trace_klp_transition_complete(t->live->mod->name, t->patching);
		outcome.forced = !model->at_once && model->end(t->patching);
		klp_transition_measure(t->live);
		t->running = false;
	}
	pr_debug("'%s': completing %s transition\n", t->live->mod->name,
		 klp_event_direction(t->patching));
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
	if (t->started)
		klp_event_send(t->live, KLP_EVENT_COMPLETED, t->patching);
	WRITE_ONCE(t->live, NULL);
}
