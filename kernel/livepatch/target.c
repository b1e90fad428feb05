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
#include "site.h"
#include "table.h"
#include "target.h"

/* The version that is in force at a site, or would be without @without */
static struct klp_version *klp_site_top(const struct klp_site *site,
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
 * If it replaces all others, functions that it does not know go back to the
 * original.
 *
 * Context: klp_mutex held.
 */
void klp_sites_enable(struct klp_live *live, unsigned int universe)
{
	struct klp_live_object *object;
	struct klp_version *version;
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	if (live->replace)
		klp_for_each_site(site)
			klp_set_target(site->entry, universe, 0);

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
 * @universe: the one that all tasks are in
 *
 * Context: klp_mutex held.
 */
void klp_sites_settle(unsigned int universe)
{
	struct klp_entry *entry;
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_site(site) {
		entry = site->entry;
		klp_set_target(entry, !universe, entry->target[universe]);
	}
}
