// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: comparing the unpatched and the patched object of a unit.
 *
 * Two pieces are equal if their bytes and their relocations are. Two relocations are
 * equal if they lead to the same function or variable, by name, or to constants of equal
 * content. Nothing is left out but the bits that the table in special.c masks, and what
 * functions tell KASAN of the lines of their variables.
 */
#include "compare.h"

static bool equal(struct piece *before, struct piece *after);

/**
 * compare_leads_to_code - tell whether a piece has the address of code in it
 * @piece: the piece
 *
 * Return: true if it has, or may have.
 */
bool compare_leads_to_code(const struct piece *piece)
{
	unsigned int i;

	for (i = 0; i < piece->nr_relocs; i++)
		if (!piece->relocs[i].target ||
		    piece->relocs[i].target->kind == PIECE_CODE)
			return true;
	return false;
}

/**
 * compare_is_copied - tell whether a piece has no identity but its content
 * @piece: the piece
 *
 * Nobody compares the addresses of strings, of constants without a name, and of what the
 * compiler makes for a function, such as __func__.
 *
 * Return: true if the patch module may have a copy of the piece.
 */
bool compare_is_copied(const struct piece *piece)
{
	const struct special *special = piece->section->special;

	if (special && (special->kind == SPECIAL_PART || special->kind == SPECIAL_LISTED))
		return true;
	if (piece->kind != PIECE_DATA || !piece_is_constant(piece) || piece_is_init(piece))
		return false;
	if (!piece->symbol)
		return true;
	return piece_is_local(piece) && strchr(piece->name, '.') && !compare_leads_to_code(piece);
}

/* Is the content of a piece a part of what leads to it? */
static bool is_content(const struct piece *piece)
{
	return compare_is_copied(piece) || !piece->symbol ||
	       (piece_is_constant(piece) && piece_is_local(piece));
}

static bool is_within(const struct piece *piece, int64_t at)
{
	return at >= 0 && (uint64_t)at < piece->size;
}

/* A loop over a string may compare with an address behind its end. */
static bool same_string(const struct piece *before, int64_t from, const struct piece *after,
			int64_t at)
{
	if (!is_within(before, from) || !is_within(after, at))
		return from == at && before->size == after->size &&
		       !memcmp(piece_data(before), piece_data(after), after->size);
	return !strcmp((const char *)piece_data(before) + from,
		       (const char *)piece_data(after) + at);
}

/* Are both a string for KASAN, which tells the same of the frames? */
static bool same_frame(const struct reloc *before, const struct reloc *after)
{
	const struct piece *from = before->target, *to = after->target;

	return before->frame == FRAME_VARIABLES && after->frame == FRAME_VARIABLES &&
	       is_within(from, before->at) && is_within(to, after->at) &&
	       kasan_same_frame((const char *)piece_data(from) + before->at,
				(const char *)piece_data(to) + after->at);
}

static bool same_place(const struct reloc *before, const struct reloc *after)
{
	return before->at - (int64_t)before->target->entry ==
	       after->at - (int64_t)after->target->entry;
}

static bool same_target(const struct reloc *before, const struct reloc *after)
{
	struct piece *from = before->target, *to = after->target;

	if (!from || !to)
		return !from && !to && before->at == after->at &&
		       before->symbol->shndx == after->symbol->shndx &&
		       !strcmp(before->symbol->name, after->symbol->name) &&
		       before->symbol->bind == after->symbol->bind;
	if (piece_is_string(from) && piece_is_string(to))
		return same_frame(before, after) ||
		       same_string(from, before->at, to, after->at);
	if (!same_place(before, after))
		return false;
	if (compare_is_copied(from) && compare_is_copied(to))
		return equal(from, to);
	if (from->twin || to->twin)
		return from->twin == to && (!is_content(to) || equal(from, to));
	return is_content(from) && is_content(to) && equal(from, to);
}

static bool same_relocs(const struct piece *before, const struct piece *after)
{
	const struct reloc *from, *to;
	unsigned int i;

	if (before->nr_relocs != after->nr_relocs)
		return false;
	for (i = 0; i < after->nr_relocs; i++) {
		from = &before->relocs[i];
		to = &after->relocs[i];
		if (from->offset - before->offset != to->offset - after->offset ||
		    from->type != to->type || from->bias != to->bias ||
		    !same_target(from, to))
			return false;
	}
	return true;
}

static uint8_t masked(const struct piece *piece, uint64_t at)
{
	const struct special *special = piece->section->special;
	const uint8_t *data = piece_data(piece);
	uint8_t byte = data ? data[at] : 0;

	if (special && special->mask && at >= special->mask_at && at < special->mask_at + 4)
		byte &= ~(special->mask >> 8 * (at - special->mask_at));
	return byte;
}

static bool same_bytes(const struct piece *before, const struct piece *after)
{
	uint64_t i;

	if (before->size != after->size)
		return false;
	if (!piece_data(before) && !piece_data(after))
		return true;
	for (i = 0; i < after->size; i++)
		if (masked(before, i) != masked(after, i))
			return false;
	return true;
}

#define SAME_FLAGS	(SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR | SHF_TLS)

/* Is it this section, or one of its own for a function or a variable? */
static bool is_part(const char *name, const char *section)
{
	size_t length = strlen(section);

	return !strncmp(name, section, length) &&
	       (!name[length] || (name[length] == '.' && name[length + 1] != '.'));
}

/*
 * A function may move within .text, and to what is only run once: the one that exists does
 * the same. One that is no longer only run once does not exist any more. The kernel has
 * rules for the functions of other sections.
 */
static bool same_rules(const char *from, const char *to)
{
	if (!strcmp(from, to))
		return true;
	if (is_part(from, ".text"))
		return is_part(to, ".text") || is_part(to, ".init.text") ||
		       is_part(to, ".exit.text");
	return (is_part(from, ".init.text") && is_part(to, ".init.text")) ||
	       (is_part(from, ".exit.text") && is_part(to, ".exit.text"));
}

/* Where a variable is, if that is more than a place: per CPU, freed, or read-only one day */
static const char *memory_of(const char *section)
{
	static const struct {
		const char *section;
		const char *memory;
	} places[] = {
		{ ".data", ".data" },
		{ ".bss", ".data" },
		{ ".ref.data", ".data" },
		{ ".data..read_mostly", ".data" },
		{ ".data..cacheline_aligned", ".data" },
		{ ".rodata", ".rodata" },
		{ ".data..percpu..read_mostly", ".data..percpu" },
		{ ".data..percpu..shared_aligned", ".data..percpu" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (is_part(section, places[i].section))
			return places[i].memory;
	return section;
}

static bool same_memory(const char *from, const char *to)
{
	return !strcmp(memory_of(from), memory_of(to));
}

/* Has a section a new variable that its alignment may be that of? */
static bool has_new_aligned(const struct section *section)
{
	struct piece *piece;
	size_t i;

	for_each(&section->pieces, i, piece)
		if (!piece->twin && !(piece->offset % section->align))
			return true;
	return false;
}

/*
 * New code may rely on an alignment that a variable which exists does not have. In a section
 * with several variables it may be that of each of those which begin there.
 */
static bool is_aligned(const struct piece *before, const struct piece *after)
{
	uint64_t align = after->section->align;

	return before->section->align >= align || after->offset % align ||
	       has_new_aligned(after->section);
}

/* A variable's section may bear its name, which has a number. */
static bool same_kind(const struct piece *before, const struct piece *after)
{
	const struct section *from = before->section, *to = after->section;

	if (before->kind != after->kind || (from->flags ^ to->flags) & SAME_FLAGS ||
	    from->special != to->special)
		return false;
	if (before->kind == PIECE_CODE && before->twin == after)
		return same_rules(from->name, to->name);
	if (before->kind == PIECE_DATA && before->twin == after)
		return is_aligned(before, after) && same_memory(from->name, to->name);
	return !strcmp(from->name, to->name) ||
	       (str_starts(from->name, ".rodata") && str_starts(to->name, ".rodata"));
}

static bool same_entries(const struct ptrs *before, const struct ptrs *after)
{
	size_t i;

	if (before->nr != after->nr)
		return false;
	for (i = 0; i < after->nr; i++)
		if (!equal(before->at[i], after->at[i]))
			return false;
	return true;
}

/* An entry leads to a place in its function by its first relocation, like any other. */
static bool equal(struct piece *before, struct piece *after)
{
	bool same;

	/* A circle: equal if all else in it is. Another pair is none: it counts as a change. */
	if (after->comparing)
		return after->comparing == before;
	after->comparing = before;
	same = same_kind(before, after) && before->entry == after->entry &&
	       same_bytes(before, after) && same_relocs(before, after) &&
	       same_entries(&before->entries, &after->entries);
	after->comparing = NULL;
	return same;
}

/**
 * compare_data - compare two pieces
 * @before: one of the unpatched object
 * @after: one of the patched object
 *
 * Return: true if they are equal; of functions, without their .cold parts.
 */
bool compare_data(struct piece *before, struct piece *after)
{
	return equal(before, after);
}

static bool same_binding(const struct piece *before, const struct piece *after)
{
	return piece_is_local(before) == piece_is_local(after);
}

static const char *why(const struct piece *before, const struct piece *after)
{
	if (!same_kind(before, after))
		return before->kind != PIECE_DATA || is_aligned(before, after) ||
		       !same_memory(before->section->name, after->section->name) ?
		       "section" : "alignment";
	if (before->size != after->size)
		return "size";
	if (!same_bytes(before, after))
		return "content";
	if (!same_relocs(before, after))
		return "reference";
	return same_binding(before, after) ? "table" : "linkage";
}

static bool equal_function(struct piece *before, struct piece *after, const char **reason)
{
	struct piece *part;
	size_t i;

	if (before->parts.nr != after->parts.nr) {
		*reason = "unlikely part";
		return false;
	}
	if (!same_binding(before, after)) {
		*reason = "linkage";
		return false;
	}
	if (!equal(before, after)) {
		*reason = why(before, after);
		return false;
	}
	for_each(&after->parts, i, part) {
		if (!part->twin || part->twin->root != before || !equal(part->twin, part)) {
			*reason = "unlikely part";
			return false;
		}
	}
	return true;
}

static void judge(struct piece *piece)
{
	if (!piece->symbol || piece->kind == PIECE_ENTRY || piece->root != piece)
		return;
	if (!piece->twin) {
		piece->verdict = VERDICT_NEW;
		return;
	}
	piece->verdict = VERDICT_EQUAL;
	if (piece->kind == PIECE_CODE) {
		if (!equal_function(piece->twin, piece, &piece->why))
			piece->verdict = VERDICT_CHANGED;
	} else if (!equal(piece->twin, piece) || !same_binding(piece->twin, piece)) {
		piece->why = why(piece->twin, piece);
		piece->verdict = VERDICT_CHANGED;
	}
	piece->twin->verdict = piece->verdict;
}

/**
 * compare_objects - find what a fix changes in a unit
 * @pool: for temporary memory
 * @before: the unpatched object
 * @after: the patched object; the verdicts of its named pieces are set
 */
void compare_objects(struct pool *pool, struct object *before, struct object *after)
{
	struct piece *piece;
	size_t i;

	pair_pieces(pool, before, after);
	gone_pair(pool, before, after);
	for_each(&after->pieces, i, piece)
		judge(piece);
}
