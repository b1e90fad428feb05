// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: taking an object file apart into pieces.
 */
#include <stdlib.h>

#include "elf.h"
#include "insn.h"
#include "link.h"
#include "report.h"

/* Where pieces of a section begin, and the symbols there */
struct cut {
	uint64_t	offset;
	uint64_t	end;
	struct symbol	*symbol;
};

static struct piece *add_piece(struct pool *pool, struct object *object,
			       struct section *section, uint64_t offset, uint64_t end)
{
	struct piece *piece = pool_alloc(pool, sizeof(*piece));

	piece->object = object;
	piece->section = section;
	piece->offset = offset;
	piece->size = end - offset;
	piece->kind = section_is_code(section) ? PIECE_CODE : PIECE_DATA;
	piece->name = "";
	piece->root = piece;
	ptrs_add(pool, &section->pieces, piece);
	ptrs_add(pool, &object->pieces, piece);
	return piece;
}

static bool is_local(const struct cut *cut)
{
	return cut->symbol->bind == STB_LOCAL;
}

static int by_place(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	/* The longest one first: shorter ones at the same place are other names. */
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	/* Others know the function or variable by this name. */
	if (is_local(x) != is_local(y))
		return is_local(x) ? 1 : -1;
	return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

static bool names_piece(const struct section *section, const struct symbol *symbol)
{
	if (symbol->section != section || symbol->type == STT_SECTION ||
	    symbol->type == STT_FILE || str_starts(symbol->name, ".L") || !symbol->name[0])
		return false;
	return true;
}

static size_t find_cuts(struct pool *pool, struct object *object, struct section *section,
			struct cut **result)
{
	struct cut *cuts;
	size_t nr = 0;
	unsigned int i;

	for (i = 0; i < object->nr_symbols; i++)
		nr += names_piece(section, &object->symbols[i]);
	cuts = pool_alloc(pool, (nr + 1) * sizeof(*cuts));
	for (nr = 0, i = 0; i < object->nr_symbols; i++) {
		if (!names_piece(section, &object->symbols[i]))
			continue;
		cuts[nr].symbol = &object->symbols[i];
		cuts[nr].offset = object->symbols[i].value;
		cuts[nr++].end = object->symbols[i].value + object->symbols[i].size;
	}
	qsort(cuts, nr, sizeof(*cuts), by_place);
	*result = cuts;
	return nr;
}

/* All bytes are padding: zeroes, or NOPs in code */
static bool is_padding(const struct section *section, uint64_t offset, uint64_t end)
{
	struct insn insn;

	if (!section->data)
		return true;
	if (!section_is_code(section)) {
		for (; offset < end; offset++)
			if (section->data[offset])
				return false;
		return true;
	}
	for (; offset < end; offset += insn.length) {
		if (!section->data[offset] || section->data[offset] == 0xcc) {
			insn.length = 1;
			continue;
		}
		if (!insn_decode(section->data + offset, end - offset, &insn) ||
		    insn.kind != INSN_NOP)
			return false;
	}
	return true;
}

/* Is there an entry for the padding before a function? */
static bool is_entry(const struct object *object, const struct section *section,
		     uint64_t offset)
{
	const struct section *table;
	unsigned int i, j;

	for (i = 0; i < object->nr_sections; i++) {
		table = &object->sections[i];
		if (strcmp(table->name, "__patchable_function_entries"))
			continue;
		for (j = 0; j < table->nr_relocs; j++)
			if (table->relocs[j].symbol->section == section &&
			    table->relocs[j].symbol->value + table->relocs[j].addend == offset)
				return true;
	}
	return false;
}

/* An entry of the table by which KASAN knows the variables of a unit: struct kasan_global */
struct kasan_global {
	uint64_t	begin;		/* a relocation */
	uint64_t	size;
	uint64_t	with_zone;	/* the size, with the red zone behind it */
	uint64_t	others[5];
};

/* The first place in a gap, behind its beginning, where KASAN knows that something begins */
static uint64_t next_global(const struct object *object, const struct section *section,
			    uint64_t offset, uint64_t end)
{
	const struct kasan_global *global;
	const struct section *table;
	const struct reloc *reloc;
	unsigned int i, r;
	uint64_t begin;

	for (i = 0; i < object->nr_sections; i++) {
		table = &object->sections[i];
		if (strcmp(table->name, ".data..LASAN0") || !table->data)
			continue;
		for (r = 0; r < table->nr_relocs; r++) {
			reloc = &table->relocs[r];
			if (reloc->offset % sizeof(*global) || reloc->symbol->section != section ||
			    table->size - reloc->offset < sizeof(*global))
				continue;
			global = (const void *)(table->data + reloc->offset);
			begin = reloc->symbol->value + reloc->addend;
			if (begin > offset && begin < end)
				end = begin;
			if (begin + global->with_zone > offset && begin + global->with_zone < end)
				end = begin + global->with_zone;
		}
	}
	return end;
}

/* Bytes that no symbol covers */
static void add_gap(struct pool *pool, struct object *object, struct section *section,
		    uint64_t offset, uint64_t end, bool only)
{
	uint64_t next;

	if (offset >= end || (!only && is_padding(section, offset, end)))
		return;
	for (; offset < end; offset = next) {
		next = section_is_code(section) ? end :
		       next_global(object, section, offset, end);
		add_piece(pool, object, section, offset, next);
	}
}

static enum status split_by_symbols(struct pool *pool, struct object *object,
				    struct section *section)
{
	struct piece *piece = NULL;
	uint64_t done = 0, start;
	struct cut *cuts;
	size_t nr, i;

	nr = find_cuts(pool, object, section, &cuts);
	for (i = 0; i < nr; i++) {
		if (piece && cuts[i].offset < done && cuts[i].end > done)
			return error("%s: section %s: %s and %s overlap", object->path,
				     section->name, piece->name, cuts[i].symbol->name);
		/* Another name, or a name for a part: but an empty datum is its own. */
		if (piece && (cuts[i].offset < done || (cuts[i].offset == piece->offset &&
							cuts[i].end == done))) {
			cuts[i].symbol->piece = piece;
			map_add(object->names, cuts[i].symbol->name, piece);
			continue;
		}
		start = cuts[i].offset;
		if (section_is_code(section) && start - done >= 16 &&
		    is_entry(object, section, start - 16) &&
		    is_padding(section, start - 16, start))
			start -= 16;
		add_gap(pool, object, section, done, start, false);
		piece = add_piece(pool, object, section, start, cuts[i].end);
		piece->symbol = cuts[i].symbol;
		piece->name = piece->symbol->name;
		piece->entry = cuts[i].offset - start;
		cuts[i].symbol->piece = piece;
		map_add(object->names, piece->name, piece);
		done = cuts[i].end;
	}
	add_gap(pool, object, section, done, section->size, !nr);
	return KB_OK;
}

static enum status split_strings(struct pool *pool, struct object *object,
				 struct section *section)
{
	uint64_t offset, end;

	if (section->entsize != 1)
		return split_by_symbols(pool, object, section);
	for (offset = 0; offset < section->size; offset = end) {
		end = offset + strnlen((const char *)section->data + offset,
				       section->size - offset) + 1;
		if (end > section->size)
			return error("%s: a string in section %s has no end", object->path,
				     section->name);
		/* The zeroes that align the next string are empty strings. */
		add_piece(pool, object, section, offset, end);
	}
	return KB_OK;
}

static enum status split_evenly(struct pool *pool, struct object *object,
				struct section *section, uint64_t size)
{
	uint64_t offset;

	if (section->size && !section->data)
		return error("%s: section %s has no content", object->path, section->name);
	if (section->size % size)
		return error("%s: the size of section %s is no multiple of %llu", object->path,
			     section->name, (unsigned long long)size);
	for (offset = 0; offset < section->size; offset += size)
		add_piece(pool, object, section, offset, offset + size);
	return KB_OK;
}

/* An entry is a relocation, and what follows up to the next one. */
static enum status split_by_relocs(struct pool *pool, struct object *object,
				   struct section *section)
{
	uint64_t offset = 0, end;
	unsigned int i;

	if (!section->nr_relocs && section->size)
		return error("%s: section %s has no relocations", object->path, section->name);
	for (i = 0; i < section->nr_relocs; i++, offset = end) {
		end = i + 1 < section->nr_relocs ? section->relocs[i + 1].offset : section->size;
		if (i + 1 < section->nr_relocs && section->relocs[i + 1].offset < offset)
			return error("%s: section %s: its relocations overlap", object->path,
				     section->name);
		add_piece(pool, object, section, offset, end);
	}
	return KB_OK;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Notes for objtool and the like lead into the middle of parts. */
static bool leads_to_parts(const struct section *section)
{
	return section_is_code(section) || !strcmp(section->name, ".altinstructions");
}

/* Parts begin where relocations of code and alternatives lead. */
static enum status split_by_targets(struct pool *pool, struct object *object,
				    struct section *section)
{
	struct section *from;
	struct reloc *reloc;
	uint64_t *starts;
	size_t nr = 0, i;
	unsigned int s, r;

	for (s = 0; s < object->nr_sections; s++)
		nr += object->sections[s].nr_relocs;
	starts = pool_alloc(pool, (nr + 2) * sizeof(*starts));
	for (nr = 1, s = 0; s < object->nr_sections; s++) {
		from = &object->sections[s];
		if (from == section || !leads_to_parts(from))
			continue;
		for (r = 0; r < from->nr_relocs; r++) {
			reloc = &from->relocs[r];
			if (reloc->symbol->section == section &&
			    reloc->symbol->value + reloc->addend < section->size)
				starts[nr++] = reloc->symbol->value + reloc->addend;
		}
	}
	qsort(starts, nr, sizeof(*starts), by_value);
	starts[nr] = section->size;
	for (i = 0; i < nr; i++)
		if (starts[i] < starts[i + 1])
			add_piece(pool, object, section, starts[i], starts[i + 1]);
	return KB_OK;
}

static enum status split_section(struct pool *pool, struct object *object,
				 struct section *section)
{
	const struct special *special = section->special;
	struct piece *piece;
	enum status status;
	size_t i;

	if (special && special->kind == SPECIAL_IGNORED)
		return KB_OK;
	if (special && special->kind == SPECIAL_PART)
		return split_by_targets(pool, object, section);
	if (special && special->kind == SPECIAL_ENTRY) {
		status = special->size ? split_evenly(pool, object, section, special->size) :
					 split_by_relocs(pool, object, section);
		for_each(&section->pieces, i, piece)
			piece->kind = PIECE_ENTRY;
		return status;
	}
	if (section->flags & SHF_MERGE && section->flags & SHF_STRINGS && section->data)
		return split_strings(pool, object, section);
	if (section->flags & SHF_MERGE && section->entsize && section->data &&
	    !section->nr_relocs)
		return split_evenly(pool, object, section, section->entsize);
	return split_by_symbols(pool, object, section);
}

/**
 * object_split - take an object file apart
 * @pool: the pool that owns the pieces
 * @object: the file; its pieces are added
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status object_split(struct pool *pool, struct object *object)
{
	struct section *section;
	enum status status;
	unsigned int i;

	object->names = map_new(pool, object->nr_symbols);
	for (i = 0; i < object->nr_sections; i++) {
		section = &object->sections[i];
		if (!(section->flags & SHF_ALLOC) && !str_starts(section->name, ".discard."))
			continue;
		section->special = special_find(section->name);
		status = section_is_code(section) ? link_add_biases(object, section) : KB_OK;
		if (status)
			return status;
	}
	for (i = 0; i < object->nr_sections; i++) {
		section = &object->sections[i];
		if (!(section->flags & SHF_ALLOC) && !str_starts(section->name, ".discard."))
			continue;
		status = split_section(pool, object, section);
		if (status)
			return status;
	}
	return link_pieces(pool, object);
}
