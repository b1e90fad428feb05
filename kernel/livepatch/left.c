// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what is left by tasks that leave a universe.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "klp.h"
#include "left.h"
#include "ranges.h"
#include "report.h"
#include "site.h"
#include "symbol.h"
#include "table.h"

/*
 * A piece of code must not be on a stack. Its end counts too: that is where a
 * call returns to if it is the last instruction. So does its first byte, which
 * stands in place of a return address while the trampoline jumps there.
 */
static int klp_add_code(struct klp_span span, struct klp_ranges *ranges)
{
	return klp_ranges_add(ranges, span.start, span.start + span.size,
			      KLP_IN_FUNCTION);
}

static int klp_add_spans(const struct klp_span *span, unsigned int nr,
			 struct klp_ranges *ranges)
{
	int ret = 0;

	while (nr-- && !ret)
		ret = klp_add_code(*span++, ranges);
	return ret;
}

/*
 * Is a version left by tasks that leave @universe for the other one? Not if it
 * is in force there. If it is in force in neither, being covered by a newer
 * one, then only if it belongs to a patch that comes or goes: somebody may have
 * been forced to switch while in it.
 */
static bool klp_version_left(const struct klp_version *version,
			     const struct klp_live *live, unsigned int universe)
{
	const struct klp_entry *entry = version->site->entry;

	if (entry->target[!universe] == version->addr)
		return false;
	return entry->target[universe] == version->addr || live->replace ||
	       version->object->patch == live;
}

/**
 * struct klp_leaving - the making of one set
 * @live:	The patch in transition.
 * @universe:	The universe that is being left.
 * @ranges:	The set.
 * @old_cold:	The object whose originals' out-of-line parts were added last: those
 *		of one object mostly come in a row, and adding them again is no
 *		error.
 * @new_cold:	Likewise the patch, and those of its functions.
 */
struct klp_leaving {
	struct klp_live			*live;
	unsigned int			universe;
	struct klp_ranges		*ranges;
	const struct klp_live_object	*old_cold;
	const struct klp_live		*new_cold;
};

static int klp_add_original(const struct klp_site *site,
			    struct klp_leaving *leaving)
{
	const struct klp_live_object *object;
	const struct klp_version *version;
	int ret;

	ret = klp_add_code((struct klp_span){ site->addr, site->size },
			   leaving->ranges);
	if (ret || list_empty(&site->versions))
		return ret;
	version = list_first_entry(&site->versions, struct klp_version, node);
	object = version->object;
	if (leaving->old_cold == object)
		return 0;
	leaving->old_cold = object;
	/* Of all its functions: of those that are not left it does no harm. */
	return klp_add_spans(object->cold, object->nr_cold, leaving->ranges);
}

static int klp_add_version(const struct klp_version *version,
			   struct klp_leaving *leaving)
{
	struct klp_live *live = version->object->patch;
	int ret;

	ret = klp_add_code((struct klp_span){ version->start, version->size },
			   leaving->ranges);
	if (ret || leaving->new_cold == live)
		return ret;
	leaving->new_cold = live;
	/* They are not known by function: all of the patch's count. */
	return klp_add_spans(live->cold, live->nr_cold, leaving->ranges);
}

/* Add what tasks leave at one site. */
static int klp_add_site(const struct klp_site *site,
			struct klp_leaving *leaving)
{
	unsigned int universe = leaving->universe;
	const struct klp_entry *entry = site->entry;
	const struct klp_version *version;
	int ret;

	/*
	 * Whoever has the key on the stack has perhaps chosen a target, and not
	 * arrived there. Even if the targets are the same: it may have been forced
	 * to switch since, and be on its way to a version that is covered.
	 */
	ret = klp_ranges_add(leaving->ranges, entry->key, entry->key,
			     KLP_IN_TRAMPOLINE);
	if (!ret && entry->target[0] != entry->target[1] &&
	    entry->target[universe] == klp_original(entry))
		ret = klp_add_original(site, leaving);
	list_for_each_entry(version, &site->versions, node)
		if (!ret && klp_version_left(version, leaving->live, universe))
			ret = klp_add_version(version, leaving);
	return ret;
}

/*
 * Add what a patch has for modules that are not there. Nobody should be in it.
 * But a module that does not wait well enough for others to leave its functions
 * gets away with it more often than a patch would.
 */
static int klp_add_absent(const struct klp_live *live,
			  struct klp_leaving *leaving)
{
	const struct klp_live_object *object;
	const struct klp_version *version;
	int ret = 0;

	klp_for_each_live_object(live, object)
		klp_for_each_version(object, version)
			if (!ret && !version->site)
				ret = klp_add_version(version, leaving);
	return ret;
}

static int klp_left_ranges(struct klp_live *live, unsigned int universe,
			   struct klp_ranges *ranges)
{
	struct klp_leaving leaving = {
		.live = live, .universe = universe, .ranges = ranges,
	};
	struct klp_live_object *object;
	struct klp_version *version;
	struct klp_live *other;
	struct klp_site *site;
	int ret = 0;

	if (live->replace) {
		klp_for_each_site(site)
			ret = ret ?: klp_add_site(site, &leaving);
	} else {
		klp_for_each_live_object(live, object)
			klp_for_each_version(object, version)
				if (!ret && version->site)
					ret = klp_add_site(version->site,
							   &leaving);
	}
	klp_for_each_patch(other)
		if (!ret && (other == live || live->replace))
			ret = klp_add_absent(other, &leaving);
	if (!ret)
		klp_ranges_seal(ranges);
	return ret;
}

/**
 * klp_left_create - work out what is left by tasks that change universe
 * @live: the patch in transition, its targets set in both universes
 *
 * A task may switch only if nothing on its stack is in the set of the universe
 * that it leaves: neither a function that the other universe does not have, nor
 * the entry of a function that @live is about (invariant 2).
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: the sets, to be freed with klp_left_free(), or NULL without memory.
 */
struct klp_left *klp_left_create(struct klp_live *live)
{
	struct klp_left *left;

	lockdep_assert_held(&klp_mutex);

	left = kzalloc(sizeof(*left), GFP_KERNEL);
	if (!left)
		return NULL;
	/* For both directions: a reversal has to work without memory. */
	if (klp_left_ranges(live, 0, &left->ranges[0]) ||
	    klp_left_ranges(live, 1, &left->ranges[1])) {
		klp_left_free(left);
		return NULL;
	}
	return left;
}

/**
 * klp_left_free - free what klp_left_create() has made
 * @left: the sets, or NULL
 *
 * Context: Process, may sleep.
 */
void klp_left_free(struct klp_left *left)
{
	if (!left)
		return;
	klp_ranges_free(&left->ranges[0]);
	klp_ranges_free(&left->ranges[1]);
	kfree(left);
}
