/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: the object file that emit.c makes and write.c writes.
 */
#ifndef KLP_BUILD_EMIT_H
#define KLP_BUILD_EMIT_H

#include <libelf.h>

#include "build.h"

/* A relocation of the new object file */
struct out_reloc {
	uint64_t		offset;
	unsigned int		type;
	int64_t			addend;
	struct out_symbol	*symbol;
};

struct out_symbol {
	const char		*name;
	struct out_section	*section;	/* NULL if undefined */
	uint64_t		value;
	uint64_t		size;
	unsigned int		type;
	bool			global;
	const struct piece	*piece;
	unsigned int		index;
};

struct out_section {
	const char		*name;
	uint32_t		type;
	uint64_t		flags;
	uint64_t		align;
	uint64_t		entsize;
	struct bytes		bytes;
	struct ptrs		relocs;
	struct out_symbol	*symbol;
	struct out_section	*order;		/* the section that SHF_LINK_ORDER is about */
	unsigned int		index;
	Elf_Scn			*scn;
};

struct emitter {
	struct pool		*pool;
	struct build		*build;
	struct ptrs		sections;
	struct ptrs		symbols;
	struct map		*globals;
	struct bytes		strings;
	struct bytes		names;
	Elf			*elf;
};

enum status write_file(struct emitter *emitter, const char *path);

#endif
