// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: enabling a patch.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "bind.h"
#include "callback.h"
#include "calls.h"
#include "check.h"
#include "enable.h"
#include "install.h"
#include "klp.h"
#include "live.h"
#include "model.h"
#include "patch.h"
#include "stack.h"
#include "state.h"
#include "timeout.h"
#include "transition.h"
#include "wait.h"

/* All that enabling a patch needs is initialised. */
static bool klp_ready __ro_after_init;

/* Compare the states of a patch with those of the installed patches. */
static int klp_enable_admit(struct klp_patch *patch)
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

static int klp_enable_install(struct klp_live_patch *live)
{
	struct klp_live_object *culprit;
	int ret;

	ret = klp_install_patch(live, &culprit);
	if (ret)
		pr_warn("failed to patch object '%s'\n", culprit->name);
	return ret;
}

static int klp_enable_start(struct klp_live_patch *live)
{
	static u64 seq;
	int ret;

	lockdep_assert_held(&klp_mutex);

	ret = klp_enable_admit(live->patch);
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
	klp_timeout_begin(live, true);
	if (live->model->waits)
		klp_wait_limit(live);
	live->seq = ++seq;
	list_add_tail(&live->node, &klp_live_patches);

	ret = klp_callback_pre_patch_all(live);
	if (ret)
		goto err;
	ret = klp_enable_install(live);
	if (ret)
		goto err;
	ret = klp_transition_prepare(live, true);
	if (ret)
		goto err;
	klp_calls_refresh();
	klp_transition_start();
	klp_timeout_start(live, true);
	return 0;

err:
	pr_warn("failed to enable patch '%s'\n", live->mod->name);
	klp_patch_cancel(live);
	return ret;
}

/* Free the records of a patch that is not enabled. */
static void klp_enable_undo(struct klp_live_patch *live)
{
	scoped_guard(mutex, &klp_mutex)
		klp_bind_release_modules(live);
	klp_live_patch_destroy(live);
}

/**
 * klp_enable_patch - enable a live patch
 * @patch: the patch; must not be changed while its module is loaded
 *
 * To be called from the init function of a module that is marked with
 * MODULE_INFO(livepatch, "Y"). Redirects the functions and starts the transition.
 * Waits for its end only with the models "system" and "system-frozen". A reference
 * on the module is held until the patch has been disabled through sysfs or replaced,
 * and no task can run the module's code. The init function must not fail after this
 * has succeeded: the loader would free the module in spite of the reference.
 *
 * Context: Process, may sleep.
 * Return: 0, or an error and all has been undone: -EINVAL if the patch is
 * incomplete, contradicts itself or is enabled already, the module is not marked, a
 * symbol is missing or ambiguous, or the states are not compatible with those of an
 * installed patch; the error of a pre_patch callback; -EBUSY if another patch is in
 * transition, another user redirects one of the functions, or tasks were in the way
 * for too long; -EINTR or -ECANCELED if a fatal signal or an administrator ended the
 * wait; -EOPNOTSUPP if this kernel does not have the patch's model; -ENODEV if live
 * patching is not available or the module is being unloaded; -ENOENT if the size of a
 * function is not known; -ENOEXEC if the patch was made for another vmlinux, module or
 * function, or a relocation cannot be applied; -EEXIST if an
 * object has the name of an attribute in sysfs; -ENOMEM.
 */
int klp_enable_patch(struct klp_patch *patch)
{
	const struct klp_model *model;
	struct klp_live_patch *live;
	struct klp_waiter waiter;
	LIST_HEAD(disabled);
	int ret;

	ret = klp_check_patch(patch);
	if (ret)
		return ret;
	model = klp_model_find(patch);
	if (IS_ERR(model))
		return PTR_ERR(model);
	if (!klp_ready)
		return -ENODEV;

	if (klp_stack_unreliable() && !model->at_once) {
		pr_warn("This architecture doesn't have support for the livepatch consistency model.\n");
		pr_warn("The livepatch transition may never complete.\n");
	}

	/* Cheap, and before anything is logged; checked again below. */
	scoped_guard(mutex, &klp_mutex) {
		ret = klp_enable_admit(patch);
		if (ret)
			return ret;
	}

	live = klp_live_patch_create(patch, model);
	if (IS_ERR(live))
		return PTR_ERR(live);

	scoped_guard(mutex, &klp_mutex) {
		ret = klp_enable_start(live);
		if (!ret)
			klp_patch_finish_at_once(live, &disabled);
		if (!ret && model->waits)
			klp_wait_begin(live, &waiter);
	}
	if (!ret && model->waits) {
		/* If this fails, no task has called the patch's code. */
		ret = klp_wait_for(live, &waiter, true, &disabled);
		if (ret)
			list_del_init(&live->gone);
	}
	klp_patch_retire(&disabled);
	if (ret)
		klp_enable_undo(live);
	return ret;
}
EXPORT_SYMBOL_GPL(klp_enable_patch);

/**
 * klp_enable_init - allow patches to be enabled
 *
 * To be called when all else has been initialised.
 */
void __init klp_enable_init(void)
{
	klp_ready = true;
}
