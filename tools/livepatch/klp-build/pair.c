// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: which piece of the patched object is which piece of the unpatched one.
 *
 * A name decides. But the compiler numbers the static variables of functions, and the
 * numbers change when one is added. Such variables are paired by the functions that use
 * them. If that leaves a choice, and the fix leaves the lines alone where they are declared,
 * those lines decide. Else the pair is not made: see piece::ambiguous.
 */
#include <ctype.h>
#include <stdlib.h>

#include "compare.h"

/* A variable with a number, and who uses it */
struct numbered {
	struct piece	*piece;
	const char	*base;
	struct ptrs	users;
};

struct side {
	struct object	*object;
	struct ptrs	numbered;
};

/* The name without the number that the compiler has added, NULL if it has no number */
static const char *base_name(struct pool *pool, const struct piece *piece)
{
	size_t length = strlen(piece->name), end = length;

	if (piece->kind != PIECE_DATA)
		return NULL;
	while (end && isdigit((unsigned char)piece->name[end - 1]))
		end--;
	if (end && end < length && piece->name[end - 1] == '.')
		length = --end;
	else
		end = length;
	if (strstr(piece->name, "__UNIQUE_ID_") == piece->name) {
		while (end && isdigit((unsigned char)piece->name[end - 1]))
			end--;
		length = end;
	}
	return length < strlen(piece->name) ? pool_printf(pool, "%.*s", (int)length, piece->name) :
					      NULL;
}

static void make_twins(struct piece *before, struct piece *after)
{
	before->twin = after;
	after->twin = before;
}

static bool is_paired(const struct piece *piece)
{
	return piece->symbol && piece->kind != PIECE_ENTRY;
}

static void pair_by_name(struct pool *pool, struct object *before, struct object *after)
{
	struct piece *piece, *other;
	size_t i;

	for_each(&after->pieces, i, piece) {
		if (!is_paired(piece) || base_name(pool, piece))
			continue;
		other = map_get(before->names, piece->name);
		while (other && (other->kind != piece->kind || other->twin || !is_paired(other)))
			other = map_next(before->names, piece->name, other);
		if (other)
			make_twins(other, piece);
	}
}

/* A function that has got another name, too, may be known by it first. */
static void pair_by_alias(struct pool *pool, struct object *before, struct object *after)
{
	struct symbol *symbol;
	struct piece *other;
	unsigned int i;

	for (i = 1; i < after->nr_symbols; i++) {
		symbol = &after->symbols[i];
		if (!symbol->piece || symbol->piece->twin || !is_paired(symbol->piece) ||
		    base_name(pool, symbol->piece))
			continue;
		other = map_get(before->names, symbol->name);
		if (other && !other->twin && other->kind == symbol->piece->kind &&
		    is_paired(other) && !base_name(pool, other))
			make_twins(other, symbol->piece);
	}
}

static void find_numbered(struct pool *pool, struct side *side)
{
	struct numbered *numbered;
	struct piece *piece;
	const char *base;
	size_t i;

	for_each(&side->object->pieces, i, piece) {
		base = is_paired(piece) ? base_name(pool, piece) : NULL;
		if (!base)
			continue;
		numbered = pool_alloc(pool, sizeof(*numbered));
		numbered->piece = piece;
		numbered->base = base;
		ptrs_add(pool, &side->numbered, numbered);
	}
}

static void find_users(struct pool *pool, struct side *side)
{
	struct numbered *numbered;
	struct piece *piece;
	struct map *owners;
	unsigned int r;
	char key[32];
	size_t i;

	owners = map_new(pool, side->numbered.nr);
	for_each(&side->numbered, i, numbered)
		map_add(owners, pool_printf(pool, "%p", (void *)numbered->piece), numbered);
	for_each(&side->object->pieces, i, piece) {
		for (r = 0; r < piece->nr_relocs; r++) {
			if (!piece->relocs[r].target)
				continue;
			snprintf(key, sizeof(key), "%p", (void *)piece->relocs[r].target);
			numbered = map_get(owners, key);
			if (numbered && !ptrs_has(&numbered->users, piece->root->root))
				ptrs_add(pool, &numbered->users, piece->root->root);
		}
	}
}

static bool same_users(const struct numbered *before, const struct numbered *after)
{
	struct piece *user, *other;
	size_t i, j;

	if (before->users.nr != after->users.nr)
		return false;
	for_each(&after->users, i, user) {
		for_each(&before->users, j, other)
			if (!strcmp(user->name, other->name))
				break;
		if (j == before->users.nr)
			return false;
	}
	return true;
}

static bool is_like(const struct numbered *before, const struct numbered *after)
{
	return !strcmp(before->base, after->base) &&
	       before->piece->size == after->piece->size &&
	       before->piece->section->flags == after->piece->section->flags;
}

static bool may_be_same(const struct numbered *before, const struct numbered *after)
{
	return is_like(before, after) && same_users(before, after);
}

/*
 * The same instructions with the same relocations, but for the variables of the name:
 * then those are the same that stand at the same places.
 */
static bool used_alike(const struct piece *before, const struct piece *after,
		       const struct piece *variable, const struct piece *candidate)
{
	unsigned int r;
	bool from, to;

	if (before->size != after->size || before->nr_relocs != after->nr_relocs ||
	    (piece_data(before) &&
	     (!piece_data(after) || memcmp(piece_data(before), piece_data(after), before->size))))
		return false;
	for (r = 0; r < after->nr_relocs; r++) {
		if (before->relocs[r].offset - before->offset !=
		    after->relocs[r].offset - after->offset)
			return false;
		from = before->relocs[r].target == candidate;
		to = after->relocs[r].target == variable;
		if (from != to)
			return false;
	}
	return true;
}

static bool all_use_alike(const struct numbered *before, const struct numbered *after)
{
	struct piece *user, *other;
	size_t i, j;

	for_each(&after->users, i, user) {
		for_each(&before->users, j, other)
			if (!strcmp(user->name, other->name) &&
			    used_alike(other, user, after->piece, before->piece))
				break;
		if (j == before->users.nr)
			return false;
	}
	return after->users.nr > 0;
}

typedef bool (*may_be)(const struct numbered *before, const struct numbered *after);

/* How many of a side may be the same as one of the other side */
static size_t count(const struct side *side, const struct numbered *of, bool after, may_be same,
		    struct numbered **last)
{
	struct numbered *numbered;
	size_t i, nr = 0;

	for_each(&side->numbered, i, numbered) {
		if (numbered->piece->twin ||
		    !(after ? same(of, numbered) : same(numbered, of)))
			continue;
		*last = numbered;
		nr++;
	}
	return nr;
}

static void pair_alike(struct side *before, struct side *after)
{
	struct numbered *numbered, *other, *found;
	size_t i, j, nr;

	for_each(&after->numbered, i, numbered) {
		nr = 0;
		for_each(&before->numbered, j, other) {
			if (other->piece->twin || !may_be_same(other, numbered) ||
			    !all_use_alike(other, numbered))
				continue;
			found = other;
			nr++;
		}
		if (nr == 1 && !numbered->piece->twin)
			make_twins(found->piece, numbered->piece);
	}
}

static void pair_single(struct side *before, struct side *after)
{
	struct numbered *numbered, *other, *back;
	size_t i;

	for_each(&after->numbered, i, numbered) {
		if (numbered->piece->twin ||
		    count(before, numbered, false, may_be_same, &other) != 1 ||
		    count(after, other, true, may_be_same, &back) != 1)
			continue;
		make_twins(other->piece, numbered->piece);
	}
}

/* The one of the unpatched object that is declared by the same line, if it is the only one */
static struct numbered *declared_alike(const struct side *before, const struct numbered *after,
				       may_be same)
{
	struct numbered *numbered, *found = NULL;
	size_t i;

	for_each(&before->numbered, i, numbered) {
		if (numbered->piece->twin || !same(numbered, after) ||
		    !numbered->piece->declared || !after->piece->declared ||
		    strcmp(numbered->piece->declared, after->piece->declared))
			continue;
		if (found)
			return NULL;
		found = numbered;
	}
	return found;
}

/*
 * If one is added or removed, a diff may show the wrong one of two blocks that look the
 * same. So all on both sides must have a partner.
 */
static bool all_declared(const struct side *before, const struct side *after,
			 const struct numbered *of, may_be same)
{
	struct numbered *numbered, *other = NULL;
	size_t nr = count(before, of, false, same, &other), i;

	if (!nr || count(after, other, true, same, &numbered) != nr)
		return false;
	for_each(&after->numbered, i, numbered)
		if (!numbered->piece->twin && same(other, numbered) &&
		    !declared_alike(before, numbered, same))
			return false;
	return true;
}

static void pair_declared(struct side *before, struct side *after, may_be same)
{
	struct numbered *numbered;
	size_t i;

	for_each(&after->numbered, i, numbered)
		if (!numbered->piece->twin && all_declared(before, after, numbered, same))
			make_twins(declared_alike(before, numbered, same)->piece, numbered->piece);
}

/* What is left may be new, or may be one that is left on the other side. */
static void find_ambiguous(struct side *before, struct side *after)
{
	struct numbered *numbered, *other;
	size_t i, j;

	for_each(&after->numbered, i, numbered) {
		for_each(&before->numbered, j, other) {
			if (numbered->piece->twin || other->piece->twin ||
			    strcmp(numbered->base, other->base))
				continue;
			numbered->piece->ambiguous = true;
			numbered->piece->doubt = other->piece;
		}
	}
}

static void find_moved(struct side *from, struct side *to, bool after)
{
	struct numbered *numbered;
	struct piece *other, *piece;
	size_t i;

	for_each(&from->numbered, i, numbered) {
		other = numbered->piece->twin ? NULL : map_get(to->object->names, numbered->base);
		if (!other || other->twin || other->kind != PIECE_DATA)
			continue;
		piece = after ? numbered->piece : other;
		piece->ambiguous = true;
		piece->doubt = after ? other : numbered->piece;
	}
}

/**
 * pair_pieces - find the pairs of pieces of two objects
 * @pool: for temporary memory
 * @before: the unpatched object
 * @after: the patched object; the twins of its named pieces are set, and those of @before
 */
void pair_pieces(struct pool *pool, struct object *before, struct object *after)
{
	struct side old = { .object = before }, new = { .object = after };

	pair_by_name(pool, before, after);
	pair_by_alias(pool, before, after);
	find_numbered(pool, &old);
	find_numbered(pool, &new);
	find_users(pool, &old);
	find_users(pool, &new);
	pair_alike(&old, &new);
	pair_single(&old, &new);
	pair_declared(&old, &new, may_be_same);
	/* A function that is inlined from now on, or no longer, makes other users. */
	pair_declared(&old, &new, is_like);
	find_ambiguous(&old, &new);
	/* A static variable of the file that moves into a function, or the other way round */
	find_moved(&new, &old, true);
	find_moved(&old, &new, false);
}
