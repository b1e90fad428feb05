// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: where calls of patched functions go, in each universe.
 *
 * Only the entries of sites are written, and only in a universe that no task is
 * in, so that no task sees one half of a patch. There are two exceptions. Entries
 * of a module that is being loaded are written in both universes: no task can call
 * its functions yet. And an author may ask for a change that all tasks see at once.
 */
#include <linux/list.h>
#include <linux/lockdep.h>

#include "klp.h"
#include "site.h"
#include "table.h"
#include "target.h"

/**
 * klp_target_func - get the live func that is in force at a site
 * @site: the site
 * @live: the patch in transition, NULL if there is none
 * @with: in the universe that @live is in force in, not in the other one
 *
 * Context: klp_mutex held.
 * Return: the live func, NULL if the original is in force.
 */
const struct klp_live_func *klp_target_func(const struct klp_site *site,
					    const struct klp_live_patch *live, bool with)
{
	const struct klp_live_func *func;
	const struct klp_live_patch *patch;

	lockdep_assert_held(&klp_mutex);

	list_for_each_entry(func, &site->funcs, node) {
		patch = klp_live_func_object(func)->patch;
		/* The patches that @live replaces are not in force beside it. */
		if (live && with && live->replace && patch->seq < live->seq)
			return NULL;
		if (!live || with || patch != live)
			return func;
	}
	return NULL;
}

static unsigned long klp_target_addr(const struct klp_site *site,
				     const struct klp_live_patch *live, bool with)
{
	const struct klp_live_func *func = klp_target_func(site, live, with);

	return func ? func->addr : klp_original(site->entry);
}

/* Get a site's target for the universe that @live is in force in. */
static unsigned long klp_target_with(const struct klp_site *site,
				     const struct klp_live_patch *live)
{
	return klp_target_addr(site, live, true);
}

/* Get a site's target for the universe that @live is not in force in. */
static unsigned long klp_target_without(const struct klp_site *site,
					const struct klp_live_patch *live)
{
	return klp_target_addr(site, live, false);
}

/*
 * Tell whether @live changes a site at once for all tasks. The live func of @live
 * decides. Where @live has none, and only gives back the original, the live func that
 * is in force does.
 */
static bool klp_target_is_immediate(const struct klp_site *site,
				    const struct klp_live_patch *live)
{
	const struct klp_live_func *func;

	list_for_each_entry(func, &site->funcs, node)
		if (klp_live_func_object(func)->patch == live)
			return func->immediate;
	if (list_empty(&site->funcs))
		return false;
	return list_first_entry(&site->funcs, struct klp_live_func, node)->immediate;
}

static void klp_set_target(struct klp_entry *entry, unsigned int universe,
			   unsigned long target)
{
	/* Read by klp_entry_handler() at any time */
	WRITE_ONCE(entry->target[universe], target);
}

/**
 * klp_target_enable - let a patch's code be called in one universe
 * @live: the patch, its live funcs just put on their sites
 * @universe: one that no task is in
 *
 * If @live replaces all other patches, functions that it does not patch go back
 * to the original.
 *
 * Context: klp_mutex held.
 */
void klp_target_enable(struct klp_live_patch *live, unsigned int universe)
{
	struct klp_live_object *object;
	struct klp_live_func *func;
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	if (live->replace) {
		klp_for_each_site(site) {
			site->at_once = klp_target_is_immediate(site, live);
			klp_set_target(site->entry, universe,
				       klp_target_with(site, live));
		}
		return;
	}
	klp_for_each_live_object(live, object) {
		klp_for_each_live_func(object, func) {
			if (!func->site)
				continue;
			func->site->at_once = func->immediate;
			klp_set_target(func->site->entry, universe, func->addr);
		}
	}
}

/**
 * klp_target_disable - let a patch's code no longer be called in one universe
 * @live: the patch
 * @universe: one that no task is in
 *
 * Context: klp_mutex held.
 */
void klp_target_disable(struct klp_live_patch *live, unsigned int universe)
{
	struct klp_live_object *object;
	struct klp_live_func *func;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		klp_for_each_live_func(object, func) {
			if (!func->site)
				continue;
			func->site->at_once = func->immediate;
			klp_set_target(func->site->entry, universe,
				       klp_target_without(func->site, live));
		}
	}
}

static void klp_target_set_both(struct klp_site *site,
				const struct klp_live_patch *live, bool patching)
{
	unsigned long target = patching ? klp_target_with(site, live) :
					  klp_target_without(site, live);

	klp_set_target(site->entry, 0, target);
	klp_set_target(site->entry, 1, target);
}

/**
 * klp_target_change_at_once - change the functions that do not wait for tasks
 * @live: the patch in transition, after klp_target_enable() or
 *	klp_target_disable()
 * @patching: to its code, not away from it
 *
 * Tasks may be in these functions, and may call them at this moment: each call goes
 * to the old code or to the new code. If all functions change in one moment, these do
 * so, too: enabling may still fail, and tasks must not be in the new code then.
 *
 * Context: klp_mutex held.
 */
void klp_target_change_at_once(const struct klp_live_patch *live, bool patching)
{
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	if (live->model->waits)
		return;
	klp_for_each_site(site)
		if (site->at_once)
			klp_target_set_both(site, live, patching);
}

/**
 * klp_target_join - set the targets of an object whose module is being loaded
 * @object: the object, its live funcs just put on their sites, above those of
 *	older patches; no task has run its code yet
 * @live: the patch in transition, NULL if there is none
 * @with: the universe that @live is in force in
 * @patching: tasks move to the code of @live, not away from it
 *
 * Context: klp_mutex held.
 */
void klp_target_join(struct klp_live_object *object,
		     const struct klp_live_patch *live, unsigned int with,
		     bool patching)
{
	struct klp_live_func *func;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_func(object, func) {
		struct klp_site *site = func->site;

		klp_set_target(site->entry, with,
			       live ? klp_target_with(site, live) :
				      func->addr);
		klp_set_target(site->entry, !with,
			       live ? klp_target_without(site, live) :
				      func->addr);
		site->at_once = live && klp_target_is_immediate(site, live);
		if (site->at_once && !live->model->waits)
			klp_target_set_both(site, live, patching);
	}
}

/**
 * klp_target_change - give a universe the targets of the other one
 * @universe: the one that all tasks are in
 *
 * Context: Any; klp_mutex held, perhaps by the task that has stopped the machine.
 */
void klp_target_change(unsigned int universe)
{
	struct klp_entry *entry;
	struct klp_site *site;

	klp_for_each_site(site) {
		entry = site->entry;
		klp_set_target(entry, universe, entry->target[!universe]);
	}
}

/**
 * klp_target_settle - make both universes the same again
 * @universe: the one whose targets both get: at the end of a transition the one
 *	that all tasks are in
 *
 * Context: klp_mutex held.
 */
void klp_target_settle(unsigned int universe)
{
	struct klp_entry *entry;
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_site(site) {
		entry = site->entry;
		klp_set_target(entry, !universe, entry->target[universe]);
		site->at_once = false;
	}
}
