// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: where calls of patched functions go, in each universe.
 *
 * Only entries of installed patches are written, and only in a universe that no
 * task is in, so that nobody sees a patch half done.
 */
#include <linux/list.h>
#include <linux/lockdep.h>

#include "klp.h"
#include "table.h"
#include "target.h"

/**
 * klp_site_top - the version that is in force at a site
 * @site: the site
 * @without: a version to leave out, or NULL
 *
 * Context: klp_mutex held.
 * Return: the newest of the others, NULL if the original is in force then.
 */
struct klp_version *klp_site_top(const struct klp_site *site,
				 const struct klp_version *without)
{
	struct klp_version *version;

	list_for_each_entry(version, &site->versions, node)
		if (version != without)
			return version;
	return NULL;
}

static void klp_set_target(struct klp_entry *entry, unsigned int universe,
			   unsigned long target)
{
	/* Read by klp_ftrace_handler() at any time */
	WRITE_ONCE(entry->target[universe], target);
}

/**
 * klp_sites_enable - let a patch's code be called in one universe
 * @live: the patch, just installed
 * @universe: one that no task is in
 *
 * Context: klp_mutex held.
 */
void klp_sites_enable(struct klp_live *live, unsigned int universe)
{
	struct klp_live_object *object;
	struct klp_version *version;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object)
		klp_for_each_version(object, version)
			klp_set_target(version->site->entry, universe,
				       version->addr);
}

/**
 * klp_sites_disable - let a patch's code no longer be called in one universe
 * @live: the patch
 * @universe: one that no task is in
 *
 * Context: klp_mutex held.
 */
void klp_sites_disable(struct klp_live *live, unsigned int universe)
{
	struct klp_live_object *object;
	struct klp_version *version, *top;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		klp_for_each_version(object, version) {
			top = klp_site_top(version->site, version);
			klp_set_target(version->site->entry, universe,
				       top ? top->addr : 0);
		}
	}
}

/**
 * klp_sites_settle - make both universes the same again
 * @live: the patch whose transition has ended
 * @universe: the one that all tasks are in
 *
 * Context: klp_mutex held.
 */
void klp_sites_settle(struct klp_live *live, unsigned int universe)
{
	struct klp_live_object *object;
	struct klp_version *version;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		klp_for_each_version(object, version) {
			struct klp_entry *entry;

			/* Installing it may have failed halfway. */
			if (!version->site)
				continue;
			entry = version->site->entry;
			klp_set_target(entry, !universe,
				       entry->target[universe]);
		}
	}
}
