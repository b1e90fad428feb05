// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: does a fix change the types of variables, or of what local ones point to?
 */
#include "layout.h"

static const char *key_of(struct build *build, const struct described *variable)
{
	return pool_printf(build->pool, "%s:%s", variable->function ? : "", variable->name);
}

static struct map *static_variables(struct build *build, const struct debug *debug)
{
	struct map *map = map_new(build->pool, debug->variables.nr);
	struct described *variable;
	size_t i;

	for_each(&debug->variables, i, variable)
		if (variable->lasting && !dwarf_hasattr(&variable->die, DW_AT_declaration))
			map_add(map, key_of(build, variable), variable);
	return map;
}

/*
 * Several of one name in one function are in blocks of it: it is enough if one of them is the
 * same. A change of the size is found by comparing the data.
 */
static void compare_variable(struct build *build, const struct map *old, struct described *after)
{
	const char *key = key_of(build, after), *what = NULL;
	struct described *before = map_get(old, key);
	Dwarf_Die from, to;
	bool alike = false;

	for (; before; before = map_next(old, key, before)) {
		if (!debug_type(&before->die, &from) || !debug_type(&after->die, &to) ||
		    types_same(build, &from, &to, false, &what))
			return;
		alike = alike || debug_size(&from) == debug_size(&to);
	}
	if (alike)
		layout_changed(build, pool_printf(build->pool, "variable '%s'", after->name),
			       SHAPE_VARIABLE, what, &after->die);
}

/* Does it lead to another struct that exists, since the fix has removed the old one? */
static bool is_exchanged(struct build *build, Dwarf_Die *before, Dwarf_Die *after)
{
	const char *old = debug_type_name(build->pool, before);
	const char *new = debug_type_name(build->pool, after);

	return old && new && strcmp(old, new) && renamed_is_gone(build, before, old) &&
	       !renamed_is_new(build, after, new);
}

/*
 * A local pointer to a struct without a name is all that tells of its objects. So it is if
 * another struct takes the place of one that is gone. For one that is new, see renamed.c.
 */
static bool same_pointers(struct build *build, struct described *before, struct described *after,
			  const char **what)
{
	bool old_named, new_named;
	Dwarf_Die from, to;

	if (!debug_pointee(&before->die, &from, &old_named) ||
	    !debug_pointee(&after->die, &to, &new_named))
		return true;
	if (old_named && new_named && !is_exchanged(build, &from, &to))
		return true;
	return types_same(build, &from, &to, true, what);
}

/* It may come from a void *, that leads to something else in what exists. */
static void note_fresh(struct build *build, struct described *pointer)
{
	const char *colon = strchr(pointer->name, ':'), *name;
	int length = colon - pointer->name;
	struct shape *shape;
	Dwarf_Die type;
	bool named;

	if (!debug_pointee(&pointer->die, &type, &named))
		return;
	name = debug_type_name(build->pool, &type);
	shape = name ? map_get(build->shapes, name) : NULL;
	if (shape && shape->fresh)
		shape->pointer = pool_printf(build->pool, "'%s' in '%.*s'", colon + 1, length,
					     pointer->name);
}

static void compare_pointers(struct build *build, struct debug *before, struct debug *after)
{
	struct described *pointer, *other;
	const char *what, *colon;
	bool same;
	size_t i;

	for_each(&after->pointers, i, pointer) {
		note_fresh(build, pointer);
		other = map_get(before->pointers_by, pointer->name);
		what = NULL;
		same = !other;
		for (; other && !same;
		     other = map_next(before->pointers_by, pointer->name, other))
			same = same_pointers(build, other, pointer, &what);
		if (same)
			continue;
		colon = strchr(pointer->name, ':');
		layout_changed(build, pool_printf(build->pool, "what '%s' in '%.*s' points to",
						  colon + 1, (int)(colon - pointer->name),
						  pointer->name),
			       SHAPE_POINTEE, what, &pointer->die);
	}
}

/**
 * variables_compare - find variables whose types differ
 * @build: the build; what differs is added to its shapes
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void variables_compare(struct build *build, struct debug *before, struct debug *after)
{
	struct map *old = static_variables(build, before);
	struct described *variable;
	size_t i;

	for_each(&after->variables, i, variable)
		if (variable->lasting && !dwarf_hasattr(&variable->die, DW_AT_declaration))
			compare_variable(build, old, variable);
	compare_pointers(build, before, after);
}
