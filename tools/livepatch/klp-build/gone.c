// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what is gone from a unit, and what may be the same under another name.
 *
 * A function or variable that gets another name looks like one that is gone and one that
 * is new. A new variable begins anew, while the kernel goes on with the old one; a pointer
 * to the old function stays where it was stored. A constant is the same if its content is,
 * and no other one's.
 */
#include "build.h"
#include "compare.h"
#include "report.h"

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

/* It keeps its name, or looks the same. */
static bool may_have_moved(const struct piece *before, const struct piece *after)
{
	return may_be_renamed(before, after) ||
	       (same_base(before->name, after->name) &&
		piece_is_constant(before) == piece_is_constant(after));
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
			if (!may_have_moved(other, piece))
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

static bool is_gone(const struct piece *piece)
{
	return piece->kind == PIECE_CODE && piece->symbol && piece->root == piece &&
	       !piece->twin && !piece_is_init(piece) &&
	       !str_starts(piece->section->name, ".exit.");
}

/* Can a unit lead to the function? If it did, it has changed with it. */
static bool knows(const struct build *build, const struct unit *user, const struct unit *unit,
		  const struct piece *function)
{
	if (user == unit)
		return true;
	return user->before && !piece_is_local(function) &&
	       (user->image == unit->image || map_get(build->exports, function->name));
}

/* In another unit, the name is all that leads to it. */
static bool leads_to(const struct piece *from, const struct reloc *reloc,
		     const struct piece *function)
{
	return from->object == function->object ? reloc->target == function :
	       !reloc->target && !strcmp(reloc->symbol->name, function->name);
}

static bool leads_to_entry(const struct reloc *reloc, const struct piece *function)
{
	return reloc->at == (reloc->target ? (int64_t)function->entry : 0);
}

/* Does it store the address of a function? Notes for objtool and the like do not count. */
static bool stores_address(const struct piece *from, const struct reloc *reloc,
			   const struct piece *function)
{
	return leads_to(from, reloc, function) && leads_to_entry(reloc, function) &&
	       from->root != function && from->kind != PIECE_ENTRY && !reloc->frame &&
	       !from->section->special && !piece_is_registration(from) &&
	       (from->section->flags & SHF_ALLOC) && !select_is_branch(from, reloc);
}

/* What has stored its address in a unit, or NULL */
static struct piece *find_holder(const struct unit *user, const struct piece *function)
{
	struct piece *piece;
	unsigned int r;
	size_t i;

	for_each(&user->before->pieces, i, piece)
		for (r = 0; r < piece->nr_relocs; r++)
			if (stores_address(piece, &piece->relocs[r], function))
				return piece;
	return NULL;
}

static enum status check_pointers(const struct build *build, const struct unit *user,
				  const struct piece *function)
{
	const struct piece *holder = find_holder(user, function);

	if (!holder)
		return KB_OK;
	report_where(select_where(build, user, holder));
	refuse("'%s' is gone, and '%s' has stored its address: it may be called",
	       function->name, piece_title(build->pool, holder));
	note("keep the function's name, so that it is replaced");
	return KB_REFUSED;
}

/**
 * gone_holder - find what has stored the address of a function in the running kernel
 * @build: the build, whose units are compared
 * @unit: the function's unit
 * @name: its name
 *
 * Only units that the fix reaches are searched.
 *
 * Return: the name of a function or variable of the unpatched source, or NULL.
 */
const char *gone_holder(const struct build *build, const struct unit *unit, const char *name)
{
	const struct piece *function = map_get(unit->before->names, name), *holder;
	struct unit *user;
	size_t i;

	if (!function || function->kind != PIECE_CODE)
		return NULL;
	for_each(&build->units, i, user) {
		holder = knows(build, user, unit, function) ? find_holder(user, function) : NULL;
		if (holder)
			return piece_title(build->pool, holder);
	}
	return NULL;
}

/**
 * gone_check - refuse that a function vanishes which the kernel has pointers to
 * @build: the build
 * @unit: a unit, whose pieces are compared
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status gone_check(const struct build *build, const struct unit *unit)
{
	enum status status = KB_OK, one;
	struct piece *piece;
	struct unit *user;
	size_t i, j;

	for_each(&unit->before->pieces, i, piece) {
		if (!is_gone(piece))
			continue;
		for_each(&build->units, j, user) {
			one = knows(build, user, unit, piece) ?
			      check_pointers(build, user, piece) : KB_OK;
			status = one > status ? one : status;
		}
	}
	return status;
}

/* Is it reached by a jump from what runs after the start? */
static bool has_jump(const struct unit *user, const struct piece *function)
{
	struct piece *piece;
	unsigned int r;
	size_t i;

	for_each(&user->before->pieces, i, piece) {
		if (piece->kind != PIECE_CODE || piece_is_init(piece->root) ||
		    piece->root->root == function)
			continue;
		for (r = 0; r < piece->nr_relocs; r++)
			if (leads_to(piece, &piece->relocs[r], function) &&
			    select_is_jump(piece, &piece->relocs[r]))
				return true;
	}
	return false;
}

static bool is_jumped(const struct build *build, const struct unit *unit,
		      const struct piece *function)
{
	struct unit *user;
	size_t i;

	for_each(&build->units, i, user)
		if (knows(build, user, unit, function) && has_jump(user, function))
			return true;
	return false;
}

static enum status replace(struct build *build, struct unit *unit, struct piece *function)
{
	struct match match = { .pool = build->pool, .image = unit->image };
	struct gone *gone = pool_alloc(build->pool, sizeof(*gone));

	report_where(unit->source);
	if (!select_is_traced(function)) {
		refuse("'%s' is gone, no stack tells of a jump to it, and ftrace does not know it",
		       function->name);
		note("keep the function as it is");
		return KB_REFUSED;
	}
	if (match_function(&match, function)) {
		refuse("'%s', compiled from the unpatched source, is not in %s: %s",
		       function->name, unit->image->path, match.why);
		note("build the kernel from this source with this compiler");
		return KB_REFUSED;
	}
	gone->unit = unit;
	gone->piece = function;
	if (!image_position(build->pool, unit->image, function->name, function->loc,
			    &gone->position))
		return refuse("the kernel does not know '%s' by name", function->name);
	ptrs_add(build->pool, &build->gone, gone);
	return identity_make(build, unit->image, function, &gone->identity);
}

/**
 * gone_replace - let the kernel wait for tasks in functions that are gone
 * @build: the build, to which they are added
 * @unit: a unit, whose pieces are compared
 *
 * The caller of a function that is gone has changed, and is on the stack, unless it has
 * jumped. A task in the function would switch then, and go on in old code. So the function
 * is replaced as well, by one that nothing leads to.
 *
 * Return: KB_OK; KB_REFUSED or KB_ERROR after a message.
 */
enum status gone_replace(struct build *build, struct unit *unit)
{
	enum status status = KB_OK, one;
	struct piece *piece;
	size_t i;

	for_each(&unit->before->pieces, i, piece) {
		if (!is_gone(piece) || !is_jumped(build, unit, piece))
			continue;
		one = replace(build, unit, piece);
		status = one > status ? one : status;
	}
	return status;
}
