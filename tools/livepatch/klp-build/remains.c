// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what comparing functions and variables one by one does not see: code without
 * a name, names of something else, and tables that the kernel collects.
 */
#include <ctype.h>

#include "compare.h"

static void claim(struct pool *pool, struct ptrs *claimed, struct piece *piece)
{
	if (piece->claimed)
		return;
	piece->claimed = true;
	ptrs_add(pool, claimed, piece);
}

static void claim_roots(struct pool *pool, struct object *object, struct ptrs *claimed)
{
	const struct section *section;
	struct piece *piece;
	unsigned int s, r;
	size_t i;

	for_each(&object->pieces, i, piece)
		if ((piece->symbol && piece->kind != PIECE_ENTRY) ||
		    (piece->section->special &&
		     piece->section->special->kind == SPECIAL_COLLECTED))
			claim(pool, claimed, piece);
	/* Strings of a section that is ignored are ignored, too. */
	for (s = 1; s < object->nr_sections; s++) {
		section = &object->sections[s];
		if (!section->special || section->special->kind != SPECIAL_IGNORED)
			continue;
		for (r = 0; r < section->nr_relocs; r++) {
			piece = section->relocs[r].target;
			if (piece && piece_is_string(piece))
				claim(pool, claimed, piece);
		}
	}
}

/* Find all that compare_data() compares on the way from pieces with names. */
static void claim_all(struct pool *pool, struct object *object)
{
	struct ptrs claimed = { };
	struct piece *piece, *other;
	unsigned int r;
	size_t i, j;

	claim_roots(pool, object, &claimed);
	for (i = 0; i < claimed.nr; i++) {
		piece = claimed.at[i];
		for (r = 0; r < piece->nr_relocs; r++) {
			other = piece->relocs[r].target;
			if (other && !other->symbol)
				claim(pool, &claimed, other);
		}
		for_each(&piece->entries, j, other)
			claim(pool, &claimed, other);
	}
}

static bool is_zero(const struct piece *piece)
{
	const uint8_t *data = piece_data(piece);
	uint64_t i;

	for (i = 0; data && i < piece->size; i++)
		if (data[i])
			return false;
	return !piece->nr_relocs;
}

/* gcc leaves strings that it has made a part of instructions. Without a name, nothing leads there. */
static bool is_left_over(const struct piece *piece)
{
	const struct piece *other;
	size_t i;

	if (piece->symbol || !piece_is_constant(piece) || piece->nr_relocs ||
	    piece->section->special || !str_starts(piece->section->name, ".rodata"))
		return false;
	for_each(&piece->section->pieces, i, other)
		if (other->symbol)
			return false;
	return true;
}

static bool is_unclaimed(const struct piece *piece)
{
	return !piece->claimed && piece->kind != PIECE_ENTRY && !is_zero(piece) &&
	       !is_left_over(piece);
}

/* The name of a label without a size right before a piece, "" if there is none */
static const char *label_of(const struct piece *piece)
{
	const struct ptrs *pieces = &piece->section->pieces;
	const struct piece *label;
	size_t i;

	for (i = 1; i < pieces->nr; i++) {
		label = pieces->at[i - 1];
		if (pieces->at[i] == piece)
			return label->size ? "" : label->name;
	}
	return "";
}

static bool same_unclaimed(struct piece *before, struct piece *after)
{
	return !strcmp(label_of(before), label_of(after)) && compare_data(before, after);
}

static struct piece *find_unclaimed(struct object *before, struct object *after, bool reverse)
{
	struct piece *piece, *other;
	size_t i, j;

	for_each(&after->pieces, i, piece) {
		if (!is_unclaimed(piece))
			continue;
		for_each(&before->pieces, j, other)
			if (is_unclaimed(other) && (reverse ? same_unclaimed(piece, other) :
							      same_unclaimed(other, piece)))
				break;
		if (j == before->pieces.nr)
			return piece;
	}
	return NULL;
}

/**
 * compare_unclaimed - compare what has no name and what no name leads to
 * @pool: for temporary memory
 * @before: the unpatched object
 * @after: the patched object, compared
 *
 * Such is the code of functions in inline assembler that have no size.
 *
 * Return: a piece that only one of the objects has, or NULL.
 */
struct piece *compare_unclaimed(struct pool *pool, struct object *before, struct object *after)
{
	struct piece *piece;

	claim_all(pool, before);
	claim_all(pool, after);
	piece = find_unclaimed(before, after, false);
	return piece ? piece : find_unclaimed(after, before, true);
}

/* The assembler has put in the values of local ones. */
static bool is_absolute(const struct symbol *symbol)
{
	return symbol->shndx == SHN_ABS && !symbol->section && symbol->bind != STB_LOCAL;
}

/* A number in the name of a variable is the compiler's. */
static bool is_checked(const struct symbol *symbol)
{
	return symbol->name[0] && (is_absolute(symbol) ||
				   (symbol->piece && symbol->piece->kind == PIECE_CODE));
}

static bool same_alias(const struct symbol *before, const struct symbol *after)
{
	if (is_absolute(before) || is_absolute(after))
		return is_absolute(before) && is_absolute(after) && before->value == after->value;
	return before->piece->twin == after->piece &&
	       before->value - before->piece->offset - before->piece->entry ==
	       after->value - after->piece->offset - after->piece->entry;
}

/**
 * compare_aliases - look for a name that leads to another function or value than before
 * @pool: for temporary memory
 * @before: the unpatched object
 * @after: the patched object, compared
 *
 * Return: the name, or NULL.
 */
const char *compare_aliases(struct pool *pool, struct object *before, struct object *after)
{
	struct map *names = map_new(pool, before->nr_symbols);
	struct symbol *symbol, *other;
	unsigned int i;

	for (i = 1; i < before->nr_symbols; i++)
		if (is_checked(&before->symbols[i]))
			map_add(names, before->symbols[i].name, &before->symbols[i]);
	for (i = 1; i < after->nr_symbols; i++) {
		symbol = &after->symbols[i];
		other = is_checked(symbol) ? map_get(names, symbol->name) : NULL;
		if (other && !same_alias(other, symbol))
			return symbol->name;
	}
	return NULL;
}

static bool same_name(const struct section *a, const struct section *b)
{
	return !strcmp(a->name, b->name) && a->type == b->type;
}

/**
 * compare_section - find the section of the same name in another object
 * @object: the other object
 * @from: the object of @section
 * @section: the section
 *
 * Return: of several such sections, the one with the same number; or NULL.
 */
struct section *compare_section(const struct object *object, const struct object *from,
				const struct section *section)
{
	unsigned int i, nr = 0;

	for (i = 1; i < section->index; i++)
		nr += same_name(&from->sections[i], section);
	for (i = 1; i < object->nr_sections; i++)
		if (same_name(&object->sections[i], section) && !nr--)
			return &object->sections[i];
	return NULL;
}

/*
 * The names of functions for BPF are nowhere but in names of symbols, before a number: see
 * BTF_ID(). resolve_btfids fills in what they mean.
 */
static bool same_id(const struct piece *before, const struct piece *after)
{
	size_t length = strlen(after->name), other = strlen(before->name);

	if (!str_starts(after->name, "__BTF_ID__") || !str_starts(before->name, "__BTF_ID__"))
		return true;
	while (length && isdigit((unsigned char)after->name[length - 1]))
		length--;
	while (other && isdigit((unsigned char)before->name[other - 1]))
		other--;
	return length == other && !strncmp(before->name, after->name, length);
}

/**
 * compare_collected - compare two sections, entry by entry and in order
 * @before: the unpatched section, or NULL for an empty one
 * @after: the patched section, or NULL for an empty one
 *
 * The names of entries do not count, as most of them have a number, but for those for BPF.
 *
 * Return: true if the sections are equal.
 */
bool compare_collected(struct section *before, struct section *after)
{
	size_t i;

	if (!before || !after)
		return (!before || !before->size) && (!after || !after->size);
	if (before->size != after->size || before->pieces.nr != after->pieces.nr)
		return false;
	for (i = 0; i < after->pieces.nr; i++)
		if (!same_id(before->pieces.at[i], after->pieces.at[i]) ||
		    !compare_data(before->pieces.at[i], after->pieces.at[i]))
			return false;
	return true;
}
