// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: does a fix change how objects look that exist in the running kernel?
 *
 * The debug information of the unpatched and of the patched object is compared. A struct
 * is the same if its members are at the same places and have the same types; new names
 * do not matter, unless two members have changed places.
 *
 * A struct may change if objects of it are only in the frames of functions: functions
 * that are replaced have frames of their own. This is so if a function has a variable of
 * the type, and no static variable, member or result of a function is one or leads to
 * one.
 */
#include "layout.h"

/* A comparison of two types */
struct pairing {
	struct pool	*pool;
	struct ptrs	pairs;		/* being compared: before, after, before, ... */
	unsigned int	depth;		/* bounded, in case that the file is damaged */
	const char	*what;		/* the first difference */
};

static bool same_type(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root);

static bool differ(struct pairing *pairing, const char *what, const char *name)
{
	if (!pairing->what)
		pairing->what = pool_printf(pairing->pool, name ? "%s '%s'" : "%s", what, name);
	return false;
}

static bool next_member(Dwarf_Die *die)
{
	while (dwarf_tag(die) != DW_TAG_member)
		if (dwarf_siblingof(die, die))
			return false;
	return true;
}

static bool first_member(Dwarf_Die *type, Dwarf_Die *member)
{
	return !dwarf_child(type, member) && next_member(member);
}

static bool has_member(Dwarf_Die *type, const char *name)
{
	Dwarf_Die member;
	const char *other;
	bool more;

	for (more = first_member(type, &member); more;
	     more = !dwarf_siblingof(&member, &member) && next_member(&member)) {
		other = dwarf_diename(&member);
		if (other && !strcmp(other, name))
			return true;
	}
	return false;
}

static bool same_place(Dwarf_Die *before, Dwarf_Die *after)
{
	static const unsigned int attributes[] = {
		DW_AT_data_member_location, DW_AT_data_bit_offset, DW_AT_bit_size, DW_AT_bit_offset,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attributes); i++)
		if (debug_number(before, attributes[i], 0) != debug_number(after, attributes[i], 0))
			return false;
	return true;
}

/* @types: the structs that the members are of, before and after */
static bool same_member(struct pairing *pairing, Dwarf_Die *types[2], Dwarf_Die *before,
			Dwarf_Die *after)
{
	const char *old = dwarf_diename(before), *new = dwarf_diename(after);
	Dwarf_Die from, to;

	if (!old != !new || (old && strcmp(old, new))) {
		bool kept = old && has_member(types[1], old);
		bool had = new && has_member(types[0], new);

		if (new && !had && (kept || !old))
			return differ(pairing, "there is a new member", new);
		if (old && !kept && (had || !new))
			return differ(pairing, "there is no longer the member", old);
		if (kept || had)
			return differ(pairing, "another place has the member", old);
	}
	if (!same_place(before, after))
		return differ(pairing, "another place has the member", old);
	if (!debug_type(before, &from) || !debug_type(after, &to))
		return differ(pairing, "no type has the member", old);
	return same_type(pairing, &from, &to, false) ||
	       differ(pairing, "another type has the member", old);
}

static bool same_members(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	Dwarf_Die from, to, *types[2] = { before, after };
	bool more = first_member(before, &from), other = first_member(after, &to);

	while (more && other) {
		if (!same_member(pairing, types, &from, &to))
			return false;
		more = !dwarf_siblingof(&from, &from) && next_member(&from);
		other = !dwarf_siblingof(&to, &to) && next_member(&to);
	}
	if (other)
		return differ(pairing, "there is a new member", dwarf_diename(&to));
	return !more || differ(pairing, "there is no longer the member", dwarf_diename(&from));
}

static bool is_compared(const struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	size_t i;

	for (i = 0; i < pairing->pairs.nr; i += 2)
		if (pairing->pairs.at[i] == before->addr && pairing->pairs.at[i + 1] == after->addr)
			return true;
	return false;
}

/* Structs of the same name are compared once, as such; @root: this is it. */
static bool same_aggregate(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root)
{
	const char *old = dwarf_diename(before), *new = dwarf_diename(after);

	if (!root && old && new && !strcmp(old, new))
		return true;
	if (dwarf_hasattr(before, DW_AT_declaration) || dwarf_hasattr(after, DW_AT_declaration) ||
	    is_compared(pairing, before, after))
		return true;
	ptrs_add(pairing->pool, &pairing->pairs, before->addr);
	ptrs_add(pairing->pool, &pairing->pairs, after->addr);
	if (!same_members(pairing, before, after))
		return false;
	if (debug_number(before, DW_AT_byte_size, 0) == debug_number(after, DW_AT_byte_size, 0))
		return true;
	return differ(pairing, "the size differs", NULL);
}

static bool is_integer(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);

	return tag == DW_TAG_enumeration_type ||
	       (tag == DW_TAG_base_type &&
		debug_number(type, DW_AT_encoding, 0) != DW_ATE_float);
}

/* Buffers of bytes, void and functions: a pointer to one of these may lead to anything. */
static bool is_opaque(Dwarf_Die *type)
{
	return dwarf_tag(type) == DW_TAG_subroutine_type ||
	       dwarf_hasattr(type, DW_AT_declaration) ||
	       (is_integer(type) && debug_size(type) == 1);
}

static bool same_pointee(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	Dwarf_Die from, to;

	if (!debug_type(before, &from) || !debug_type(after, &to) || !debug_peel(&from, &from) ||
	    !debug_peel(&to, &to) || is_opaque(&from) || is_opaque(&to))
		return true;
	return same_type(pairing, &from, &to, false);
}

/* The dimensions of an array, whose element may be an array by the name of a typedef */
struct dimensions {
	uint64_t	at[16];
	size_t		nr;
	Dwarf_Die	element;
};

static bool read_dimensions(Dwarf_Die *type, struct dimensions *dimensions)
{
	Dwarf_Die die = *type, range;
	unsigned int depth;

	dimensions->nr = 0;
	for (depth = 0; dwarf_tag(&die) == DW_TAG_array_type; depth++) {
		if (depth == ARRAY_SIZE(dimensions->at) || dwarf_child(&die, &range))
			return false;
		do {
			if (dwarf_tag(&range) != DW_TAG_subrange_type)
				continue;
			if (dimensions->nr == ARRAY_SIZE(dimensions->at))
				return false;
			dimensions->at[dimensions->nr++] =
				debug_number(&range, DW_AT_count,
					     debug_number(&range, DW_AT_upper_bound, -1) + 1);
		} while (!dwarf_siblingof(&range, &range));
		if (!debug_type(&die, &dimensions->element) ||
		    !debug_peel(&dimensions->element, &die))
			return false;
	}
	return true;
}

static bool same_array(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	struct dimensions from, to;
	size_t size;

	if (debug_size(before) != debug_size(after) || !read_dimensions(before, &from) ||
	    !read_dimensions(after, &to))
		return false;
	/* [] and [0] are the same, so the size tells for one dimension. */
	size = from.nr * sizeof(from.at[0]);
	if (from.nr != to.nr || (from.nr > 1 && memcmp(from.at, to.at, size)))
		return false;
	return same_type(pairing, &from.element, &to.element, false);
}

static bool same_kind(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root)
{
	if (is_integer(before) && is_integer(after))
		return debug_size(before) == debug_size(after);
	if (dwarf_tag(before) != dwarf_tag(after))
		return false;
	switch (dwarf_tag(before)) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		return same_aggregate(pairing, before, after, root);
	case DW_TAG_pointer_type:
		return same_pointee(pairing, before, after);
	case DW_TAG_array_type:
		return same_array(pairing, before, after);
	default:
		return debug_size(before) == debug_size(after);
	}
}

static bool same_type(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root)
{
	Dwarf_Die from, to;
	bool same;

	if (pairing->depth == 100 || !debug_peel(before, &from) || !debug_peel(after, &to))
		return false;
	pairing->depth++;
	same = same_kind(pairing, &from, &to, root);
	pairing->depth--;
	return same;
}

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

/**
 * layout_same - compare two types
 * @build: the build
 * @before: a type of the unpatched object
 * @after: one of the patched object
 * @root: compare structs of one name, too; otherwise these count as the same
 * @what: set to the first difference if it is NULL
 *
 * Return: true if objects of one can be taken for objects of the other.
 */
bool layout_same(struct build *build, Dwarf_Die *before, Dwarf_Die *after, bool root,
		 const char **what)
{
	struct pairing pairing = { .pool = build->pool, .what = *what };
	bool same = same_type(&pairing, before, after, root);

	*what = pairing.what;
	return same;
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
		if (!other) {
			renamed_compare(build, before, after, type);
			continue;
		}
		what = NULL;
		same = false;
		for (; other && !same; other = map_next(before->types_by, type->name, other))
			same = layout_same(build, &other->die, &type->die, true, &what);
		if (!same)
			layout_changed(build, type->name, SHAPE_TYPE, what, &type->die);
	}
}

/**
 * layout_compare_debug - compare what two objects tell of what exists
 * @build: the build; what differs is added to its shapes
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void layout_compare_debug(struct build *build, struct debug *before, struct debug *after)
{
	compare_types(build, before, after);
	variables_compare(build, before, after);
	enums_compare(build, before, after);
	prototypes_compare(build, before, after);
}
