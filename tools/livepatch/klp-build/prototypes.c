// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: does a fix change how functions are called that others may call?
 *
 * All callers in the kernel's tree are compiled with the new prototype. Modules from
 * elsewhere are not, so the old prototype of an exported function has to do. A timer or the
 * like that has stored the address of a function calls it as it was, too.
 */
#include "layout.h"

/* A result in a register does not matter to those who expect none. */
static bool same_result(struct build *build, Dwarf_Die *before, Dwarf_Die *after)
{
	Dwarf_Die from, to, peeled;
	const char *what = NULL;

	if (!debug_type(before, &from))
		return !debug_type(after, &to) || (debug_peel(&to, &peeled) &&
						   !debug_is_aggregate(&peeled));
	return debug_type(after, &to) && types_same(build, &from, &to, false, &what);
}

/* Of clones and inlined functions the origin, which has all parameters */
static bool is_origin(Dwarf_Die *die)
{
	return dwarf_diename(die) && !dwarf_hasattr(die, DW_AT_abstract_origin) &&
	       !dwarf_hasattr(die, DW_AT_declaration);
}

/**
 * prototypes_title - the name of a shape for the prototype of a function
 * @build: the build
 * @function: the name of the function
 *
 * Return: the name of the shape, as in messages.
 */
const char *prototypes_title(const struct build *build, const char *function)
{
	return pool_printf(build->pool, "the prototype of '%s'", function);
}

/* Static functions of several units may have one name. */
static void add_changed(struct build *build, struct unit *unit, Dwarf_Die *function,
			const char *what)
{
	const char *name = pool_printf(build->pool, "%s", dwarf_diename(function));
	const char *title = prototypes_title(build, name);
	struct shape *shape = map_get(build->shapes, title);

	if (shape && shape->unit != unit)
		title = pool_printf(build->pool, "%s in %s", title, unit->source);
	shape = layout_changed(build, title, SHAPE_PROTOTYPE, what, function);
	shape->function = name;
	shape->unit = unit;
}

/**
 * prototypes_compare - find functions that are called in another way
 * @build: the build; what differs is added to its shapes
 * @unit: the unit
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void prototypes_compare(struct build *build, struct unit *unit, struct debug *before,
			struct debug *after)
{
	struct map *old = map_new(build->pool, 1000);
	struct described *function, *other;
	const char *what;
	size_t i;

	for_each(&before->functions, i, function)
		if (is_origin(&function->die))
			map_add(old, dwarf_diename(&function->die), function);
	for_each(&after->functions, i, function) {
		other = is_origin(&function->die) ?
			map_get(old, dwarf_diename(&function->die)) : NULL;
		if (!other)
			continue;
		what = types_parameters(build, &other->die, &function->die);
		if (what || !same_result(build, &other->die, &function->die))
			add_changed(build, unit, &function->die,
				    what ? what : "its result differs");
	}
}
