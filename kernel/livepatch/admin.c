// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what administrators ask for through sysfs.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "admin.h"
#include "callback.h"
#include "klp.h"
#include "patch.h"
#include "timeout.h"
#include "transition.h"
#include "wait.h"

static int klp_admin_disable(struct klp_live_patch *live,
			     struct list_head *disabled)
{
	int ret;

	lockdep_assert_held(&klp_mutex);

	ret = klp_transition_prepare(live, false);
	if (ret)
		return ret;
	klp_transition_begin(live, false);
	klp_timeout_begin(live, false);
	klp_callback_pre_unpatch_all(live);
	klp_transition_start();
	klp_patch_finish_at_once(live, disabled);
	return 0;
}

static void klp_admin_reverse(struct klp_live_patch *live, bool enabled,
			      struct list_head *disabled)
{
	lockdep_assert_held(&klp_mutex);

	klp_transition_reverse(KLP_EVENT_REVERSED);
	klp_timeout_start(live, enabled);
	if (!live->model->waits)
		return;
	klp_patch_finish(disabled);
	/* The patch still belongs to klp_enable_patch(), which fails now. */
	if (!enabled)
		list_del_init(&live->gone);
}

static int klp_admin_change(struct klp_live_patch *live, bool enabled,
			    struct list_head *disabled)
{
	lockdep_assert_held(&klp_mutex);

	if (list_empty(&live->node) || live->enabled == enabled)
		return -EINVAL;
	if (klp_transition_current() == live) {
		klp_admin_reverse(live, enabled, disabled);
		return 0;
	}
	if (klp_transition_current())
		return -EBUSY;
	/* A patch that has been disabled is enabled again by its module only. */
	return enabled ? -EINVAL : klp_admin_disable(live, disabled);
}

/**
 * klp_admin_set_enabled - disable a patch, or reverse its transition
 * @live: the patch
 * @enabled: what was written to the attribute "enabled"
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: 0, -EINVAL if the patch is in that state already or disabled for
 * good, -EBUSY if another patch is in transition, -ENOMEM, and the errors of
 * klp_wait_for().
 */
int klp_admin_set_enabled(struct klp_live_patch *live, bool enabled)
{
	struct klp_waiter waiter;
	LIST_HEAD(disabled);
	bool wait = false;
	int ret;

	scoped_guard(mutex, &klp_mutex) {
		ret = klp_admin_change(live, enabled, &disabled);
		wait = !ret && klp_transition_current() == live && live->model->waits;
		if (wait)
			klp_wait_begin(live, &waiter);
	}
	if (wait)
		ret = klp_wait_for(live, &waiter, enabled, &disabled);
	if (!list_empty(&disabled))
		klp_patch_retire(&disabled);
	return ret;
}

/**
 * klp_admin_force - force the remaining tasks to switch
 * @live: the patch whose attribute "force" was written to
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: 0, -EINVAL if the patch is not in transition.
 */
int klp_admin_force(struct klp_live_patch *live)
{
	LIST_HEAD(disabled);

	scoped_guard(mutex, &klp_mutex) {
		if (klp_transition_current() != live)
			return -EINVAL;
		klp_timeout_stop();
		klp_transition_force();
		if (live->model->waits)
			klp_patch_finish(&disabled);
	}
	if (!list_empty(&disabled))
		klp_patch_retire(&disabled);
	return 0;
}

/**
 * klp_admin_pending - tell how many tasks have not switched, for the attribute "pending"
 * @live: the patch
 *
 * Context: Any.
 * Return: the number; 0 if the patch is not in transition, or its callbacks run.
 */
unsigned int klp_admin_pending(const struct klp_live_patch *live)
{
	/* Without klp_mutex: a script may ask while a callback takes long. */
	if (!READ_ONCE(live->transition) || !live->model->pending)
		return 0;
	return live->model->pending();
}

/**
 * klp_admin_stack_order - tell the place of a patch for the attribute "stack_order"
 * @live: the patch
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: the patch's place among the installed ones, from 1, oldest first. Before
 * the patch is installed, the place that it would get. After it has been disabled
 * or replaced, the last place that it had.
 */
unsigned int klp_admin_stack_order(struct klp_live_patch *live)
{
	guard(mutex)(&klp_mutex);
	return live->last_place ?: klp_patch_place(live);
}
