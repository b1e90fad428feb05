// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: enabling and disabling patches, and the end of a transition.
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
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "bind.h"
#include "callback.h"
#include "check.h"
#include "install.h"
#include "klp.h"
#include "live.h"
#include "patch.h"
#include "reap.h"
#include "retire.h"
#include "site.h"
#include "stack.h"
#include "state.h"
#include "transition.h"

/* All that enabling a patch needs is initialised. */
static bool klp_ready __ro_after_init;

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

/*
 * The place of a patch among the installed ones, from 1, oldest first. For a patch
 * that is not installed yet, the place that it would get.
 */
static unsigned int klp_patch_place(const struct klp_live_patch *live)
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

/*
 * End the transition: all tasks are at its goal, or it is cancelled. Patches that
 * are out of force now are moved to @disabled, and belong to the caller.
 */
static void klp_patch_finish(struct list_head *disabled)
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
	pr_notice("'%s': %s complete\n", live->mod->name,
		  klp_transition_name(outcome.patched));
	klp_transition_finish();
}

/* Give up enabling a patch. Its record still belongs to the caller. */
static void klp_patch_cancel(struct klp_live_patch *live)
{
	LIST_HEAD(disabled);

	klp_transition_cancel();
	klp_patch_finish(&disabled);
	list_del_init(&live->gone);
}

/* Have patches released as soon as no task can be in their code. */
static void klp_patch_retire(struct list_head *disabled)
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
	LIST_HEAD(disabled);

	scoped_guard(mutex, &klp_mutex) {
		if (!klp_transition_done(retry))
			return;
		klp_patch_finish(&disabled);
	}
	klp_patch_retire(&disabled);
}

static void klp_patch_switched(struct work_struct *work)
{
	klp_patch_look(false);
}

static void klp_patch_retry(struct work_struct *work)
{
	klp_patch_look(true);
}

/* Compare the states of a patch with those of the installed patches. */
static int klp_patch_admit(struct klp_patch *patch)
{
	struct klp_live_patch *other;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_patch(other) {
		if (klp_state_compatible(other->patch, patch))
			continue;
		pr_err("Livepatch patch (%s) is not compatible with the already installed livepatches.\n",
		       patch->mod->name);
		return -EINVAL;
	}
	return 0;
}

static int klp_patch_install(struct klp_live_patch *live)
{
	struct klp_live_object *culprit;
	int ret;

	ret = klp_install_patch(live, &culprit);
	if (ret)
		pr_warn("failed to patch object '%s'\n", culprit->name);
	return ret;
}

static int klp_patch_enable(struct klp_live_patch *live)
{
	static u64 seq;
	int ret;

	lockdep_assert_held(&klp_mutex);

	ret = klp_patch_admit(live->patch);
	if (ret)
		return ret;
	ret = klp_bind_modules(live);
	if (ret)
		return ret;
	/* Last: a caller that tries again after -EBUSY finds no other error then. */
	if (klp_transition_current())
		return -EBUSY;

	pr_notice("enabling patch '%s'\n", live->mod->name);
	klp_transition_begin(live, true);
	live->seq = ++seq;
	list_add_tail(&live->node, &klp_live_patches);

	ret = klp_callback_pre_patch_all(live);
	if (ret)
		goto err;
	ret = klp_patch_install(live);
	if (ret)
		goto err;
	ret = klp_transition_prepare(live, true);
	if (ret)
		goto err;
	klp_transition_start();
	return 0;

err:
	pr_warn("failed to enable patch '%s'\n", live->mod->name);
	klp_patch_cancel(live);
	return ret;
}

static int klp_patch_disable(struct klp_live_patch *live)
{
	int ret;

	lockdep_assert_held(&klp_mutex);

	ret = klp_transition_prepare(live, false);
	if (ret)
		return ret;
	klp_transition_begin(live, false);
	klp_callback_pre_unpatch_all(live);
	klp_transition_start();
	return 0;
}

/**
 * klp_patch_set_enabled - disable a patch, or reverse its transition
 * @live: the patch
 * @enabled: what was written to the attribute "enabled"
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: 0, -EINVAL if the patch is in that state already or disabled for
 * good, -EBUSY if another patch is in transition, -ENOMEM.
 */
int klp_patch_set_enabled(struct klp_live_patch *live, bool enabled)
{
	guard(mutex)(&klp_mutex);

	if (list_empty(&live->node) || live->enabled == enabled)
		return -EINVAL;
	if (klp_transition_current() == live) {
		klp_transition_reverse();
		return 0;
	}
	if (klp_transition_current())
		return -EBUSY;
	/* A patch that has been disabled is enabled again by its module only. */
	return enabled ? -EINVAL : klp_patch_disable(live);
}

/**
 * klp_patch_force - force the remaining tasks to switch
 * @live: the patch whose attribute "force" was written to
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: 0, -EINVAL if the patch is not in transition.
 */
int klp_patch_force(struct klp_live_patch *live)
{
	guard(mutex)(&klp_mutex);

	if (klp_transition_current() != live)
		return -EINVAL;
	klp_transition_force();
	return 0;
}

/**
 * klp_patch_stack_order - tell the place of a patch for the attribute "stack_order"
 * @live: the patch
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: the patch's place among the installed ones, from 1, oldest first. Before
 * the patch is installed, the place that it would get. After it has been disabled
 * or replaced, the last place that it had.
 */
unsigned int klp_patch_stack_order(struct klp_live_patch *live)
{
	guard(mutex)(&klp_mutex);
	return live->last_place ?: klp_patch_place(live);
}

/**
 * klp_patch_init - allow patches to be enabled
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
	klp_ready = true;
	return 0;
}

/**
 * klp_enable_patch - enable a live patch
 * @patch: the patch; must not be changed while its module is loaded
 *
 * To be called from the init function of a module that is marked with
 * MODULE_INFO(livepatch, "Y"). Redirects the functions and starts the transition;
 * does not wait for its end. A reference on the module is held until the patch has
 * been disabled through sysfs or replaced, and no task can run the module's code.
 * The init function must not fail after this has succeeded: the loader would free
 * the module in spite of the reference.
 *
 * Context: Process, may sleep.
 * Return: 0, or an error and all has been undone: -EINVAL if the patch is
 * incomplete or enabled already, the module is not marked, a symbol is missing or
 * ambiguous, or the states are not compatible with those of an installed patch; the
 * error of a pre_patch callback; -EBUSY if another patch is in transition or another
 * user redirects one of the functions; -ENODEV if live patching is not available or
 * the module is being unloaded; -ENOENT if the size of a function is not known;
 * -ENOEXEC if a relocation cannot be applied; -EEXIST if an object has the name of an
 * attribute in sysfs; -ENOMEM.
 */
int klp_enable_patch(struct klp_patch *patch)
{
	struct klp_live_patch *live;
	int ret;

	ret = klp_check_patch(patch);
	if (ret)
		return ret;
	if (!klp_ready)
		return -ENODEV;

	if (klp_stack_unreliable()) {
		pr_warn("This architecture doesn't have support for the livepatch consistency model.\n");
		pr_warn("The livepatch transition may never complete.\n");
	}

	/* Cheap, and before anything is logged; checked again below. */
	scoped_guard(mutex, &klp_mutex) {
		ret = klp_patch_admit(patch);
		if (ret)
			return ret;
	}

	live = klp_live_patch_create(patch);
	if (IS_ERR(live))
		return PTR_ERR(live);

	scoped_guard(mutex, &klp_mutex) {
		ret = klp_patch_enable(live);
		if (ret)
			klp_bind_release_modules(live);
	}
	klp_reap_start();
	if (ret)
		klp_live_patch_destroy(live);
	return ret;
}
EXPORT_SYMBOL_GPL(klp_enable_patch);
