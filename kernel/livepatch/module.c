// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: modules that patches patch, coming and going.
 *
 * A module that comes is patched before any of its code runs, and one that goes
 * is reverted when none of it runs any more, before ftrace forgets its
 * functions. In between klp_mutex holds off its going: who finds it with
 * klp_target set, under that, may use it.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/async.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/livepatch_module.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "bind.h"
#include "callback.h"
#include "install.h"
#include "klp.h"
#include "reap.h"
#include "reloc.h"
#include "site.h"
#include "transition.h"

/* What a patch has for a module, if anything */
static struct klp_live_object *klp_find_object(const struct klp_live_patch *live,
					       const struct module *mod)
{
	struct klp_live_object *object;

	klp_for_each_live_object(live, object)
		if (object->obj->name && !strcmp(object->name, mod->name))
			return object;
	return NULL;
}

static int klp_object_apply(struct klp_live_object *object)
{
	int ret;

	ret = klp_install_object(object);
	if (ret)
		return ret;
	ret = klp_transition_join(object);
	if (ret)
		klp_install_undo_object(object);
	return ret;
}

/* Patch a module that comes. On error it is as before, but for its sites. */
static int klp_object_coming(struct klp_live_object *object,
			     struct module *mod)
{
	struct klp_live_patch *live = object->patch;
	int ret;

	ret = klp_bind_object(object, mod);
	if (ret) {
		pr_warn("failed to initialize patch '%s' for module '%s' (%d)\n",
			live->mod->name, mod->name, ret);
		return ret;
	}

	pr_notice("applying patch '%s' to loading module '%s'\n",
		  live->mod->name, mod->name);
	ret = klp_callback_pre_patch(object);
	if (ret)
		goto err;
	ret = klp_object_apply(object);
	if (ret) {
		pr_warn("failed to apply patch '%s' to module '%s' (%d)\n",
			live->mod->name, mod->name, ret);
		klp_callback_post_unpatch(object);
		goto err;
	}

	/* Otherwise when all tasks have switched, as for all other objects */
	if (live != klp_transition_current())
		klp_callback_post_patch(object);
	return 0;

err:
	klp_bind_release(object);
	return ret;
}

/* Give a module back what a patch has taken from it. */
static void klp_object_going(struct klp_live_object *object,
			     struct module *mod)
{
	struct klp_live_patch *live = object->patch;

	/* Its counterpart has not run yet. */
	if (live != klp_transition_current())
		klp_callback_pre_unpatch(object);

	pr_notice("reverting patch '%s' on unloading module '%s'\n",
		  live->mod->name, mod->name);
	klp_install_undo_object(object);
	klp_callback_post_unpatch(object);
	klp_bind_release(object);
}

/* Revert all patches of a module, up to @end if that is not NULL. */
static void klp_module_revert(struct module *mod, const struct klp_live_patch *end)
{
	struct klp_live_object *object;
	bool reverted = false;
	struct klp_live_patch *live;

	lockdep_assert_held(&klp_mutex);

	mod->klp_target = false;
	klp_for_each_patch(live) {
		/* Its init function has failed after klp_enable_patch(). */
		WARN_ONCE(live->mod == mod, "module %s goes while its patch is in use\n",
			  mod->name);
		if (live == end)
			break;
		object = klp_find_object(live, mod);
		if (!object || !object->bound)
			continue;
		klp_object_going(object, mod);
		reverted = true;
	}
	/* Also those of patches that have gone while memory was short */
	klp_site_evict();
	klp_reloc_unload(mod);
	/* Without memory tasks wait for more than is left; that is safe. */
	if (reverted || end)
		klp_transition_refresh();
}

static bool klp_module_patched(const struct module *mod)
{
	const struct klp_live_object *object;
	const struct klp_live_patch *live;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_patch(live) {
		object = klp_find_object(live, mod);
		if (object && object->bound)
			return true;
	}
	return false;
}

static int klp_module_patch(struct module *mod)
{
	struct klp_live_object *object;
	struct klp_live_patch *live;
	int ret;

	lockdep_assert_held(&klp_mutex);

	mod->klp_target = true;
	klp_for_each_patch(live) {
		object = klp_find_object(live, mod);
		if (!object)
			continue;
		ret = klp_object_coming(object, mod);
		if (ret) {
			pr_warn("patch '%s' failed for module '%s', refusing to load module '%s'\n",
				live->mod->name, mod->name, mod->name);
			klp_module_revert(mod, live);
			return ret;
		}
	}
	return 0;
}

/**
 * klp_module_coming - a module is about to be used
 * @mod: the module, known to ftrace; none of its code has run
 *
 * Patches it by all patches that have something for it, oldest first.
 *
 * Context: Process, may sleep; called by the module loader.
 * Return: 0; -EINVAL if it is called vmlinux; otherwise why it could not be
 * patched, and it must not be loaded: the errors of klp_bind_object(), of a
 * callback before patching, and of klp_install_patch().
 */
int klp_module_coming(struct module *mod)
{
	int ret;

	if (!strcmp(mod->name, "vmlinux")) {
		pr_err("vmlinux.ko: invalid module name\n");
		return -EINVAL;
	}

	mutex_lock(&klp_mutex);
	ret = klp_module_patch(mod);
	mutex_unlock(&klp_mutex);
	klp_reap_start();
	/* What a callback has returned may be anything; this is a failure. */
	return ret > 0 ? -EINVAL : ret;
}

/**
 * klp_module_exited - a module's exit function has run
 * @mod: the module
 *
 * Asynchronous functions of the module may still run, and are to run the patched code
 * as long. Waits for them if a patch is bound to the module. None is bound to it any
 * more from now on.
 *
 * Context: Process, may sleep; called by the module loader.
 */
void klp_module_exited(struct module *mod)
{
	bool patched;

	mutex_lock(&klp_mutex);
	patched = klp_module_patched(mod);
	mod->klp_target = false;
	mutex_unlock(&klp_mutex);

	/* Without klp_mutex: they may need it. */
	if (patched)
		async_synchronize_full();
}

/**
 * klp_module_going - a module goes, or has failed to come
 * @mod: the module, still known to ftrace; none of its code runs any more. May
 *	have been refused by klp_module_coming(), or told to go already
 *
 * Context: Process, may sleep; called by the module loader.
 */
void klp_module_going(struct module *mod)
{
	mutex_lock(&klp_mutex);
	klp_module_revert(mod, NULL);
	mutex_unlock(&klp_mutex);
	klp_reap_start();
}
