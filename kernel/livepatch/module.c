// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: loading and unloading target modules.
 *
 * A target module is patched before any of its code runs. It is reverted when none
 * of its code runs any more, before ftrace forgets its functions. In between
 * klp_mutex delays the unloading: code that holds the mutex and finds
 * &module.klp_target set may use the module.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/async.h>
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/livepatch_module.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysctl.h>

#include "bind.h"
#include "callback.h"
#include "calls.h"
#include "install.h"
#include "klp.h"
#include "module.h"
#include "reap.h"
#include "reloc.h"
#include "site.h"
#include "transition.h"

/*
 * What to do with a module that is not the one that a patch was made for: load it
 * unpatched, instead of refusing to load it
 */
static bool klp_module_skip;

static struct ctl_table klp_module_sysctls[] = {
	{
		.procname	= "livepatch_skip_mismatch",
		.data		= &klp_module_skip,
		.maxlen		= sizeof(klp_module_skip),
		.mode		= 0644,
		.proc_handler	= proc_dobool,
	},
};

/* Find the object of a patch that is for a module. NULL if there is none. */
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

/* Patch a module that is being loaded. On error only sites may stay. */
static int klp_object_coming(struct klp_live_object *object,
			     struct module *mod)
{
	struct klp_live_patch *live = object->patch;
	int ret;

	ret = klp_bind_object(object, mod);
	if (object->mismatch && READ_ONCE(klp_module_skip)) {
		pr_warn("'%s': module '%s' is not what the patch was made for, and stays unpatched\n",
			live->mod->name, mod->name);
		return 0;
	}
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

	/* In a transition it runs at the end, with those of all other objects. */
	if (live != klp_transition_current())
		klp_callback_post_patch(object);
	return 0;

err:
	klp_bind_release(object);
	return ret;
}

/* Revert one patch of a module. */
static void klp_object_going(struct klp_live_object *object,
			     struct module *mod)
{
	struct klp_live_patch *live = object->patch;

	/* In a transition post_patch has not run, or pre_unpatch has run already. */
	if (live != klp_transition_current())
		klp_callback_pre_unpatch(object);

	pr_notice("reverting patch '%s' on unloading module '%s'\n",
		  live->mod->name, mod->name);
	klp_install_undo_object(object);
	klp_callback_post_unpatch(object);
	klp_bind_release(object);
}

/* Revert all patches of a module, or those before @end if that is not NULL. */
static void klp_module_revert(struct module *mod, const struct klp_live_patch *end)
{
	struct klp_live_object *object;
	bool reverted = false;
	struct klp_live_patch *live;

	lockdep_assert_held(&klp_mutex);

	mod->klp_target = false;
	klp_for_each_patch(live) {
		/* The module's init function has failed after klp_enable_patch(). */
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
	/* Also sites that a patch has left because memory was short */
	klp_site_evict();
	klp_calls_refresh();
	klp_reloc_unload(mod);
	/* Without memory the set stays too large: tasks wait longer, which is safe. */
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
 * klp_module_coming - patch a module that is being loaded
 * @mod: the module, known to ftrace; none of its code has run
 *
 * Applies all patches that have an object for the module, oldest first.
 *
 * Context: Process, may sleep; called by the module loader; takes klp_mutex.
 * Return: 0, or an error and the module must not be loaded: -EINVAL if it is called
 * vmlinux; the errors of klp_bind_object(), of a pre_patch callback, of
 * klp_install_object() and of klp_transition_join().
 */
int klp_module_coming(struct module *mod)
{
	int ret;

	if (!strcmp(mod->name, "vmlinux")) {
		pr_err("vmlinux.ko: invalid module name\n");
		return -EINVAL;
	}

	scoped_guard(mutex, &klp_mutex) {
		ret = klp_module_patch(mod);
		klp_calls_refresh();
	}
	klp_reap_start();
	/* A callback may return a positive number. The loader wants an error. */
	return ret > 0 ? -EINVAL : ret;
}

/**
 * klp_module_exited - stop binding patches to a module
 * @mod: the module, whose exit function has run
 *
 * Asynchronous functions of the module may still run, and have to run patched code
 * until they end. Waits for them if a patch is bound to the module.
 *
 * Context: Process, may sleep; called by the module loader.
 */
void klp_module_exited(struct module *mod)
{
	bool patched;

	scoped_guard(mutex, &klp_mutex) {
		patched = klp_module_patched(mod);
		mod->klp_target = false;
	}

	/* Without klp_mutex, which asynchronous functions may take */
	if (patched)
		async_synchronize_full();
}

/**
 * klp_module_going - revert the patches of a module that is being unloaded
 * @mod: the module, still known to ftrace; none of its code runs any more. May
 *	have been refused by klp_module_coming(), or been passed here before
 *
 * Context: Process, may sleep; called by the module loader; takes klp_mutex.
 */
void klp_module_going(struct module *mod)
{
	scoped_guard(mutex, &klp_mutex)
		klp_module_revert(mod, NULL);
	klp_reap_start();
}

/**
 * klp_module_init - register the sysctl
 */
void __init klp_module_init(void)
{
	register_sysctl("kernel", klp_module_sysctls);
}
