// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: making functions use the redirect table.
 *
 * Sites change by whole patches: one table and one pass of ftrace, however many
 * functions.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "install.h"
#include "klp.h"
#include "redirect.h"
#include "site.h"

/**
 * struct klp_batch - new sites, which are added to ftrace's filter together
 * @ips:	Their ftrace locations.
 * @funcs:	The live funcs that they are for, to name culprits.
 * @nr:		Number of sites.
 */
struct klp_batch {
	unsigned long		*ips;
	struct klp_live_func	**funcs;
	unsigned int		nr;
};

static int klp_batch_alloc(struct klp_batch *batch, unsigned int nr)
{
	*batch = (struct klp_batch) {
		.ips = kvcalloc(nr, sizeof(*batch->ips), GFP_KERNEL),
		.funcs = kvcalloc(nr, sizeof(*batch->funcs), GFP_KERNEL),
	};
	return batch->ips && batch->funcs ? 0 : -ENOMEM;
}

static void klp_batch_free(struct klp_batch *batch)
{
	kvfree(batch->ips);
	kvfree(batch->funcs);
}

/*
 * Make ftrace call the handler for the sites of a batch. On error *@culprit is the
 * object at fault, and the caller has to take the live funcs off their sites
 * and to sweep.
 */
static int klp_batch_install(struct klp_batch *batch,
			     struct klp_live_object **culprit)
{
	struct klp_redirect_fault fault;
	unsigned int i;
	int ret;

	if (!batch->nr)
		return 0;

	/* The table first: the handler looks up each function that is in the filter. */
	ret = klp_site_publish();
	if (ret) {
		*culprit = klp_live_func_object(batch->funcs[0]);
		return ret;
	}

	ret = klp_redirect_add(batch->ips, batch->nr, &fault);
	if (ret) {
		pr_err("failed to %s for function '%s' (%d)\n",
		       fault.registering ? "register ftrace handler" :
					   "set ftrace filter",
		       batch->funcs[fault.index]->name, ret);
		*culprit = klp_live_func_object(batch->funcs[fault.index]);
	}
	/* On error klp_site_sweep() tries again to take them out of the filter. */
	for (i = 0; i < (ret ? fault.stuck : batch->nr); i++)
		batch->funcs[i]->site->in_filter = true;
	return ret;
}

/* Put the live funcs of an object on their sites. */
static int klp_batch_add(struct klp_batch *batch, struct klp_live_object *object)
{
	struct klp_live_func *func;
	bool new;
	int ret;

	klp_for_each_live_func(object, func) {
		ret = klp_site_link(func, &new);
		if (ret)
			return ret;
		if (new) {
			batch->ips[batch->nr] = klp_site_ip(func->site);
			batch->funcs[batch->nr++] = func;
		}
	}
	return 0;
}

/**
 * klp_install_object - make the functions of one object use the redirect table
 * @object: the object, bound; its live funcs are on no site
 *
 * For a module that is being loaded. See klp_install_patch().
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or an error of klp_install_patch().
 */
int klp_install_object(struct klp_live_object *object)
{
	struct klp_live_object *culprit;
	struct klp_batch batch;
	int ret;

	lockdep_assert_held(&klp_mutex);

	ret = klp_batch_alloc(&batch, object->nr_funcs);
	if (ret)
		goto out;
	ret = klp_batch_add(&batch, object);
	if (ret)
		goto out;
	ret = klp_batch_install(&batch, &culprit);
	if (ret)
		goto out;
	WRITE_ONCE(object->patched, true);
out:
	klp_batch_free(&batch);
	if (ret) {
		klp_install_undo_object(object);
		klp_site_sweep();
	}
	return ret;
}

/**
 * klp_install_patch - make the functions of a patch use the redirect table
 * @live: the patch; its live funcs are on no site
 * @culprit: on error, set to the object at fault
 *
 * Puts the live funcs of bound objects on top of their sites. No target
 * changes: calls reach the same code as before, in both universes. Logs the
 * cause of a failure.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, -EINVAL if ftrace does not know a function, -EBUSY if another user
 * redirects it or ftrace is disabled, -ENOMEM, or another error of ftrace. On error
 * all has been undone; only sites without live funcs may stay, see
 * klp_site_sweep().
 */
int klp_install_patch(struct klp_live_patch *live, struct klp_live_object **culprit)
{
	struct klp_live_object *object;
	struct klp_batch batch;
	unsigned int nr = 0;
	int ret;

	lockdep_assert_held(&klp_mutex);

	*culprit = list_first_entry_or_null(&live->objects, typeof(**culprit),
					    node);
	klp_for_each_live_object(live, object)
		if (object->bound)
			nr += object->nr_funcs;
	ret = klp_batch_alloc(&batch, nr);
	if (ret)
		goto out;
	klp_for_each_live_object(live, object) {
		if (!object->bound)
			continue;
		*culprit = object;
		ret = klp_batch_add(&batch, object);
		if (ret)
			goto out;
	}
	ret = klp_batch_install(&batch, culprit);
	if (ret)
		goto out;

	klp_for_each_live_object(live, object)
		WRITE_ONCE(object->patched, object->bound);
out:
	klp_batch_free(&batch);
	if (ret) {
		klp_install_undo(live);
		klp_site_sweep();
	}
	return ret;
}

/**
 * klp_install_undo_object - take the live funcs of one object off their sites
 * @object: the object, whose code no task calls any more; some or all of its
 *	live funcs may be on no site
 *
 * To be followed by klp_site_sweep(), once for all objects.
 *
 * Context: Process, may sleep; klp_mutex held. Cannot fail.
 */
void klp_install_undo_object(struct klp_live_object *object)
{
	struct klp_live_func *func;

	lockdep_assert_held(&klp_mutex);

	WRITE_ONCE(object->patched, false);
	klp_for_each_live_func(object, func)
		if (func->site)
			klp_site_unlink(func);
}

/**
 * klp_install_undo - take the live funcs of a patch off their sites
 * @live: the patch, whose code is no target in either universe
 *
 * To be followed by klp_site_sweep(), once for all patches.
 *
 * Context: Process, may sleep; klp_mutex held. Cannot fail.
 */
void klp_install_undo(struct klp_live_patch *live)
{
	struct klp_live_object *object;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object)
		klp_install_undo_object(object);
}
