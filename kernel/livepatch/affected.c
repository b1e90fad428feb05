// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: which code is affected for tasks that leave a universe.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "affected.h"
#include "jumps.h"
#include "klp.h"
#include "ranges.h"
#include "report.h"
#include "site.h"
#include "table.h"

/*
 * Tell whether @func is affected for tasks that leave @universe.
 *
 * - The other universe calls @func: no.
 * - Only @universe calls @func: yes.
 * - Neither universe calls @func, because a newer live func covers it: yes if
 *   the patch of @func is in transition, or if @live replaces all patches. An
 *   earlier force may have left a task in @func.
 */
static bool klp_live_func_affected(const struct klp_live_func *func,
				   const struct klp_live_patch *live, unsigned int universe)
{
	const struct klp_entry *entry = func->site->entry;

	if (entry->target[!universe] == func->addr)
		return false;
	return entry->target[universe] == func->addr || live->replace ||
	       klp_live_func_object(func)->patch == live;
}

/**
 * struct klp_affected_pass - one pass over the affected code
 * @live:	The patch in transition.
 * @universe:	The universe that tasks leave.
 * @ranges:	Where to add the code, NULL if it is searched for jumps.
 * @jumps:	Where to note its jumps, NULL if it is added to @ranges.
 * @old_cold:	The object whose originals' out-of-line parts were added last.
 *		The functions of an object mostly come in a row, and adding the
 *		parts again is harmless.
 * @new_cold:	The patch whose replacements' out-of-line parts were added last.
 */
struct klp_affected_pass {
	struct klp_live_patch		*live;
	unsigned int			universe;
	struct klp_ranges		*ranges;
	struct klp_jumps		*jumps;
	const struct klp_live_object	*old_cold;
	const struct klp_live_patch	*new_cold;
};

/*
 * Add @span to the set or, in a search for jumps, search it. The range includes
 *
 * - the first byte: it stands in place of a return address while a trampoline
 *   sends a task there;
 * - the address behind the last byte: a call that is the last instruction
 *   returns there.
 *
 * @key is the key of the function whose calls run this code in pass->universe.
 * It is 0 for a .cold part, because it is not known to which function the part
 * belongs, and for a replacement that this universe does not call.
 */
static int klp_add_code(struct klp_span span, unsigned long key,
			struct klp_affected_pass *pass)
{
	if (pass->jumps)
		return klp_jumps_scan(pass->jumps, span, key);
	return klp_ranges_add(pass->ranges, span.start,
			      span.start + span.size, KLP_IN_FUNCTION);
}

static int klp_add_spans(const struct klp_span *span, unsigned int nr,
			 struct klp_affected_pass *pass)
{
	int ret;

	while (nr--) {
		ret = klp_add_code(*span++, 0, pass);
		if (ret)
			return ret;
	}
	return 0;
}

/* Add a single address. It has no code of its own that could be searched. */
static int klp_add_address(unsigned long addr, struct klp_affected_pass *pass)
{
	if (pass->jumps)
		return 0;
	return klp_ranges_add(pass->ranges, addr, addr, KLP_IN_TRAMPOLINE);
}

static int klp_add_original(const struct klp_site *site,
			    struct klp_affected_pass *pass)
{
	const struct klp_live_object *object;
	const struct klp_live_func *func;
	int ret;

	ret = klp_add_code((struct klp_span){ site->addr, site->size },
			   site->entry->key, pass);
	if (ret || list_empty(&site->funcs))
		return ret;
	func = list_first_entry(&site->funcs, struct klp_live_func, node);
	object = klp_live_func_object(func);
	if (pass->old_cold == object)
		return 0;
	pass->old_cold = object;
	/* Of all its functions: a part too many only makes tasks wait. */
	return klp_add_spans(object->cold, object->nr_cold, pass);
}

/*
 * Add the beginning of a function whose original is not affected. Affected code
 * may have jumped to the function. Until the task has arrived at the call into
 * ftrace, nothing else on its stack shows that.
 */
static int klp_add_beginning(const struct klp_site *site,
			     struct klp_affected_pass *pass)
{
	if (pass->jumps)
		return 0;
	return klp_ranges_add(pass->ranges, site->addr, klp_site_ip(site),
			      KLP_IN_TRAMPOLINE);
}

static int klp_add_func(const struct klp_live_func *func,
			struct klp_affected_pass *pass)
{
	struct klp_live_patch *live = klp_live_func_object(func)->patch;
	const struct klp_site *site = func->site;
	bool runs = site && site->entry->target[pass->universe] == func->addr;
	int ret;

	ret = klp_add_code((struct klp_span){ func->addr - func->before, func->size },
			   runs ? site->entry->key : 0, pass);
	if (ret || pass->new_cold == live)
		return ret;
	pass->new_cold = live;
	/* Which function a part belongs to is not known: add all of them. */
	return klp_add_spans(live->cold, live->nr_cold, pass);
}

/* Add what is affected at one site. */
static int klp_add_site(const struct klp_site *site,
			struct klp_affected_pass *pass)
{
	unsigned int universe = pass->universe;
	const struct klp_entry *entry = site->entry;
	const struct klp_live_func *func;
	int ret;

	/*
	 * While the key is on a task's stack, the task may be on its way to a
	 * target that it has chosen. The key counts even if both targets are
	 * the same now: after an earlier force, the task may be on its way to a
	 * live func that a newer live func covers.
	 */
	ret = klp_add_address(entry->key, pass);
	/* No task is waited for that is in code which changes at once. */
	if (ret || site->at_once)
		return ret;
	if (entry->target[0] != entry->target[1]) {
		ret = entry->target[universe] == klp_original(entry) ?
		      klp_add_original(site, pass) :
		      klp_add_beginning(site, pass);
		if (ret)
			return ret;
	}
	list_for_each_entry(func, &site->funcs, node) {
		if (!klp_live_func_affected(func, pass->live, universe))
			continue;
		ret = klp_add_func(func, pass);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Add what a patch has for modules that are not loaded. No task should be in
 * it. But a module that was unloaded before all tasks had left its functions
 * mostly gets away with it, more often than the patch module would.
 */
static int klp_add_absent(const struct klp_live_patch *live,
			  struct klp_affected_pass *pass)
{
	const struct klp_live_object *object;
	const struct klp_live_func *func;
	int ret;

	klp_for_each_live_object(live, object) {
		klp_for_each_live_func(object, func) {
			if (func->site || func->immediate)
				continue;
			ret = klp_add_func(func, pass);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/*
 * Without padding between functions, add the first byte of every replacement of
 * every patch. That byte stands in place of a return address while our
 * trampoline, or ftrace's, jumps there, and the unwinder then goes by the byte
 * before it. Padding there unwinds like the replacement's own first byte.
 * Without padding the byte is the end of another function, whose stack looks
 * different: the unwinder could miss a frame and report success.
 */
static int klp_add_first_bytes(struct klp_affected_pass *pass)
{
	const struct klp_live_func *func;
	const struct klp_site *site;
	int ret;

	if (IS_ENABLED(CONFIG_CALL_PADDING))
		return 0;
	klp_for_each_site(site) {
		list_for_each_entry(func, &site->funcs, node) {
			ret = klp_add_address(func->addr, pass);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* Add what is affected by a patch that replaces all others. */
static int klp_add_all(struct klp_affected_pass *pass)
{
	const struct klp_live_patch *live;
	const struct klp_site *site;
	int ret;

	klp_for_each_site(site) {
		ret = klp_add_site(site, pass);
		if (ret)
			return ret;
	}
	klp_for_each_patch(live) {
		ret = klp_add_absent(live, pass);
		if (ret)
			return ret;
	}
	return 0;
}

/* Add what is affected by the functions of one patch. */
static int klp_add_patch(struct klp_affected_pass *pass)
{
	const struct klp_live_object *object;
	const struct klp_live_func *func;
	int ret;

	klp_for_each_live_object(pass->live, object) {
		klp_for_each_live_func(object, func) {
			if (!func->site)
				continue;
			ret = klp_add_site(func->site, pass);
			if (ret)
				return ret;
		}
	}
	return klp_add_absent(pass->live, pass);
}

/* Go over all affected code: add it to a set, or search it for jumps. */
static int klp_affected_visit(struct klp_affected_pass *pass)
{
	int ret;

	ret = klp_add_first_bytes(pass);
	if (ret)
		return ret;
	return pass->live->replace ? klp_add_all(pass) : klp_add_patch(pass);
}

static int klp_affected_ranges(struct klp_live_patch *live, unsigned int universe,
			       struct klp_ranges *ranges)
{
	struct klp_affected_pass pass = {
		.live = live, .universe = universe, .ranges = ranges,
	};
	int ret = klp_affected_visit(&pass);

	if (!ret)
		klp_ranges_seal(ranges);
	return ret;
}

DEFINE_FREE(klp_jumps, struct klp_jumps *, klp_jumps_free(_T))

/* Find out which functions affected code may jump to. NULL on error. */
static struct klp_jumps *klp_affected_jumps(struct klp_live_patch *live,
					    unsigned int universe)
{
	struct klp_affected_pass pass = { .live = live, .universe = universe };
	const struct klp_site *site;
	unsigned int nr = 0;

	klp_for_each_site(site)
		nr += site->entry->target[0] != site->entry->target[1];

	struct klp_jumps *jumps __free(klp_jumps) = klp_jumps_alloc(nr);

	if (!jumps)
		return NULL;
	klp_for_each_site(site)
		if (site->entry->target[0] != site->entry->target[1])
			klp_jumps_add(jumps, site);
	klp_jumps_sort(jumps);
	pass.jumps = jumps;
	return klp_affected_visit(&pass) ? NULL : no_free_ptr(jumps);
}

/**
 * klp_affected_scan - find out where tasks may switch at function entries
 * @affected: the sets, in use
 * @live: the patch in transition
 *
 * From then on klp_task_enter() lets tasks switch there.
 *
 * Context: Process, may sleep; klp_mutex held, a transition running.
 * Return: true; false without memory, or if some code cannot be decoded: a
 * later call may succeed.
 */
bool klp_affected_scan(struct klp_affected *affected, struct klp_live_patch *live)
{
	struct klp_jumps *jumps;
	unsigned int universe;
	bool complete = true;

	lockdep_assert_held(&klp_mutex);

	for (universe = 0; universe < 2; universe++) {
		if (rcu_access_pointer(affected->jumps[universe]))
			continue;
		jumps = klp_affected_jumps(live, universe);
		rcu_assign_pointer(affected->jumps[universe], jumps);
		complete = complete && jumps;
	}
	return complete;
}

/**
 * klp_affected_create - collect the affected code of a transition
 * @live: the patch in transition, its targets set in both universes
 *
 * A task may switch only if no address on its stack is in the set of the
 * universe that it leaves (invariant 2). "Affected code" in design.rst lists
 * what is in a set, with the reasons.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: the sets, to be freed with klp_affected_free(); NULL without memory.
 */
struct klp_affected *klp_affected_create(struct klp_live_patch *live)
{
	struct klp_affected *affected;

	lockdep_assert_held(&klp_mutex);

	affected = kzalloc(sizeof(*affected), GFP_KERNEL);
	if (!affected)
		return NULL;
	/* For both directions: a reversal must not need memory. */
	if (klp_affected_ranges(live, 0, &affected->ranges[0]) ||
	    klp_affected_ranges(live, 1, &affected->ranges[1])) {
		klp_affected_free(affected);
		return NULL;
	}
	return affected;
}

/**
 * klp_affected_free - free what klp_affected_create() has made
 * @affected: the sets, or NULL
 *
 * Context: Process, may sleep.
 */
void klp_affected_free(struct klp_affected *affected)
{
	if (!affected)
		return;
	klp_ranges_free(&affected->ranges[0]);
	klp_ranges_free(&affected->ranges[1]);
	/* No task reads the sets any more, see klp_phase_affected(). */
	klp_jumps_free(rcu_dereference_protected(affected->jumps[0], true));
	klp_jumps_free(rcu_dereference_protected(affected->jumps[1], true));
	kfree(affected);
}
