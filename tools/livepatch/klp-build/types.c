// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: can objects of one type be taken for objects of another one?
 *
 * A struct is the same if its members are at the same places and have the same types; new
 * names do not matter, unless two members have changed places. A pointer to a function is
 * the same if the function is called in the same way.
 */
#include <ctype.h>

#include "layout.h"

/* A comparison of two types */
struct pairing {
	struct build	*build;
	struct ptrs	pairs;		/* being compared: before, after, before, ... */
	unsigned int	depth;		/* bounded, in case that the file is damaged */
	const char	*what;		/* the first difference */
};

static bool same_type(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root);

static bool differ(struct pairing *pairing, const char *what, const char *name)
{
	if (!pairing->what)
		pairing->what = pool_printf(pairing->build->pool, name ? "%s '%s'" : "%s", what,
					    name);
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

/* Two structs that exist with two names may mean different things, even with one layout. */
static bool is_other_name(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	struct pool *pool = pairing->build->pool;

	return renamed_is(pairing->build, debug_type_name(pool, before),
			  debug_type_name(pool, after));
}

/* Structs of the same name are compared once, as such; @root: this is it. */
static bool same_aggregate(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root)
{
	const char *old = dwarf_diename(before), *new = dwarf_diename(after);

	if (!root && old && new && !strcmp(old, new))
		return true;
	if (!root && old && new && !is_other_name(pairing, before, after))
		return false;
	if (dwarf_hasattr(before, DW_AT_declaration) || dwarf_hasattr(after, DW_AT_declaration))
		return true;
	if (is_compared(pairing, before, after))
		return true;
	ptrs_add(pairing->build->pool, &pairing->pairs, before->addr);
	ptrs_add(pairing->build->pool, &pairing->pairs, after->addr);
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

/* A buffer of bytes may be any struct, and what is only declared may be anything else. */
static bool is_opaque(Dwarf_Die *type, Dwarf_Die *other)
{
	return (is_integer(type) && debug_size(type) == 1 && !is_integer(other)) ||
	       (dwarf_hasattr(type, DW_AT_declaration) && !debug_is_aggregate(other));
}

static bool same_pointee(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	Dwarf_Die from, to;

	/* void leads to anything, too. */
	if (!debug_type(before, &from) || !debug_type(after, &to) || !debug_peel(&from, &from) ||
	    !debug_peel(&to, &to) || is_opaque(&from, &to) || is_opaque(&to, &from))
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

static bool next_parameter(Dwarf_Die *die)
{
	while (dwarf_tag(die) != DW_TAG_formal_parameter &&
	       dwarf_tag(die) != DW_TAG_unspecified_parameters)
		if (dwarf_siblingof(die, die))
			return false;
	return true;
}

static bool first_parameter(Dwarf_Die *function, Dwarf_Die *parameter)
{
	return !dwarf_child(function, parameter) && next_parameter(parameter);
}

/* Return: how they differ, or NULL. */
static const char *compare_parameters(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	Dwarf_Die from, to, old, new;
	bool more, other;
	unsigned int nr;

	more = first_parameter(before, &from);
	other = first_parameter(after, &to);
	for (nr = 1; more && other; nr++) {
		if (dwarf_tag(&from) != dwarf_tag(&to))
			break;
		if (dwarf_tag(&from) == DW_TAG_formal_parameter &&
		    (!debug_type(&from, &old) || !debug_type(&to, &new) ||
		     !same_type(pairing, &old, &new, false)))
			return pool_printf(pairing->build->pool, "another type has parameter %u",
					   nr);
		more = !dwarf_siblingof(&from, &from) && next_parameter(&from);
		other = !dwarf_siblingof(&to, &to) && next_parameter(&to);
	}
	return more || other ? "the number of its parameters differs" : NULL;
}

/* What a pointer leads to; either side may be older than the other one. */
static bool same_function(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after)
{
	Dwarf_Die from, to;
	bool old, new;

	if (compare_parameters(pairing, before, after))
		return false;
	old = debug_type(before, &from);
	new = debug_type(after, &to);
	return old == new && (!old || same_type(pairing, &from, &to, false));
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
	case DW_TAG_subroutine_type:
		return same_function(pairing, before, after);
	default:
		return debug_size(before) == debug_size(after);
	}
}

/* 'b' or 'l' for __be32, __le16 and the like, which only a typedef tells from __u32 */
static char byte_order(const Dwarf_Die *die)
{
	Dwarf_Die type = *die;
	const char *name;
	unsigned int depth;

	for (depth = 0; depth < 100; depth++) {
		name = dwarf_tag(&type) == DW_TAG_typedef ? dwarf_diename(&type) : NULL;
		if (name && (str_starts(name, "__be") || str_starts(name, "__le")) &&
		    isdigit((unsigned char)name[4]))
			return name[2];
		if (dwarf_tag(&type) == DW_TAG_base_type || !debug_type(&type, &type))
			break;
	}
	return 0;
}

static bool same_type(struct pairing *pairing, Dwarf_Die *before, Dwarf_Die *after, bool root)
{
	Dwarf_Die from, to;
	bool same;

	if (pairing->depth == 100 || !debug_peel(before, &from) || !debug_peel(after, &to))
		return false;
	if (is_integer(&from) && is_integer(&to) && byte_order(before) != byte_order(after))
		return false;
	pairing->depth++;
	same = same_kind(pairing, &from, &to, root);
	pairing->depth--;
	return same;
}

/**
 * types_same - compare two types
 * @build: the build
 * @before: a type of the unpatched object
 * @after: one of the patched object
 * @root: compare structs of one name, too; otherwise these count as the same
 * @what: set to the first difference if it is NULL
 *
 * Return: true if objects of one can be taken for objects of the other.
 */
bool types_same(struct build *build, Dwarf_Die *before, Dwarf_Die *after, bool root,
		const char **what)
{
	struct pairing pairing = { .build = build, .what = *what };
	bool same = same_type(&pairing, before, after, root);

	*what = pairing.what;
	return same;
}

/**
 * types_parameters - compare the parameters of two functions
 * @build: the build
 * @before: a function of the unpatched object
 * @after: one of the patched object
 *
 * Return: how they differ, or NULL.
 */
const char *types_parameters(struct build *build, Dwarf_Die *before, Dwarf_Die *after)
{
	struct pairing pairing = { .build = build };

	return compare_parameters(&pairing, before, after);
}

static bool points_to(Dwarf_Die *pointer, const Dwarf_Die *type)
{
	Dwarf_Die pointee;

	return dwarf_tag(pointer) == DW_TAG_pointer_type && debug_type(pointer, &pointee) &&
	       debug_peel(&pointee, &pointee) && pointee.addr == type->addr;
}

/* The type of a member, of an array that of its elements */
static bool member_type(Dwarf_Die *member, Dwarf_Die *type)
{
	if (!debug_type(member, type) || !debug_peel(type, type))
		return false;
	while (dwarf_tag(type) == DW_TAG_array_type)
		if (!debug_type(type, type) || !debug_peel(type, type))
			return false;
	return true;
}

static bool has_link(Dwarf_Die *type, unsigned int depth)
{
	Dwarf_Die member, of;
	bool more;

	for (more = depth < 100 && first_member(type, &member); more;
	     more = !dwarf_siblingof(&member, &member) && next_member(&member)) {
		if (!member_type(&member, &of))
			continue;
		if (points_to(&of, type) ||
		    (debug_is_aggregate(&of) && has_link(&of, depth + 1)))
			return true;
	}
	return false;
}

/**
 * types_have_link - find out whether objects of a struct can be in a list or a tree
 * @type: the struct or union
 *
 * Then others reach an object by what is embedded in it, and no pointer to the struct tells.
 *
 * Return: true if it, or a struct that is embedded in it, has a pointer to its own kind.
 */
bool types_have_link(Dwarf_Die *type)
{
	return has_link(type, 0);
}
