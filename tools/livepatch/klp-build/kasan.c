// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what the compiler adds for KASAN that is no part of what a function does.
 */
#include <stdlib.h>

#include "elf.h"
#include "insn.h"

/* A function with variables in red zones begins its frame with this, and two addresses. */
#define FRAME_MAGIC	0x41b58ab3

static bool store_at(const struct piece *piece, uint64_t at, struct insn_store *store)
{
	return insn_stores(piece_data(piece) + at, piece->size - at, store);
}

static void find_frame(struct piece *piece, const struct insn_store *magic)
{
	struct insn_store store;
	struct reloc *reloc;
	unsigned int i;

	for (i = 0; i < piece->nr_relocs; i++) {
		reloc = &piece->relocs[i];
		if (reloc->type != R_X86_64_32S || !reloc->target ||
		    !store_at(piece, reloc->insn - piece->offset, &store) ||
		    store.base != magic->base)
			continue;
		if (store.at == magic->at + 8 && piece_is_string(reloc->target))
			reloc->frame = FRAME_VARIABLES;
		else if (store.at == magic->at + 16 && reloc->target == piece &&
			 reloc->at == (int64_t)piece->entry)
			reloc->frame = FRAME_FUNCTION;
	}
}

/**
 * kasan_find_frames - find what functions tell KASAN of their frames
 * @object: the object file, whose relocations are linked; their @frame is set
 */
void kasan_find_frames(struct object *object)
{
	const uint32_t value = FRAME_MAGIC;
	struct insn_store magic;
	struct piece *piece;
	struct insn insn;
	uint64_t at;
	size_t i;

	for_each(&object->pieces, i, piece) {
		if (piece->kind != PIECE_CODE || !piece_data(piece) ||
		    !memmem(piece_data(piece), piece->size, &value, sizeof(value)))
			continue;
		for (at = piece->entry; at < piece->size; at += insn.length) {
			if (!insn_decode(piece_data(piece) + at, piece->size - at, &insn))
				break;
			if (store_at(piece, at, &magic) && magic.value == FRAME_MAGIC)
				find_frame(piece, &magic);
		}
	}
}

/* "OFFSET SIZE LENGTH NAME:LINE": set what counts, and go on behind it */
static bool read_variable(const char **text, unsigned long *offset, unsigned long *size)
{
	unsigned long length;
	char *end;

	*offset = strtoul(*text, &end, 10);
	*size = strtoul(end, &end, 10);
	length = strtoul(end, &end, 10);
	if (*end != ' ' || !length || strnlen(end + 1, length) < length)
		return false;
	*text = end + 1 + length;
	return true;
}

/**
 * kasan_same_frame - tell whether two frames have the same variables
 * @before: what one of two functions tells KASAN
 * @after: what the other one does
 *
 * The names and lines of the variables, which are in the strings, are only for reports.
 *
 * Return: true if all variables have the same places and sizes.
 */
bool kasan_same_frame(const char *before, const char *after)
{
	unsigned long nr, others, offset, size, other_offset, other_size;
	char *from, *to;

	nr = strtoul(before, &from, 10);
	others = strtoul(after, &to, 10);
	if (nr != others)
		return false;
	before = from;
	after = to;
	while (nr--)
		if (!read_variable(&before, &offset, &size) ||
		    !read_variable(&after, &other_offset, &other_size) ||
		    offset != other_offset || size != other_size)
			return false;
	return !*before && !*after;
}

/**
 * piece_is_registration - tell whether a piece is code that tells KASAN of variables
 * @piece: the piece
 *
 * The compiler makes such a function for each unit. It has run when the kernel or the
 * module was started. What is new in a patch module has no red zones then.
 *
 * Return: true if it is: a change of it has no effect.
 */
bool piece_is_registration(const struct piece *piece)
{
	return piece->kind == PIECE_CODE && piece_is_local(piece) &&
	       ((str_starts(piece->name, "_sub_I_") &&
		 str_starts(piece->section->name, ".text.startup")) ||
		(str_starts(piece->name, "_sub_D_") &&
		 str_starts(piece->section->name, ".text.exit")));
}
