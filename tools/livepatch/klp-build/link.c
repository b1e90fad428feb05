// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what leads to what in an object file, and what a piece is.
 */
#include <stdlib.h>

#include "elf.h"
#include "insn.h"
#include "link.h"
#include "report.h"

/**
 * link_add_biases - find the instructions that a section's relocations are in
 * @object: the object file
 * @section: a section with code
 *
 * What is relative to the instruction pointer is relative to the next instruction.
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status link_add_biases(struct object *object, struct section *section)
{
	unsigned int i = 0, left;
	struct reloc *reloc;
	struct insn insn;
	uint64_t offset;

	for (offset = 0; i < section->nr_relocs; offset += insn.length) {
		if (offset >= section->size ||
		    !insn_decode(section->data + offset, section->size - offset, &insn))
			return error("%s: section %s: there is no instruction at %#llx",
				     object->path, section->name, (unsigned long long)offset);
		for (; i < section->nr_relocs; i++) {
			reloc = &section->relocs[i];
			if (reloc->offset >= offset + insn.length)
				break;
			reloc->insn = offset;
			left = offset + insn.length - reloc->offset;
			if (left < reloc_width(reloc) || reloc->offset == offset)
				return error("%s: section %s: a relocation at %#llx is in no field",
					     object->path, section->name,
					     (unsigned long long)reloc->offset);
			if (reloc->type == R_X86_64_PC32 || reloc->type == R_X86_64_PLT32)
				reloc->bias = left;
			reloc->addend += reloc->bias;
		}
	}
	return KB_OK;
}

/*
 * A branch to another piece of the section, which the assembler has resolved: the pieces
 * may part, so it gets the relocation that it would have in a section of its own.
 */
static void add_exit(struct pool *pool, struct section *section, size_t *room,
		     struct symbol *base, uint64_t offset, const struct insn *insn)
{
	bool is_short = insn->length < 5;
	unsigned int width = is_short ? 1 : 4;
	uint64_t place = offset + insn->length - width;
	struct reloc *relocs = section->relocs;

	if (section->nr_relocs == *room) {
		*room = 2 * *room + 8;
		section->relocs = pool_alloc(pool, *room * sizeof(*relocs));
		if (section->nr_relocs)
			memcpy(section->relocs, relocs, section->nr_relocs * sizeof(*relocs));
	}
	section->relocs[section->nr_relocs++] = (struct reloc){
		.offset = place, .type = R_X86_64_PLT32, .bias = width, .symbol = base,
		.addend = offset + insn->target, .insn = offset, .is_short = is_short,
	};
	/* The content is our own copy: see elf.c. */
	memset((uint8_t *)section->data + place, 0, width);
}

static bool has_reloc(const struct section *section, unsigned int nr, uint64_t insn)
{
	size_t low = 0, high = nr, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (section->relocs[middle].insn < insn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nr && section->relocs[low].insn == insn;
}

static int by_offset(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void find_exits(struct pool *pool, struct section *section)
{
	unsigned int nr = section->nr_relocs;
	size_t room = section->nr_relocs;
	struct symbol *base = NULL;
	const uint8_t *code;
	struct piece *piece;
	struct insn insn;
	uint64_t at;
	size_t i;

	for_each(&section->pieces, i, piece) {
		code = piece_data(piece);
		for (at = piece->entry; at < piece->size; at += insn.length) {
			if (!insn_decode(code + at, piece->size - at, &insn))
				break;
			if (!insn_branches(&insn) || at + insn.target < piece->size ||
			    has_reloc(section, nr, piece->offset + at))
				continue;
			if (!base) {
				base = pool_alloc(pool, sizeof(*base));
				*base = (struct symbol){ .name = "", .type = STT_SECTION,
							 .section = section };
			}
			add_exit(pool, section, &room, base, piece->offset + at, &insn);
		}
	}
	if (section->nr_relocs > nr)
		qsort(section->relocs, section->nr_relocs, sizeof(*section->relocs), by_offset);
}

static struct piece *piece_at(const struct section *section, int64_t offset)
{
	size_t low = 0, high = section->pieces.nr, middle;
	struct piece *piece;

	/* The last one that does not begin behind the place; empty ones come first. */
	while (low < high) {
		middle = (low + high) / 2;
		piece = section->pieces.at[middle];
		if ((int64_t)piece->offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low)
		return section->pieces.at[low - 1];
	return section->pieces.nr ? section->pieces.at[0] : NULL;
}

static void find_target(struct reloc *reloc)
{
	struct symbol *symbol = reloc->symbol;
	int64_t offset = symbol->value + reloc->addend;

	reloc->at = reloc->addend;
	if (!symbol->section)
		return;
	/* A place before or behind a label still belongs to what the label is of. */
	reloc->target = symbol->piece ? symbol->piece :
			piece_at(symbol->section, symbol->type == STT_SECTION ? offset :
						  (int64_t)symbol->value);
	if (reloc->target)
		reloc->at = offset - reloc->target->offset;
}

static void give_relocs(struct section *section)
{
	struct piece *piece;
	unsigned int r = 0;
	size_t i;

	for_each(&section->pieces, i, piece) {
		while (r < section->nr_relocs && section->relocs[r].offset < piece->offset)
			r++;
		piece->relocs = section->relocs + r;
		while (r < section->nr_relocs &&
		       section->relocs[r].offset < piece->offset + piece->size) {
			r++;
			piece->nr_relocs++;
		}
	}
}

/* A part without a name belongs to the function that leads to it. */
static void adopt_parts(struct piece *piece)
{
	struct piece *part;
	unsigned int i;

	for (i = 0; i < piece->nr_relocs; i++) {
		part = piece->relocs[i].target;
		if (part && part->kind == PIECE_CODE && part->section->special &&
		    part->section->special->kind == SPECIAL_PART && part->root == part &&
		    part != piece)
			part->root = piece->root->root;
	}
}

static void find_parts(struct object *object)
{
	struct piece *piece;
	size_t i;

	for_each(&object->pieces, i, piece)
		if (piece->kind == PIECE_ENTRY || piece->symbol)
			adopt_parts(piece);
}

static void find_cold(struct pool *pool, struct object *object)
{
	struct piece *piece, *root;
	const char *cold;
	size_t i;

	for_each(&object->pieces, i, piece) {
		cold = strstr(piece->name, ".cold");
		if (piece->kind != PIECE_CODE || !cold || (cold[5] && cold[5] != '.'))
			continue;
		root = map_get(object->names,
			       pool_printf(pool, "%.*s", (int)(cold - piece->name), piece->name));
		if (root && root->kind == PIECE_CODE) {
			piece->root = root;
			ptrs_add(pool, &root->parts, piece);
		}
	}
}

static enum status attach_entries(struct pool *pool, struct object *object)
{
	struct piece *piece;
	size_t i;

	for_each(&object->pieces, i, piece) {
		if (piece->kind != PIECE_ENTRY)
			continue;
		if (!piece->nr_relocs || !piece->relocs[0].target ||
		    piece->relocs[0].offset != piece->offset)
			return error("%s: entry %#llx of section %s belongs to no function",
				     object->path, (unsigned long long)piece->offset,
				     piece->section->name);
		piece->root = piece->relocs[0].target;
		ptrs_add(pool, &piece->root->entries, piece);
	}
	return KB_OK;
}

/*
 * An alternative with nothing in it, as the second one of static_cpu_has(), is said to be
 * where the next function's begins. Nothing is read there, so any place does.
 */
static void settle_empty(struct section *section)
{
	struct reloc *instr, *replacement;
	uint64_t entry;
	unsigned int r;

	if (strcmp(section->name, ".altinstructions") || !section->data)
		return;
	/* struct alt_instr: two offsets, flags, and the lengths */
	for (r = 1; r < section->nr_relocs; r++) {
		instr = &section->relocs[r - 1];
		replacement = &section->relocs[r];
		entry = instr->offset;
		if (entry % 14 || replacement->offset != entry + 4 ||
		    entry + 14 > section->size || section->data[entry + 13])
			continue;
		replacement->symbol = instr->symbol;
		replacement->addend = instr->addend;
	}
}

/**
 * link_pieces - find where relocations lead, and what belongs together
 * @pool: for memory of the pieces
 * @object: the object file, with its pieces
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status link_pieces(struct pool *pool, struct object *object)
{
	struct section *section;
	enum status status;
	unsigned int i, r;

	for (i = 0; i < object->nr_sections; i++) {
		section = &object->sections[i];
		if (section_is_code(section) && section->data && section->pieces.nr > 1)
			find_exits(pool, section);
		settle_empty(section);
		for (r = 0; r < section->nr_relocs; r++)
			find_target(&section->relocs[r]);
		give_relocs(section);
	}
	kasan_find_frames(object);
	find_cold(pool, object);
	status = attach_entries(pool, object);
	find_parts(object);
	return status;
}

/**
 * piece_is_constant - tell whether a piece is data that is never written
 * @piece: the piece
 *
 * Return: true if it is.
 */
bool piece_is_constant(const struct piece *piece)
{
	return piece->kind == PIECE_DATA && !(piece->section->flags & SHF_WRITE) &&
	       !str_starts(piece->section->name, ".data");
}

/**
 * piece_is_init - tell whether a piece is freed after the initialization
 * @piece: the piece
 *
 * Return: true if it is.
 */
bool piece_is_init(const struct piece *piece)
{
	return str_starts(piece->section->name, ".init.");
}

/**
 * piece_is_string - tell whether a piece is a string without a name
 * @piece: the piece
 *
 * Return: true if it is.
 */
bool piece_is_string(const struct piece *piece)
{
	return piece->kind == PIECE_DATA && piece->section->flags & SHF_STRINGS &&
	       piece->section->entsize == 1 && !piece->symbol && piece->section->data;
}

/**
 * piece_title - describe a piece for a message
 * @pool: the pool that owns the text
 * @piece: the piece
 *
 * Return: the text.
 */
const char *piece_title(struct pool *pool, const struct piece *piece)
{
	if (piece->name[0])
		return piece->name;
	return pool_printf(pool, "%s+%#llx", piece->section->name,
			   (unsigned long long)piece->offset);
}
