/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: an object file, taken apart into pieces.
 *
 * A piece is a function or its .cold part, a datum, a string, or an entry of a table
 * such as the exception table. Bytes that belong to no symbol are pieces without a name.
 */
#ifndef KLP_BUILD_ELF_H
#define KLP_BUILD_ELF_H

#include <elf.h>

#include "special.h"
#include "util.h"

struct piece;
struct section;

enum piece_kind {
	PIECE_CODE,	/* a function, or the .cold part of one, or code without a name */
	PIECE_DATA,
	PIECE_ENTRY,	/* an entry of a table that goes with a function */
};

/* What comparing the unpatched and the patched object has found. */
enum verdict {
	VERDICT_NONE,
	VERDICT_EQUAL,
	VERDICT_CHANGED,
	VERDICT_NEW,
};

/* How sure it is where a piece is in the image. */
enum found {
	FOUND_NOT_TRIED,
	FOUND_NOWHERE,
	FOUND_BY_REFERENCE,	/* code that was compared refers to it */
	FOUND_BY_NAME,		/* no other symbol has its name */
	FOUND_BY_CONTENT,	/* its instructions are the same */
};

/* What a function stores in its frame for the reports of KASAN. */
enum frame {
	FRAME_NONE,
	FRAME_VARIABLES,	/* a string with the variables in it */
	FRAME_FUNCTION,		/* the function's address */
};

/**
 * struct symbol - an entry of the symbol table
 * @name:	Its name, "" for a section's symbol.
 * @value:	Where it is in its section.
 * @size:	Its size.
 * @type:	STT_*.
 * @bind:	STB_*.
 * @section:	Its section, or NULL if it is undefined or absolute.
 * @shndx:	SHN_* if @section is NULL.
 * @piece:	The piece that it is the name of, or NULL.
 * @file:	The source file, as far as the symbol table tells; for local symbols.
 */
struct symbol {
	const char	*name;
	uint64_t	value;
	uint64_t	size;
	unsigned int	type;
	unsigned int	bind;
	struct section	*section;
	unsigned int	shndx;
	struct piece	*piece;
	const char	*file;
};

/**
 * struct reloc - a relocation
 * @offset:	The place, in its section.
 * @type:	R_X86_64_*.
 * @bias:	How far the end of the instruction is from the place, if the relocation
 *		is relative to the instruction pointer in code; else 0.
 * @addend:	The addend, with @bias added.
 * @symbol:	The symbol.
 * @target:	The piece that it leads to; NULL if @symbol is not defined here.
 * @at:		Where it leads in @target, or the distance from @symbol.
 * @insn:	Where the instruction begins, in code.
 * @is_short:	The field is the only byte of a short jump to another piece. If the piece
 *		is taken, the jump leads to a longer one behind it, at @out_at.
 * @frame:	What it tells KASAN of the function's frame.
 * @out_at:	See emit.c.
 */
struct reloc {
	uint64_t	offset;
	unsigned int	type;
	unsigned int	bias;
	int64_t		addend;
	struct symbol	*symbol;
	struct piece	*target;
	int64_t		at;
	uint64_t	insn;
	bool		is_short;
	enum frame	frame;
	uint64_t	out_at;
};

/**
 * struct piece - a part of an object file
 * @object:	The object file.
 * @section:	The section that it is in.
 * @offset:	Where it begins there; for a function, with the padding before it.
 * @size:	Its size.
 * @kind:	What it is.
 * @name:	The name of its first symbol; "" if it has none.
 * @symbol:	This symbol, or NULL.
 * @entry:	Where @symbol is in it.
 * @root:	The function that a .cold part belongs to; else the piece itself. For an
 *		entry of a table, the piece that it goes with.
 * @parts:	The .cold parts of a function.
 * @entries:	Entries of tables that go with the piece.
 * @relocs:	Relocations.
 * @nr_relocs:	How many.
 * @twin:	What is compared with it in the other object.
 * @verdict:	What comparing has found; for the whole function in its @root.
 * @declared:	Where a variable is declared, "file:line" in the patched source; NULL if it
 *		is not known, or if the fix changes that line. See declare.c.
 * @ambiguous:	More than one piece of the other object may be the same.
 * @doubt:	One of these, for a message.
 * @renamed:	That one has another name, or is of another unit.
 * @why:	What differs, for a message.
 * @comparing:	What it is being compared with, or NULL.
 * @claimed:	Comparing the pieces that have names leads to it.
 * @carrier:	It is replaced only because it calls a function that cannot be.
 * @jumped:	A function leads to it by a jump,
 * @called:	or by a call or a jump; __init code does not count.
 * @taken:	It goes into the patch module.
 * @found:	How sure it is that it was found in the image.
 * @loc:	Where.
 * @loc_size:	Its size there.
 * @map:	For each byte of a function that was compared, the place of its instruction
 *		in the image's function, plus one.
 * @out:	Where emit.c has put it: the section,
 * @out_at:	the place in it,
 * @out_size:	and the size there.
 */
struct piece {
	struct object	*object;
	struct section	*section;
	uint64_t	offset;
	uint64_t	size;
	enum piece_kind	kind;
	const char	*name;
	struct symbol	*symbol;
	uint64_t	entry;
	struct piece	*root;
	struct ptrs	parts;
	struct ptrs	entries;
	struct reloc	*relocs;
	unsigned int	nr_relocs;

	struct piece	*twin;
	enum verdict	verdict;
	const char	*declared;
	bool		ambiguous;
	struct piece	*doubt;
	bool		renamed;
	const char	*why;
	struct piece	*comparing;
	bool		claimed;

	bool		carrier;
	bool		jumped;
	bool		called;
	bool		taken;
	enum found	found;
	uint64_t	loc;
	uint64_t	loc_size;
	uint64_t	*map;

	struct out_section *out;
	uint64_t	out_at;
	uint64_t	out_size;
};

/**
 * struct section - a section of an object file
 * @name:	Its name.
 * @index:	Its index.
 * @type:	SHT_*.
 * @flags:	SHF_*.
 * @address:	Where it is loaded, in a linked file.
 * @align:	Its alignment.
 * @entsize:	The size of its entries.
 * @size:	Its size.
 * @data:	Its content, NULL if it has none in the file.
 * @symbol:	The symbol of the section, or NULL.
 * @relocs:	Relocations, by offset.
 * @nr_relocs:	How many.
 * @special:	What is known about it, or NULL.
 * @pieces:	Its pieces, by offset.
 */
struct section {
	const char	*name;
	unsigned int	index;
	uint32_t	type;
	uint64_t	flags;
	uint64_t	address;
	uint64_t	align;
	uint64_t	entsize;
	uint64_t	size;
	const uint8_t	*data;
	struct reloc	*relocs;
	unsigned int	nr_relocs;
	const struct special *special;
	struct ptrs	pieces;
};

/**
 * struct object - an object file
 * @path:	Its name.
 * @linked:	It is an executable, and relocated.
 * @sections:	Its sections, by index.
 * @nr_sections: How many.
 * @symbols:	Its symbols, by index.
 * @nr_symbols:	How many.
 * @pieces:	All pieces.
 * @names:	Pieces by the names of their symbols.
 */
struct object {
	const char	*path;
	bool		linked;
	struct section	*sections;
	unsigned int	nr_sections;
	struct symbol	*symbols;
	unsigned int	nr_symbols;
	struct ptrs	pieces;
	struct map	*names;
};

/* See Documentation/livepatch/elf.rst. */
#ifndef SHF_RELA_LIVEPATCH
#define SHF_RELA_LIVEPATCH	0x00100000
#define SHN_LIVEPATCH		0xff20
#endif

/* The size of a jump to anywhere */
#define LONG_JUMP	5

#define for_each(ptrs, i, var) \
	for ((i) = 0; (i) < (ptrs)->nr && ((var) = (ptrs)->at[i], 1); (i)++)

/* How many bytes a relocation writes; the reader has refused those of other types. */
static inline unsigned int reloc_width(const struct reloc *reloc)
{
	if (reloc->is_short)
		return 1;
	return reloc->type == R_X86_64_64 || reloc->type == R_X86_64_PC64 ? 8 : 4;
}

enum status object_read(struct pool *pool, const char *path, struct object **result);
enum status object_split(struct pool *pool, struct object *object);

static inline bool section_is_code(const struct section *section)
{
	return section->flags & SHF_EXECINSTR;
}

static inline bool piece_is_local(const struct piece *piece)
{
	return !piece->symbol || piece->symbol->bind == STB_LOCAL;
}

/* The content of a piece, NULL if it is all zeroes. */
static inline const uint8_t *piece_data(const struct piece *piece)
{
	return piece->section->data ? piece->section->data + piece->offset : NULL;
}

bool piece_is_constant(const struct piece *piece);
bool piece_is_init(const struct piece *piece);
bool piece_is_string(const struct piece *piece);
const char *piece_title(struct pool *pool, const struct piece *piece);

/* kasan.c */
void kasan_find_frames(struct object *object);
bool kasan_same_frame(const char *before, const char *after);
bool piece_is_registration(const struct piece *piece);

#endif
