// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the end of a transition.
 *
 * When the last pending task has switched, task.c or converge.c call
 * klp_switch_all_done(), which queues klp_switched_work. From there:
 *
 *   klp_patch_switched()		in a worker of klp_wq
 *     klp_patch_look()			takes klp_mutex
 *       klp_transition_done()		have all tasks switched?
 *       klp_patch_finish()
 *         klp_transition_settle()	both universes have the same targets
 *         klp_install_undo()		patches out of force: off their sites
 *         klp_site_sweep()		idle sites: out of ftrace's filter
 *         callbacks
 *         klp_patch_remove()		patches out of force: off the list
 *         klp_transition_finish()	another patch may be in transition
 *       klp_patch_retire()		klp_mutex dropped; see retire.c
 *
 * klp_retry_work runs klp_patch_retry() in the same workqueue, which tries the
 * pending tasks again and goes on with klp_patch_look().
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "callback.h"
#include "calls.h"
#include "event.h"
#include "install.h"
#include "klp.h"
#include "patch.h"
#include "reap.h"
#include "retire.h"
#include "site.h"
#include "transition.h"

/* Has the end of a transition put a patch out of force? */
static bool klp_patch_goes(const struct klp_live_patch *patch,
			   const struct klp_outcome *outcome)
{
	const struct klp_live_patch *live = outcome->live;

	if (patch == live)
		return !outcome->patched;
	/* Newer patches are there if it was disabling @live that was reversed. */
	return outcome->patched && live->replace && patch->seq < live->seq;
}

/**
 * klp_patch_place - tell the place of a patch among the installed ones
 * @live: the patch
 *
 * Context: klp_mutex held.
 * Return: the place, from 1, oldest first. For a patch that is not installed yet, the
 * place that it would get.
 */
unsigned int klp_patch_place(const struct klp_live_patch *live)
{
	struct klp_live_patch *other;
	unsigned int place = 1;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_patch(other) {
		if (other == live)
			break;
		place++;
	}
	return place;
}

/* Move a patch from the list of installed ones to @gone. */
static void klp_patch_remove(struct klp_live_patch *live, bool forced,
			     struct list_head *gone)
{
	struct klp_live_object *object;

	lockdep_assert_held(&klp_mutex);

	WRITE_ONCE(live->enabled, false);
	live->forced = forced;
	list_del_init(&live->node);
	list_add_tail(&live->gone, gone);
	/* The engine no longer notices when these modules are unloaded. */
	klp_for_each_live_object(live, object)
		object->obj->mod = NULL;
}

static void klp_patch_tell_waiter(struct klp_live_patch *live, bool patched)
{
	struct klp_waiter *waiter = live->waiter;

	lockdep_assert_held(&klp_mutex);

	if (!waiter)
		return;
	live->waiter = NULL;
	waiter->patched = patched;
	waiter->done = true;
	wake_up_process(waiter->task);
}

/**
 * klp_patch_finish - end the transition
 * @disabled: the patches that are out of force now are moved here, and belong to the
 *	caller
 *
 * Context: Process, may sleep; klp_mutex held, klp_transition_done() or the transition
 * cancelled.
 */
void klp_patch_finish(struct list_head *disabled)
{
	struct klp_outcome outcome = klp_transition_settle();
	struct klp_live_patch *live = outcome.live;
	struct klp_live_patch *other, *next;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_patch(other) {
		if (!klp_patch_goes(other, &outcome))
			continue;
		/* Before any patch is removed from the list */
		other->last_place = klp_patch_place(other);
		klp_install_undo(other);
	}
	klp_site_sweep();

	/* The callbacks may ask for the states of the patches in @disabled. */
	if (outcome.patched)
		klp_callback_post_patch_all(live);
	else
		klp_callback_post_unpatch_all(live);

	list_for_each_entry_safe(other, next, &klp_live_patches, node)
		if (klp_patch_goes(other, &outcome))
			klp_patch_remove(other, outcome.forced, disabled);
	klp_calls_refresh();
	pr_notice("'%s': %s complete\n", live->mod->name,
		  klp_event_direction(outcome.patched));
	klp_transition_finish();
	klp_patch_tell_waiter(live, outcome.patched);
}

/**
 * klp_patch_cancel - give up enabling a patch
 * @live: the patch, whose transition has begun but not started; still belongs to
 *	the caller
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_patch_cancel(struct klp_live_patch *live)
{
	LIST_HEAD(disabled);

	klp_transition_cancel();
	klp_patch_finish(&disabled);
	list_del_init(&live->gone);
}

/**
 * klp_patch_retire - have patches released as soon as no task can be in their code
 * @disabled: the patches, which are no longer the caller's
 *
 * Context: Process, may sleep; klp_mutex not held.
 */
void klp_patch_retire(struct list_head *disabled)
{
	struct klp_live_patch *live, *next;

	lockdep_assert_not_held(&klp_mutex);

	list_for_each_entry_safe(live, next, disabled, gone)
		klp_retire_patch(live);
	/* One grace period for all the patches and the table that they were in */
	klp_reap_start();
}

/*
 * End the transition if all tasks have switched. Since the work was queued the
 * transition may have ended, or have been reversed.
 */
static void klp_patch_look(bool retry)
{
	struct klp_live_patch *live;
	LIST_HEAD(disabled);

	scoped_guard(mutex, &klp_mutex) {
		live = klp_transition_current();
		/* A task that waits for the change ends it. */
		if (live && live->waiter)
			wake_up_process(live->waiter->task);
		if (!live || live->model->waits || !klp_transition_done(retry))
			return;
		klp_patch_finish(&disabled);
	}
	klp_patch_retire(&disabled);
}

/**
 * klp_patch_finish_at_once - end the transition if its model completes at once
 * @live: the patch, whose transition has been started
 * @disabled: the patches that are out of force now are moved here, and belong to the
 *	caller
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_patch_finish_at_once(struct klp_live_patch *live,
			      struct list_head *disabled)
{
	lockdep_assert_held(&klp_mutex);

	if (live->model->at_once)
		klp_patch_finish(disabled);
}

static void klp_patch_switched(struct work_struct *work)
{
	klp_patch_look(false);
}

static void klp_patch_retry(struct work_struct *work)
{
	klp_patch_look(true);
}

/**
 * klp_patch_init - allow transitions
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_patch_init(void)
{
	klp_wq = alloc_workqueue("livepatch", WQ_UNBOUND, 0);
	if (!klp_wq)
		return -ENOMEM;
	INIT_WORK(&klp_switched_work, klp_patch_switched);
	INIT_DELAYED_WORK(&klp_retry_work, klp_patch_retry);
	return 0;
}
