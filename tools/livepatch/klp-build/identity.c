// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what the bytes of an original function are, for the kernel to compare.
 *
 * What the kernel rewrites while it boots and runs is masked. Tables in the image say
 * where that is. Relocated addresses are known from our own object file.
 */
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "build.h"
#include "insn.h"
#include "report.h"

/**
 * struct table - a table of places that the kernel rewrites
 * @section:	Its section in a module; with _ at the end, the beginning of its name.
 * @name:	In vmlinux, __start_<name> and __stop_<name>; NULL if it has a section of
 *		its own there, too.
 * @size:	The size of an entry, which begins with the place.
 * @wide:	The place is an absolute address of eight bytes.
 * @length:	How many bytes are rewritten; 0 for a whole instruction.
 * @length_at:	Where the entry itself tells that, or 0.
 */
static const struct table {
	const char	*section;
	const char	*name;
	unsigned int	size;
	bool		wide;
	unsigned int	length;
	unsigned int	length_at;
} tables[] = {
	{ ".smp_locks",		NULL,			4,	false,	1,	0 },
	{ ".ibt_endbr_seal",	NULL,			4,	false,	4,	0 },
	{ ".call_sites",	NULL,			4,	false,	0,	0 },
	{ ".return_sites",	NULL,			4,	false,	5,	0 },
	{ ".retpoline_sites",	NULL,			4,	false,	0,	0 },
	{ "runtime_ptr_",	NULL,			4,	false,	8,	0 },
	{ "runtime_shift_",	NULL,			4,	false,	1,	0 },
	{ ".altinstructions",	NULL,			14,	false,	0,	12 },
	{ ".static_call_sites",	"static_call_sites",	8,	false,	5,	0 },
	{ "__jump_table",	"__jump_table",		16,	false,	0,	0 },
	{ "__mcount_loc",	"mcount_loc",		8,	true,	5,	0 },
};

struct masker {
	const struct image	*image;
	uint64_t		loc;
	uint64_t		size;
	const uint8_t		*code;
	bool			*masked;
};

static void mask(struct masker *masker, uint64_t offset, uint64_t size)
{
	for (; size && offset < masker->size; size--)
		masker->masked[offset++] = true;
}

static uint64_t length_at(const struct masker *masker, uint64_t offset)
{
	struct insn insn;

	return insn_decode(masker->code + offset, masker->size - offset, &insn) ? insn.length : 1;
}

static uint64_t symbol_loc(const struct image *image, const char *prefix, const char *name)
{
	char full[64];
	const struct symbol *symbol;

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	symbol = map_get(image->names, full);
	return symbol ? image_loc(image, symbol) : 0;
}

static void mask_entries(struct masker *masker, const struct table *table, uint64_t at,
			 uint64_t end)
{
	const uint8_t *entry;
	uint64_t left, place;
	struct goal goal;

	for (; at + table->size <= end; at += table->size) {
		entry = image_bytes(masker->image, at, &left);
		if (!entry || left < table->size ||
		    !image_goal(masker->image, at, table->wide ? R_X86_64_64 : R_X86_64_PC32, 0,
				&goal) || goal.name)
			continue;
		place = goal.loc - masker->loc;
		if (place >= masker->size)
			continue;
		mask(masker, place, table->length_at ? entry[table->length_at] :
		     table->length ? table->length : length_at(masker, place));
	}
}

static void mask_table(struct masker *masker, const struct table *table)
{
	const struct object *object = masker->image->object;
	const struct section *section;
	uint64_t start;
	unsigned int i;

	if (!masker->image->is_module && table->name) {
		mask_entries(masker, table, symbol_loc(masker->image, "__start_", table->name),
			     symbol_loc(masker->image, "__stop_", table->name));
		return;
	}
	for (i = 1; i < object->nr_sections; i++) {
		section = &object->sections[i];
		if (table->section[strlen(table->section) - 1] == '_' ?
		    !str_starts(section->name, table->section) :
		    strcmp(section->name, table->section))
			continue;
		start = image_section_loc(masker->image, section);
		mask_entries(masker, table, start, start + section->size);
	}
}

/* A relocated address; of a call or a jump, the whole instruction */
static void mask_relocs(struct masker *masker, const struct piece *function)
{
	const struct reloc *reloc;
	struct insn insn;
	uint64_t place;
	unsigned int i;

	for (i = 0; i < function->nr_relocs; i++) {
		reloc = &function->relocs[i];
		place = function->map[reloc->insn - function->offset];
		if (!place--)
			continue;
		if (!insn_decode(masker->code + place, masker->size - place, &insn))
			continue;
		if (insn_branches(&insn))
			mask(masker, place, insn.length);
		else
			mask(masker, place + reloc->offset - reloc->insn, reloc_width(reloc));
	}
}

/**
 * identity_make - find what the bytes of an original function are
 * @build: the build
 * @image: the image that the function is in
 * @function: the function, which was found there
 * @identity: filled in
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status identity_make(struct build *build, const struct image *image,
			  const struct piece *function, struct identity *identity)
{
	struct masker masker = {
		.image = image, .loc = function->loc, .size = function->loc_size,
	};
	uint8_t *copy;
	uint64_t left, i;

	masker.code = image_bytes(masker.image, masker.loc, &left);
	if (!masker.code || left < masker.size)
		return error("%s: '%s' has no code", image->path, function->name);
	masker.masked = pool_alloc(build->pool, masker.size);
	copy = pool_copy(build->pool, masker.code, masker.size);
	mask_relocs(&masker, function);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		mask_table(&masker, &tables[i]);
	identity->masks = pool_alloc(build->pool, masker.size * sizeof(*identity->masks));
	for (i = 0; i < masker.size; i++) {
		if (!masker.masked[i])
			continue;
		copy[i] = 0;
		if (!i || !masker.masked[i - 1])
			identity->masks[identity->nr_masks++].offset = i;
		identity->masks[identity->nr_masks - 1].size++;
	}
	identity->size = masker.size;
	identity->hash = XXH64(copy, masker.size, 0);
	return KB_OK;
}
