// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: does a fix change how functions are called that modules may call?
 *
 * All callers in the kernel's tree are compiled with the new prototype. Modules from
 * elsewhere are not, so the old prototype of an exported function has to do.
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
static bool is_global(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	return dwarf_diename(die) && !dwarf_hasattr(die, DW_AT_abstract_origin) &&
	       !dwarf_hasattr(die, DW_AT_declaration) &&
	       dwarf_attr_integrate(die, DW_AT_external, &attr);
}

/**
 * prototypes_compare - find global functions that are called in another way
 * @build: the build; what differs is added to its shapes
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void prototypes_compare(struct build *build, struct debug *before, struct debug *after)
{
	struct map *old = map_new(build->pool, 1000);
	struct described *function, *other;
	struct shape *shape;
	const char *what;
	size_t i;

	for_each(&before->functions, i, function)
		if (is_global(&function->die))
			map_add(old, dwarf_diename(&function->die), function);
	for_each(&after->functions, i, function) {
		other = is_global(&function->die) ?
			map_get(old, dwarf_diename(&function->die)) : NULL;
		if (!other)
			continue;
		what = types_parameters(build, &other->die, &function->die);
		if (!what && same_result(build, &other->die, &function->die))
			continue;
		shape = layout_changed(build, pool_printf(build->pool, "the prototype of '%s'",
							  dwarf_diename(&function->die)),
				       SHAPE_PROTOTYPE, what ? what : "its result differs",
				       &function->die);
		shape->function = pool_printf(build->pool, "%s", dwarf_diename(&function->die));
	}
}
