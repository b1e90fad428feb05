// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: does a fix change how objects look that exist in the running kernel?
 *
 * The debug information of the unpatched and of the patched object is compared; see
 * types.c for what is the same.
 *
 * A struct may change if objects of it are only in the frames of functions: functions
 * that are replaced have frames of their own. This is so if a function has a variable of
 * the type, and no static variable, member or result of a function is one or leads to
 * one. An object with a list_head or the like may be in a list of other tasks.
 */
#include "layout.h"

/**
 * layout_shape - find what is remembered for a name, for all units
 * @build: the build
 * @name: the name of the struct or of the variable
 *
 * Return: the shape, a new one if there was none.
 */
struct shape *layout_shape(struct build *build, const char *name)
{
	struct shape *shape = map_get(build->shapes, name);

	if (shape)
		return shape;
	shape = pool_alloc(build->pool, sizeof(*shape));
	shape->name = pool_printf(build->pool, "%s", name);
	map_add(build->shapes, shape->name, shape);
	ptrs_add(build->pool, &build->all_shapes, shape);
	return shape;
}

/**
 * layout_place - find where something is declared
 * @build: the build
 * @die: a type, a variable or a function
 *
 * Return: "file:line", or NULL.
 */
const char *layout_place(struct build *build, Dwarf_Die *die)
{
	const char *file = dwarf_decl_file(die);
	int line;

	if (!file || dwarf_decl_line(die, &line))
		return NULL;
	return tree_place(build->pool, &build->tree, pool_printf(build->pool, "%s:%d", file, line));
}

/**
 * layout_changed - remember that something changes
 * @build: the build; the change is added to its shapes
 * @name: what changes
 * @kind: what kind of thing it is
 * @what: how, NULL if its type differs
 * @die: where to say so
 *
 * Return: its shape.
 */
struct shape *layout_changed(struct build *build, const char *name, enum shape_kind kind,
			     const char *what, Dwarf_Die *die)
{
	struct shape *shape = layout_shape(build, name);

	/* The count of one enumeration does not hide the value of another one. */
	if (shape->changed && kind == SHAPE_COUNT)
		return shape;
	shape->kind = kind;
	shape->changed = what ? what : "its type differs";
	shape->where = layout_place(build, die);
	return shape;
}

/* Each definition of the name must be the same as one of the other object. */
static void compare_types(struct build *build, struct debug *before, struct debug *after)
{
	struct described *type, *other;
	const char *what;
	bool same;
	size_t i;

	for_each(&after->types, i, type) {
		other = map_get(before->types_by, type->name);
		what = NULL;
		same = !other;
		for (; other && !same; other = map_next(before->types_by, type->name, other))
			same = types_same(build, &other->die, &type->die, true, &what);
		if (!same)
			layout_changed(build, type->name, SHAPE_TYPE, what, &type->die);
	}
}

/**
 * layout_compare_debug - compare what two objects tell of what exists
 * @build: the build; what differs is added to its shapes
 * @unit: the unit
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void layout_compare_debug(struct build *build, struct unit *unit, struct debug *before,
			  struct debug *after)
{
	compare_types(build, before, after);
	renamed_compare(build, before, after);
	variables_compare(build, before, after);
	enums_compare(build, before, after);
	prototypes_compare(build, unit, before, after);
}
