// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what is gone from a unit, and what may be the same under another name.
 *
 * A variable that gets another name looks like one that is gone and one that
 * is new. A new variable begins anew, while the kernel goes on with the old one. A constant
 * is the same if its content is, and no other one's.
 */
#include "build.h"
#include "compare.h"

/* Does it keep something, or does somebody compare its address? */
static bool has_identity(const struct piece *piece)
{
	return piece->kind == PIECE_DATA && piece->symbol && piece->size && !piece->twin &&
	       !piece->section->special && !piece_is_init(piece) &&
	       !piece_is_registration(piece) && !compare_is_copied(piece) &&
	       !str_starts(piece->section->name, ".data..once");
}

static void collect(struct pool *pool, const struct object *object, struct ptrs *left)
{
	struct piece *piece;
	size_t i;

	for_each(&object->pieces, i, piece)
		if (has_identity(piece))
			ptrs_add(pool, left, piece);
}

static bool uses(const struct piece *user, const struct piece *variable)
{
	unsigned int i;

	for (i = 0; i < user->nr_relocs; i++)
		if (user->relocs[i].target == variable)
			return true;
	return false;
}

/* Does a function use @before in the unpatched object, and @after in the patched one? */
static bool have_user(const struct piece *before, const struct piece *after)
{
	struct piece *user;
	size_t i;

	for_each(&after->object->pieces, i, user)
		if (user->kind == PIECE_CODE && user->root->twin && uses(user, after) &&
		    (uses(user->root->twin, before) || (user->twin && uses(user->twin, before))))
			return true;
	return false;
}

/* Which of the other side are equal to a constant? */
static unsigned int count_equal(const struct ptrs *others, struct piece *constant, bool after,
				struct piece **last)
{
	unsigned int nr = 0;
	struct piece *other;
	size_t i;

	for_each(others, i, other) {
		if (other->twin || !piece_is_constant(other) ||
		    piece_is_local(other) != piece_is_local(constant) ||
		    !(after ? compare_data(constant, other) : compare_data(other, constant)))
			continue;
		*last = other;
		nr++;
	}
	return nr;
}

static void pair_constants(const struct ptrs *before, const struct ptrs *after)
{
	struct piece *piece, *other, *back;
	size_t i;

	for_each(after, i, piece) {
		if (!piece_is_constant(piece) ||
		    count_equal(before, piece, false, &other) != 1 ||
		    count_equal(after, other, true, &back) != 1)
			continue;
		piece->twin = other;
		other->twin = piece;
	}
}

static bool may_be_renamed(const struct piece *before, const struct piece *after)
{
	if (piece_is_constant(before) != piece_is_constant(after))
		return false;
	/* Without functions in it, it is content: select.c takes a copy, too, if it changes. */
	if (piece_is_constant(after) && !compare_leads_to_code(after))
		return false;
	return (before->size == after->size && before->section->flags == after->section->flags) ||
	       have_user(before, after);
}

/**
 * gone_pair - find variables that may have got another name
 * @pool: for temporary memory
 * @before: the unpatched object, whose pieces are paired by name
 * @after: the patched object; twins of constants are set, and what is doubtful is marked
 */
void gone_pair(struct pool *pool, const struct object *before, const struct object *after)
{
	struct ptrs old = { }, new = { };
	struct piece *piece, *other;
	size_t i, j;

	collect(pool, before, &old);
	collect(pool, after, &new);
	pair_constants(&old, &new);
	for_each(&new, i, piece) {
		for_each(&old, j, other) {
			if (piece->twin || other->twin || piece->ambiguous ||
			    !may_be_renamed(other, piece))
				continue;
			piece->ambiguous = true;
			piece->renamed = true;
			piece->doubt = other;
		}
	}
}

/* The name of a variable without what the compiler adds to those of functions */
static bool same_base(const char *name, const char *other)
{
	size_t length = strcspn(name, ".");

	return length == strcspn(other, ".") && !strncmp(name, other, length);
}

static void pair_units(struct pool *pool, const struct unit *from, const struct unit *to)
{
	struct ptrs old = { }, new = { };
	struct piece *piece, *other;
	size_t i, j;

	collect(pool, from->before, &old);
	collect(pool, to->after, &new);
	for_each(&new, i, piece) {
		for_each(&old, j, other) {
			if (!same_base(piece->name, other->name) ||
			    piece_is_constant(piece) != piece_is_constant(other))
				continue;
			piece->ambiguous = true;
			piece->renamed = true;
			piece->doubt = other;
		}
	}
}

/**
 * gone_moved - find variables that may have moved to another unit
 * @build: the build, whose units are compared; what is doubtful is marked
 */
void gone_moved(struct build *build)
{
	struct unit *from, *to;
	size_t i, j;

	for_each(&build->units, i, from)
		for_each(&build->units, j, to)
			if (from != to && from->after && to->after && from->image == to->image)
				pair_units(build->pool, from, to);
}
