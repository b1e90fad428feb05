// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: comparing the instructions of a function with those in an image.
 *
 * The instructions are compared one by one, and what their relocations lead to. What may
 * differ is what the build changes after the compiler:
 *
 * - NOPs, which align code and pad alternatives, and what is a NOP until it is patched:
 *   calls to __fentry__, static branches;
 * - the lengths of jumps, which depend on the distance.
 *
 * From what a function leads to follows where the variables and functions of the unit are.
 */
#include "image.h"
#include "insn.h"
#include "report.h"
#include "walk.h"

/* How many pieces without a name, or constants, may lead from one to the next */
#define MAX_DEPTH	30

/* The alignment of constants without a name leaves less than this before the next one. */
#define MAX_PADDING	16

/* A jump inside of the function: where it leads in both */
struct jump {
	uint64_t	here;
	uint64_t	there;
};

/* The comparison of one run of code */
struct walk {
	struct match	*match;
	struct piece	*piece;
	const uint8_t	*code;		/* ours */
	uint64_t	at;
	uint64_t	end;
	uint64_t	loc;		/* of the image's code */
	const uint8_t	*there;
	uint64_t	there_at;
	uint64_t	there_end;
	uint64_t	*map;		/* our places to the image's, plus one */
	unsigned int	reloc;		/* the next one */
	struct ptrs	jumps;
	struct ptrs	*bounds;
	unsigned int	depth;
};

static bool fail(struct walk *walk, const char *what)
{
	struct pool *pool = walk->match->pool;

	if (!walk->match->why)
		walk->match->why =
			pool_printf(pool, "%s differ at %s+%#llx\n    in the image:         %s\n"
				    "    compiled from source: %s", what,
				    piece_title(pool, walk->piece),
				    (unsigned long long)(walk->at - walk->piece->entry),
				    insn_print(pool, walk->there + walk->there_at,
					       walk->there_end - walk->there_at),
				    insn_print(pool, walk->code + walk->at,
					       walk->end - walk->at));
	return false;
}

/* @again: set to true if it is known already. */
static bool bind(struct walk *walk, struct piece *piece, uint64_t loc, bool *again)
{
	struct bound *bound;
	size_t i;

	*again = piece->found > FOUND_NOWHERE;
	if (*again && piece->loc != loc)
		return false;
	for_each(walk->bounds, i, bound) {
		if (bound->piece == piece) {
			*again = true;
			return bound->loc == loc;
		}
	}
	bound = pool_alloc(walk->match->pool, sizeof(*bound));
	bound->piece = piece;
	bound->loc = loc;
	ptrs_add(walk->match->pool, walk->bounds, bound);
	return true;
}

static bool same_goal(struct walk *walk, const struct reloc *reloc, const struct goal *goal);

/*
 * Follow a relocation to data that is never written: its content must be the same, from
 * @from to @to.
 */
static bool same_range(struct walk *walk, const struct piece *piece, uint64_t loc, uint64_t from,
		       uint64_t to)
{
	const struct image *image = walk->match->image;
	const uint8_t *data = piece_data(piece), *there;
	const struct reloc *reloc;
	uint64_t left, i;
	struct goal goal;
	unsigned int r = 0;
	bool same = true;

	there = image_bytes(image, loc + from, &left);
	if (!there || left < to - from)
		return !there && !data;
	if (walk->depth > MAX_DEPTH)
		return false;
	walk->depth++;
	for (i = from; same && i < to; i++) {
		while (r < piece->nr_relocs && piece->relocs[r].offset - piece->offset < i)
			r++;
		if (r == piece->nr_relocs || piece->relocs[r].offset - piece->offset != i) {
			same = there[i - from] == (data ? data[i] : 0) &&
			       !image_has_reloc(image, loc + i);
			continue;
		}
		reloc = &piece->relocs[r];
		same = image_goal(image, loc + i, reloc->type, 0, &goal) &&
		       same_goal(walk, reloc, &goal);
		i += reloc_width(reloc) - 1;
	}
	walk->depth--;
	return same;
}

static bool same_content(struct walk *walk, const struct piece *piece, uint64_t loc, uint64_t from)
{
	return same_range(walk, piece, loc, from, piece->size);
}

/* The next place of a piece that something leads to, or its end */
static uint64_t next_goal(const struct piece *piece, uint64_t from)
{
	const struct object *object = piece->object;
	const struct reloc *reloc;
	uint64_t to = piece->size;
	unsigned int s, r;

	for (s = 1; s < object->nr_sections; s++) {
		for (r = 0; r < object->sections[s].nr_relocs; r++) {
			reloc = &object->sections[s].relocs[r];
			if (reloc->target == piece && reloc->at > (int64_t)from &&
			    reloc->at < (int64_t)to)
				to = reloc->at;
		}
	}
	return to;
}

/*
 * In an object that kbuild has made, constants without a name share a piece, in another
 * order than in the patch module, and with other padding.
 */
static bool same_constant(struct walk *walk, const struct piece *piece, uint64_t loc, int64_t at)
{
	const uint8_t *data = piece_data(piece);
	unsigned int padding;
	uint64_t to;

	if (at < 0 || (uint64_t)at >= piece->size)
		return false;
	to = next_goal(piece, at);
	for (padding = 0; padding < MAX_PADDING; padding++, to--) {
		if (same_range(walk, piece, loc, at, to))
			return true;
		if (!data || to - 1 <= (uint64_t)at || data[to - 1])
			break;
	}
	return false;
}

static bool same_outside(const struct image *image, const struct reloc *reloc,
			 const struct goal *goal)
{
	if (goal->name)
		return !strcmp(goal->name, reloc->symbol->name) &&
		       (int64_t)goal->loc == reloc->at;
	if (image_symbol(image, reloc->symbol->name, goal->loc - reloc->at))
		return true;
	return reloc->symbol->bind == STB_WEAK && goal->loc == (uint64_t)reloc->at &&
	       !map_get(image->names, reloc->symbol->name);
}

static void add_jump(struct walk *walk, uint64_t here, uint64_t there)
{
	struct jump *jump = pool_alloc(walk->match->pool, sizeof(*jump));

	jump->here = here;
	jump->there = there;
	ptrs_add(walk->match->pool, &walk->jumps, jump);
}

/*
 * What has a name is at the place of a symbol of the name. Tables are compared. A weak
 * symbol may be that of another file: this says nothing about our piece.
 */
static bool same_named(struct walk *walk, struct piece *target, uint64_t loc)
{
	bool again;

	if (target->symbol->bind == STB_WEAK)
		return image_symbol(walk->match->image, target->name, loc);
	if (!image_symbol(walk->match->image, target->name, loc) ||
	    !bind(walk, target, loc, &again))
		return false;
	if (again || !piece_is_constant(target) || target->section->special)
		return true;
	return same_content(walk, target, loc - target->entry, 0);
}

static bool same_goal(struct walk *walk, const struct reloc *reloc, const struct goal *goal)
{
	const struct image *image = walk->match->image;
	struct piece *target = reloc->target;
	uint64_t loc;

	if (walk->match->verify && (!target || goal->name))
		return verify_goal(walk->match->verify, reloc, goal, walk->bounds);
	if (!target)
		return same_outside(image, reloc, goal);
	if (goal->name)
		return false;
	loc = goal->loc - reloc->at;
	if (target == walk->piece && reloc->at != (int64_t)target->entry) {
		add_jump(walk, reloc->at, goal->loc - walk->loc);
		return true;
	}
	if (target->symbol)
		return same_named(walk, target, loc + target->entry);
	if (target->kind == PIECE_CODE)
		return walk->depth > MAX_DEPTH ||
		       walk_code(walk->match, target, loc, target->size, walk->bounds,
				 walk->depth + 1);
	/* A loop over a string may compare with an address behind its end. */
	if (piece_is_string(target) && (reloc->at < 0 || (uint64_t)reloc->at >= target->size))
		return same_content(walk, target, loc, 0);
	if (walk->match->verify)
		return same_constant(walk, target, loc, reloc->at);
	return same_content(walk, target, loc, piece_is_string(target) ? reloc->at : 0);
}

/* Is there an entry of a table for the instruction? */
static bool has_entry(const struct piece *piece, const char *table, uint64_t at)
{
	struct piece *entry;
	size_t i;

	for_each(&piece->entries, i, entry)
		if (!strcmp(entry->section->name, table) &&
		    (uint64_t)entry->relocs[0].at == at)
			return true;
	return false;
}

/* May the image have a NOP in its place? */
static bool may_be_nop(const struct walk *walk, const struct insn *insn)
{
	if (insn->kind == INSN_CALL)
		return has_entry(walk->piece, "__mcount_loc", walk->at);
	return insn->kind == INSN_JMP && has_entry(walk->piece, "__jump_table", walk->at);
}

static bool is_filler(const struct insn *insn, uint8_t byte)
{
	return insn->kind == INSN_NOP || byte == 0xcc;
}

static bool skip_nops(const uint8_t *code, uint64_t *at, uint64_t end, struct insn *insn)
{
	while (*at < end) {
		if (!insn_decode(code + *at, end - *at, insn))
			return false;
		if (!is_filler(insn, code[*at]))
			return true;
		*at += insn->length;
	}
	return true;
}

static bool same_branch(struct walk *walk, const struct insn *ours, const struct insn *other)
{
	struct reloc *reloc = NULL;
	struct goal goal;

	if (ours->kind != other->kind || ours->mnemonic != other->mnemonic)
		return fail(walk, "the instructions");
	if (walk->reloc < walk->piece->nr_relocs &&
	    walk->piece->relocs[walk->reloc].offset - walk->piece->offset <
	    walk->at + ours->length)
		reloc = &walk->piece->relocs[walk->reloc++];
	goal.name = NULL;
	goal.loc = walk->loc + walk->there_at + other->target;
	if (other->length >= 5 &&
	    !image_goal(walk->match->image, walk->loc + walk->there_at + other->length - 4,
			R_X86_64_PC32, 4, &goal))
		return fail(walk, "the jumps");
	/* emit.c has lengthened it. */
	if (walk->match->verify && reloc && reloc->is_short &&
	    !image_goal(walk->match->image, goal.loc + 1, R_X86_64_PC32, 4, &goal))
		return fail(walk, "the jumps");
	if (reloc)
		return same_goal(walk, reloc, &goal) || fail(walk, "the functions called");
	if (goal.name)
		return fail(walk, "the jumps");
	add_jump(walk, walk->at + ours->target, goal.loc - walk->loc);
	return true;
}

static bool same_insn(struct walk *walk, const struct insn *ours, const struct insn *other)
{
	const uint8_t *a = walk->code + walk->at, *b = walk->there + walk->there_at;
	uint8_t left[16], right[16];
	bool relocated[16] = { };
	struct reloc *reloc;
	struct goal goal;
	uint64_t field;
	unsigned int i;

	if (ours->length != other->length)
		return fail(walk, "the instructions");
	memcpy(left, a, ours->length);
	memcpy(right, b, ours->length);
	while (walk->reloc < walk->piece->nr_relocs) {
		reloc = &walk->piece->relocs[walk->reloc];
		field = reloc->offset - walk->piece->offset - walk->at;
		if (field >= ours->length)
			break;
		walk->reloc++;
		relocated[field] = true;
		memset(left + field, 0, reloc_width(reloc));
		memset(right + field, 0, reloc_width(reloc));
		if (!image_goal(walk->match->image, walk->loc + walk->there_at + field,
				reloc->type, reloc->bias, &goal) ||
		    !same_goal(walk, reloc, &goal))
			return fail(walk, "the operands");
	}
	for (i = 0; i < ours->length; i++)
		if (!relocated[i] &&
		    image_has_reloc(walk->match->image, walk->loc + walk->there_at + i))
			return fail(walk, "the operands");
	return !memcmp(left, right, ours->length) || fail(walk, "the instructions");
}

/* Entries of tables lead to NOPs that the kernel replaces. */
static void map_nops(struct walk *walk)
{
	uint64_t at = walk->at, there = walk->there_at;
	struct insn ours, other;

	while (at < walk->end && there < walk->there_end &&
	       insn_decode(walk->code + at, walk->end - at, &ours) &&
	       insn_decode(walk->there + there, walk->there_end - there, &other) &&
	       is_filler(&ours, walk->code[at]) && is_filler(&other, walk->there[there]) &&
	       ours.length == other.length) {
		walk->map[at] = there + 1;
		at += ours.length;
		there += other.length;
	}
}

static bool step(struct walk *walk)
{
	struct insn ours, other;
	bool same;

	map_nops(walk);
	if (!skip_nops(walk->code, &walk->at, walk->end, &ours))
		return fail(walk, "the instructions");
	if (walk->at < walk->end && may_be_nop(walk, &ours) && walk->there_at < walk->there_end &&
	    insn_decode(walk->there + walk->there_at, walk->there_end - walk->there_at, &other) &&
	    other.kind == INSN_NOP) {
		walk->map[walk->at] = walk->there_at + 1;
		while (walk->reloc < walk->piece->nr_relocs &&
		       walk->piece->relocs[walk->reloc].offset - walk->piece->offset <
		       walk->at + ours.length)
			walk->reloc++;
		walk->at += ours.length;
		walk->there_at += other.length;
		return true;
	}
	if (!skip_nops(walk->there, &walk->there_at, walk->there_end, &other))
		return fail(walk, "the instructions");
	walk->map[walk->at] = walk->there_at + 1;
	if (walk->at == walk->end || walk->there_at == walk->there_end)
		return walk->at == walk->end && walk->there_at == walk->there_end ? true :
		       fail(walk, "the lengths");
	if (insn_branches(&ours) || insn_branches(&other))
		same = same_branch(walk, &ours, &other);
	else
		same = same_insn(walk, &ours, &other);
	if (!same)
		return false;
	walk->at += ours.length;
	walk->there_at += other.length;
	return true;
}

/* Both jumps lead to the same instruction, NOPs before it left out. */
static bool same_jump(struct walk *walk, const struct jump *jump)
{
	uint64_t here = jump->here, there = jump->there;
	struct insn insn;

	if (here > walk->end || there > walk->there_end)
		return false;
	if (here < walk->end && walk->map[here] == there + 1)
		return true;
	skip_nops(walk->code, &here, walk->end, &insn);
	skip_nops(walk->there, &there, walk->there_end, &insn);
	return walk->map[here] == there + 1;
}

/**
 * walk_data - compare a constant with the data at a place of the image
 * @match: the image
 * @piece: the constant
 * @loc: the place
 * @bounds: what @piece leads to is added to it (struct bound)
 *
 * Return: true if they are the same.
 */
bool walk_data(struct match *match, struct piece *piece, uint64_t loc, struct ptrs *bounds)
{
	struct walk walk = { .match = match, .piece = piece, .bounds = bounds };

	return same_content(&walk, piece, loc, 0);
}

/**
 * walk_reloc - compare what a relocation of a piece leads to with what a field leads to
 * @match: the image
 * @piece: the piece
 * @reloc: its relocation
 * @loc: the place of the field
 * @bounds: what @reloc leads to is added to it (struct bound)
 *
 * Return: true if it is the same.
 */
bool walk_reloc(struct match *match, struct piece *piece, const struct reloc *reloc, uint64_t loc,
		struct ptrs *bounds)
{
	struct walk walk = { .match = match, .piece = piece, .bounds = bounds };
	struct goal goal;

	return image_goal(match->image, loc, reloc->type, 0, &goal) &&
	       same_goal(&walk, reloc, &goal);
}

/**
 * walk_code - compare code with that at a place of the image
 * @match: the image; &match.why is set if they differ, else &match.map
 * @piece: the code
 * @loc: the place
 * @size: how long the image's code is
 * @bounds: what @piece leads to is added to it (struct bound)
 * @depth: how many pieces without a name have led here
 *
 * Return: true if they are the same.
 */
bool walk_code(struct match *match, struct piece *piece, uint64_t loc, uint64_t size,
	       struct ptrs *bounds, unsigned int depth)
{
	struct walk walk = {
		.match = match, .piece = piece, .code = piece_data(piece),
		.at = piece->entry, .end = piece->size, .loc = loc, .there_end = size,
		.bounds = bounds, .depth = depth,
	};
	struct jump *jump;
	uint64_t left;
	size_t i;

	walk.there = image_bytes(match->image, loc, &left);
	if (!walk.there || left < size || !walk.code) {
		match->why = pool_printf(match->pool, "the image has no code there");
		return false;
	}
	walk.map = pool_alloc(match->pool, (piece->size + 1) * sizeof(*walk.map));
	while (walk.at < walk.end || walk.there_at < walk.there_end)
		if (!step(&walk))
			return false;
	walk.map[walk.end] = size + 1;
	for_each(&walk.jumps, i, jump) {
		if (!same_jump(&walk, jump)) {
			walk.at = jump->here < walk.end ? jump->here : walk.end;
			walk.there_at = jump->there < size ? jump->there : size;
			return fail(&walk, "the goals of jumps");
		}
	}
	match->map = walk.map;
	return true;
}
