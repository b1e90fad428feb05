// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the state machine of a transition.
 *
 *    klp_transition_begin()  klp_transition_prepare()
 *   IDLE ---------------> BEGUN ---------------> PREPARED
 *    ^ ^                    |                     |   |
 *    | +--------------------+---------------------+   | klp_transition_start()
 *    |           klp_transition_cancel()              v
 *    +-------------------------------------------- RUNNING <-+ _reverse(),
 *         everyone is on the goal's side              +------+ _force()
 *
 * Nobody polls for the end: who switches last queues the work that looks. The
 * work also comes back by itself, ever more rarely, to try those again that are
 * asleep in what is being left, and to put pressure on them after a while.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bug.h>
#include <linux/jiffies.h>
#include <linux/livepatch.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include <trace/events/livepatch.h>

#include "klp.h"
#include "left.h"
#include "object.h"
#include "phase.h"
#include "ranges.h"
#include "report.h"
#include "target.h"
#include "task.h"
#include "transition.h"
#include "walk.h"

/* Blocked tasks are tried again after this, then after twice as much, … */
#define KLP_RETRY_FIRST		msecs_to_jiffies(1)
#define KLP_RETRY_LAST		msecs_to_jiffies(1000)

/* From when on CPUs that want to be left alone are not */
#define KLP_DISTURB_AFTER	msecs_to_jiffies(1000)

/* How long tasks may block before they are signalled, each time */
#define KLP_SIGNAL_AFTER	msecs_to_jiffies(15000)

/**
 * struct klp_transition - the transition, of which there is one (invariant 1)
 * @live:	The patch, NULL if none is in transition.
 * @patching:	Tasks move to the patch's code, not away from it.
 * @left:	For each universe what is left by leaving it.
 * @begin:	When this direction was begun, in jiffies.
 * @retry:	Pause before the next retry.
 * @signal:	When to signal next.
 * @signalled:	It has been said that tasks are signalled.
 *
 * Protected by klp_mutex.
 */
static struct klp_transition {
	struct klp_live		*live;
	bool			patching;
	struct klp_ranges	left[2];
	unsigned long		begin;
	unsigned long		retry;
	unsigned long		signal;
	bool			signalled;
} klp_transition;

static struct workqueue_struct *klp_transition_wq;
static bool (*klp_transition_completed)(struct klp_live *live, bool patched);

static void klp_transition_look(struct work_struct *work);
static DECLARE_WORK(klp_switched_work, klp_transition_look);
static DECLARE_DELAYED_WORK(klp_retry_work, klp_transition_look);

/* The last task has switched: have a look, in a better place than this one. */
static void klp_transition_all_switched(void)
{
	queue_work(klp_transition_wq, &klp_switched_work);
}

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
 * klp_transition_patch - the patch in transition
 *
 * Context: klp_mutex held.
 * Return: the patch or NULL.
 */
struct klp_live *klp_transition_patch(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_transition.live;
}

/**
 * klp_transition_begin - reserve the transition for a patch
 * @live: the patch
 * @patching: to its code, not away from it
 *
 * Context: klp_mutex held, no transition running.
 */
void klp_transition_begin(struct klp_live *live, bool patching)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	t->live = live;
	t->patching = patching;
	WRITE_ONCE(live->transition, true);
	pr_debug("'%s': initializing %s transition\n", live->mod->name,
		 klp_transition_name(patching));
}

/**
 * klp_transition_prepare - get everything ready for the transition
 *
 * The functions of the patch pass through the table already. Sets their targets
 * in the universe that nobody is in; nothing is visible to tasks yet. The
 * caller goes on with klp_transition_start(), or on error with
 * klp_transition_cancel().
 *
 * Context: Process, may sleep; klp_mutex held, a transition begun.
 * Return: 0 or -ENOMEM.
 */
int klp_transition_prepare(void)
{
	struct klp_transition *t = &klp_transition;
	unsigned int now = klp_phase_universe();
	int ret;

	lockdep_assert_held(&klp_mutex);

	if (t->patching)
		klp_sites_enable(t->live, !now);
	else
		klp_sites_disable(t->live, !now);

	/* For both directions: a reversal has to work without memory. */
	ret = klp_left_ranges(t->live, 0, &t->left[0]);
	if (!ret)
		ret = klp_left_ranges(t->live, 1, &t->left[1]);
	return ret;
}

/* Both universes are the same again, nobody is in transition. */
static void klp_transition_finish(void)
{
	struct klp_transition *t = &klp_transition;

	pr_debug("'%s': completing %s transition\n", t->live->mod->name,
		 klp_transition_name(t->patching));

	klp_sites_settle(t->live, klp_phase_universe());
	klp_ranges_free(&t->left[0]);
	klp_ranges_free(&t->left[1]);
	WRITE_ONCE(t->live->transition, false);
	t->live = NULL;
}

/**
 * klp_transition_cancel - give up a transition that no task knows of
 *
 * Context: Process, may sleep; klp_mutex held, a transition begun, perhaps
 * prepared, but not started.
 */
void klp_transition_cancel(void)
{
	struct klp_transition *t = &klp_transition;

	lockdep_assert_held(&klp_mutex);

	if (t->patching)
		pr_debug("'%s': canceling patching transition, going to unpatch\n",
			 t->live->mod->name);
	t->patching = !t->patching;
	klp_transition_finish();
}

/* Put tasks on their way in the present direction. */
static void klp_transition_push(void)
{
	struct klp_transition *t = &klp_transition;
	const struct klp_walk what = { };

	klp_count(KLP_COUNT_TRANSITIONS);
	t->begin = jiffies;
	t->retry = KLP_RETRY_FIRST;
	t->signal = jiffies + KLP_SIGNAL_AFTER;
	t->signalled = false;
	WRITE_ONCE(t->live->enabled, t->patching);

	pr_notice("'%s': starting %s transition\n", t->live->mod->name,
		  klp_transition_name(t->patching));
	trace_klp_transition_start(t->live->mod->name, t->patching);

	if (klp_tasks_walk(&what))
		klp_transition_all_switched();
	else
		mod_delayed_work(klp_transition_wq, &klp_retry_work, t->retry);
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

	klp_phase_begin(t->patching, &t->left[0], &t->left[1]);
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
 * Code that is being unpatched may stay on stacks for ever, so its module is
 * never released. Where a patch is being enabled nothing can be unloaded that
 * is left: the original is the kernel's, and older patches still look for
 * tasks in their code when they are disabled.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 */
void klp_transition_force(void)
{
	struct klp_transition *t = &klp_transition;
	const struct klp_walk what = { .force = true };

	lockdep_assert_held(&klp_mutex);

	pr_warn("forcing remaining tasks to the patched state\n");
	if (!t->patching)
		t->live->forced = true;
	if (klp_tasks_walk(&what))
		klp_transition_all_switched();
}

/* Return: the patch if it has gone, to be retired without klp_mutex. */
static struct klp_live *klp_transition_complete(void)
{
	struct klp_live *live = klp_transition.live;
	bool patched = klp_transition.patching;

	trace_klp_transition_complete(live->mod->name, patched);
	klp_phase_end();
	klp_transition_finish();
	return klp_transition_completed(live, patched) ? live : NULL;
}

/* Try those again that are blocked. Return: true if nobody is any more. */
static bool klp_transition_retry(void)
{
	struct klp_transition *t = &klp_transition;
	struct klp_walk what = {
		.preempt = true,
		.disturb = time_after_eq(jiffies, t->begin + KLP_DISTURB_AFTER),
		.signal = time_after_eq(jiffies, t->signal),
	};

	if (what.signal) {
		if (!t->signalled)
			pr_notice("signaling remaining tasks\n");
		t->signalled = true;
		t->signal = jiffies + KLP_SIGNAL_AFTER;
	}
	if (klp_tasks_walk(&what))
		return true;

	t->retry = min(2 * t->retry, KLP_RETRY_LAST);
	mod_delayed_work(klp_transition_wq, &klp_retry_work, t->retry);
	return false;
}

static void klp_transition_look(struct work_struct *work)
{
	struct klp_live *gone = NULL;
	unsigned int wrong;

	mutex_lock(&klp_mutex);
	if (!klp_transition.live)
		goto out;
	if (work == &klp_retry_work.work && !klp_transition_retry())
		goto out;

	/* Invariant 7: the count has woken us, this decides. */
	if (klp_tasks_counted())
		goto out;
	wrong = klp_tasks_verify();
	if (WARN_ONCE(wrong, "%u tasks have not switched, but were not counted\n",
		      wrong)) {
		mod_delayed_work(klp_transition_wq, &klp_retry_work,
				 KLP_RETRY_FIRST);
		goto out;
	}
	gone = klp_transition_complete();
out:
	mutex_unlock(&klp_mutex);
	if (gone) {
		klp_live_retire(gone);
		/* One wait for the patch and the table that it was in */
		klp_reap_start();
	}
}

/**
 * klp_transition_init - get ready for transitions
 * @completed: called at the end of each, with klp_mutex held: the patch, and
 *	whether its code is in use now; returns true if the patch has gone
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_transition_init(bool (*completed)(struct klp_live *live,
						 bool patched))
{
	klp_transition_completed = completed;
	klp_transition_wq = alloc_workqueue("livepatch", WQ_UNBOUND, 0);
	if (!klp_transition_wq)
		return -ENOMEM;
	return klp_tasks_init(klp_transition_all_switched);
}
