// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what is left by tasks that leave a universe.
 */
#include <linux/errno.h>

#include "klp.h"
#include "left.h"
#include "ranges.h"
#include "report.h"
#include "symbol.h"
#include "table.h"
#include "target.h"

/*
 * A piece of code must not be on a stack. Its end counts too: that is where a
 * call returns to if it is the last instruction. So does its first byte, which
 * stands in place of a return address while the trampoline jumps there.
 */
static int klp_add_code(struct klp_span span, void *ranges)
{
	return klp_ranges_add(ranges, span.start, span.start + span.size,
			      KLP_IN_FUNCTION);
}

static int klp_add_version(const struct klp_version *version,
			   struct klp_ranges *ranges)
{
	struct klp_span span = { version->addr, version->size };

	return klp_add_code(span, ranges);
}

static int klp_add_original(const struct klp_version *version,
			    struct klp_ranges *ranges)
{
	struct klp_span span = { version->old_addr, version->old_size };
	int ret;

	ret = klp_add_code(span, ranges);
	if (ret)
		return ret;
	return klp_visit_cold_parts(version->name, klp_add_code, ranges);
}

static int klp_add_cold(const struct klp_live *live, struct klp_ranges *ranges)
{
	unsigned int i;
	int ret;

	for (i = 0; i < live->nr_cold; i++) {
		ret = klp_add_code(live->cold[i], ranges);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Is the patch's own code left by tasks that leave @universe? Yes if it is in
 * force there. But also if it is in force nowhere, being covered by a newer
 * patch: somebody may have been forced to switch while in it.
 */
static bool klp_version_left(const struct klp_version *version,
			     unsigned int universe)
{
	const struct klp_entry *entry = version->site->entry;

	return entry->target[universe] == version->addr ||
	       entry->target[!universe] != version->addr;
}

/* Add what tasks that leave @universe leave at one site. */
static int klp_add_site(struct klp_version *version, unsigned int universe,
			struct klp_ranges *ranges)
{
	const struct klp_site *site = version->site;
	unsigned long target = site->entry->target[universe];
	unsigned long key = site->entry->key;
	struct klp_version *below;
	int ret = 0;

	if (klp_version_left(version, universe))
		ret = klp_add_version(version, ranges);
	if (ret || target == site->entry->target[!universe])
		return ret;

	ret = klp_ranges_add(ranges, key, key, KLP_IN_TRAMPOLINE);
	if (ret || target == version->addr)
		return ret;

	below = klp_site_top(site, version);
	return below ? klp_add_version(below, ranges) :
		       klp_add_original(version, ranges);
}

/**
 * klp_left_ranges - what is left by tasks that leave a universe
 * @live: the patch in transition, its targets set in both universes
 * @universe: the universe that is being left
 * @ranges: an empty set; filled and sealed, to be freed by the caller also on
 *	error
 *
 * A task may switch only if nothing on its stack is in the set: neither a
 * function that the other universe does not have, nor the entry of a function
 * that differs between them (invariant 2).
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or -ENOMEM.
 */
int klp_left_ranges(struct klp_live *live, unsigned int universe,
		    struct klp_ranges *ranges)
{
	struct klp_live_object *object;
	struct klp_version *version;
	bool left = false;
	int ret;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		klp_for_each_version(object, version) {
			ret = klp_add_site(version, universe, ranges);
			if (ret)
				return ret;
			left |= klp_version_left(version, universe);
		}
	}
	if (left) {
		ret = klp_add_cold(live, ranges);
		if (ret)
			return ret;
	}
	klp_ranges_seal(ranges);
	return 0;
}
