// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: the code that will be patched: vmlinux, or a module's file.
 *
 * A place in vmlinux is an address. A place in a module's file has the section's index in
 * its upper bits.
 */
#include <stdlib.h>

#include "image.h"
#include "report.h"

#define SECTION_SHIFT	40

/**
 * image_loc - get the place of a symbol
 * @image: the image
 * @symbol: one of its symbols
 *
 * Return: the place.
 */
uint64_t image_loc(const struct image *image, const struct symbol *symbol)
{
	if (!symbol->section)
		return symbol->value;
	if (image->is_module)
		return ((uint64_t)symbol->section->index << SECTION_SHIFT) + symbol->value;
	return symbol->section->address + symbol->value;
}

/**
 * image_section - find the section of a place
 * @image: the image
 * @loc: the place
 *
 * Return: the section, or NULL.
 */
const struct section *image_section(const struct image *image, uint64_t loc)
{
	const struct object *object = image->object;
	const struct section *section;
	unsigned int i;

	if (image->is_module) {
		i = loc >> SECTION_SHIFT;
		if (i >= object->nr_sections)
			return NULL;
		section = &object->sections[i];
		return (loc & ((1ULL << SECTION_SHIFT) - 1)) <= section->size ? section : NULL;
	}
	for (i = 1; i < object->nr_sections; i++) {
		section = &object->sections[i];
		if (section->flags & SHF_ALLOC && loc >= section->address &&
		    loc - section->address < section->size)
			return section;
	}
	return NULL;
}

/**
 * image_section_loc - get the place where a section begins
 * @image: the image
 * @section: one of its sections
 *
 * Return: the place.
 */
uint64_t image_section_loc(const struct image *image, const struct section *section)
{
	return image->is_module ? (uint64_t)section->index << SECTION_SHIFT : section->address;
}

/**
 * image_bytes - get the content of a place
 * @image: the image
 * @loc: the place
 * @left: set to the number of bytes up to the end of the section
 *
 * Return: the content, NULL if there is none in the file.
 */
const uint8_t *image_bytes(const struct image *image, uint64_t loc, uint64_t *left)
{
	const struct section *section = image_section(image, loc);
	uint64_t offset;

	*left = 0;
	if (!section || !section->data)
		return NULL;
	offset = loc - image_section_loc(image, section);
	*left = section->size - offset;
	return section->data + offset;
}

static const struct reloc *reloc_at(const struct section *section, uint64_t offset)
{
	size_t low = 0, high = section->nr_relocs, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (section->relocs[middle].offset == offset)
			return &section->relocs[middle];
		if (section->relocs[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What the linker has written into a field */
static int64_t read_field(const uint8_t *field, bool wide)
{
	int64_t value;
	int32_t half;

	if (wide) {
		memcpy(&value, field, sizeof(value));
		return value;
	}
	memcpy(&half, field, sizeof(half));
	return half;
}

/**
 * image_goal - find where a field leads
 * @image: the image
 * @loc: the place of the field
 * @type: the type of the relocation that the field had
 * @bias: the distance from the field to the end of its instruction; 0 in data
 * @goal: set to where it leads
 *
 * Return: false if there is no such field.
 */
bool image_goal(const struct image *image, uint64_t loc, unsigned int type,
		unsigned int bias, struct goal *goal)
{
	bool wide = type == R_X86_64_64 || type == R_X86_64_PC64;
	bool relative = type != R_X86_64_64 && type != R_X86_64_32 && type != R_X86_64_32S;
	const struct section *section = image_section(image, loc);
	const struct reloc *reloc = NULL;
	const uint8_t *field;
	uint64_t left;

	field = image_bytes(image, loc, &left);
	if (!field || left < (wide ? 8 : 4))
		return false;
	goal->name = NULL;
	if (image->is_module)
		reloc = reloc_at(section, loc - image_section_loc(image, section));
	if (reloc) {
		goal->loc = reloc->addend + bias;
		if (reloc->symbol->shndx == SHN_UNDEF || reloc->symbol->shndx == SHN_LIVEPATCH)
			goal->name = reloc->symbol->name;
		else
			goal->loc += image_loc(image, reloc->symbol);
		return true;
	}
	/* Without a relocation, a field of a module can only lead into its own section. */
	if (image->is_module && !relative)
		return false;
	goal->loc = read_field(field, wide) + (relative ? loc + bias : 0);
	return true;
}

/**
 * image_has_reloc - tell whether a relocation writes to a place of a module
 * @image: the image
 * @loc: the place where it would begin
 *
 * Return: true if there is one: the content in the file does not count. In vmlinux the
 * linker has written all of it.
 */
bool image_has_reloc(const struct image *image, uint64_t loc)
{
	const struct section *section = image->is_module ? image_section(image, loc) : NULL;

	return section && reloc_at(section, loc - image_section_loc(image, section));
}

/**
 * image_symbol - find a symbol at a place
 * @image: the image
 * @name: its name
 * @loc: the place
 *
 * Return: the symbol, or NULL.
 */
struct symbol *image_symbol(const struct image *image, const char *name, uint64_t loc)
{
	struct symbol *symbol = NULL;

	while ((symbol = map_next(image->names, name, symbol)))
		if (image_loc(image, symbol) == loc)
			return symbol;
	return NULL;
}

/**
 * image_is_freed - tell whether a place is freed after the start
 * @image: the image
 * @loc: the place
 *
 * In vmlinux that is more than .init sections: its __exit functions, for example.
 *
 * Return: true if it is.
 */
bool image_is_freed(const struct image *image, uint64_t loc)
{
	const struct section *section = image_section(image, loc);
	const struct symbol *begin = map_get(image->names, "__init_begin");
	const struct symbol *end = map_get(image->names, "__init_end");

	if (!image->is_module && begin && end && loc >= image_loc(image, begin) &&
	    loc < image_loc(image, end))
		return true;
	return section && str_starts(section->name, ".init");
}

struct place {
	uint64_t	loc;
	struct symbol	*symbol;
};

static int by_loc(const void *a, const void *b)
{
	const struct place * const *x = a, * const *y = b;

	return (*x)->loc < (*y)->loc ? -1 : (*x)->loc > (*y)->loc;
}

/**
 * image_name_at - name the symbol at or before a place, for a message
 * @image: the image
 * @loc: the place
 *
 * Return: the name, "nothing" if there is no symbol.
 */
const char *image_name_at(const struct image *image, uint64_t loc)
{
	size_t low = 0, high = image->by_loc.nr, middle;
	struct place *place;

	while (low < high) {
		middle = (low + high) / 2;
		place = image->by_loc.at[middle];
		if (place->loc <= loc)
			low = middle + 1;
		else
			high = middle;
	}
	place = low ? image->by_loc.at[low - 1] : NULL;
	return place ? place->symbol->name : "nothing";
}

/**
 * image_function_at - find the function that a place is in
 * @image: the image
 * @loc: the place
 *
 * Return: its symbol, or NULL.
 */
const struct symbol *image_function_at(const struct image *image, uint64_t loc)
{
	const struct place *place;
	size_t i;

	for (i = 0; i < image->by_loc.nr; i++) {
		place = image->by_loc.at[i];
		if (place->symbol->type == STT_FUNC && loc >= place->loc &&
		    loc - place->loc < place->symbol->size)
			return place->symbol;
	}
	return NULL;
}

/*
 * The kernel counts by address in vmlinux, where it knows no absolute symbols. In modules it
 * has forgotten .init sections.
 */
static bool is_counted(const struct image *image, const struct symbol *symbol)
{
	if (!image->is_module)
		return symbol->shndx != SHN_ABS;
	return symbol->section && symbol->section->flags & SHF_ALLOC &&
	       !str_starts(symbol->section->name, ".init");
}

/**
 * image_position - find the position of a symbol among its namesakes
 * @pool: for temporary memory
 * @image: the image
 * @name: the name
 * @loc: the place of the symbol
 * @position: set to 0 if no other symbol has the name, else to 1 for the first one, ...
 *
 * Return: false if there is no such symbol, or if the kernel does not know it.
 */
bool image_position(struct pool *pool, const struct image *image, const char *name,
		    uint64_t loc, unsigned int *position)
{
	unsigned int nr = 0, before = 0;
	struct symbol *symbol = NULL;
	bool seen = false;

	(void)pool;
	while ((symbol = map_next(image->names, name, symbol))) {
		if (!is_counted(image, symbol))
			continue;
		nr++;
		if (image_loc(image, symbol) == loc)
			seen = true;
		else if (image->is_module ? !seen : image_loc(image, symbol) < loc)
			before++;
	}
	*position = nr == 1 ? 0 : before + 1;
	return seen;
}

/**
 * image_is_sealed - tell whether a function's ENDBR is removed when the kernel boots
 * @image: the image
 * @loc: the function's place
 *
 * Return: true if a jump through a pointer to the function would fault.
 */
bool image_is_sealed(const struct image *image, uint64_t loc)
{
	size_t i;

	for (i = 0; i < image->nr_sealed; i++)
		if (image->sealed[i] == loc)
			return true;
	return false;
}

static void read_seals(struct pool *pool, struct image *image)
{
	const struct section *section;
	uint64_t at, start;
	struct goal goal;
	unsigned int i;

	for (i = 1; i < image->object->nr_sections; i++) {
		section = &image->object->sections[i];
		if (strcmp(section->name, ".ibt_endbr_seal") || !section->data)
			continue;
		start = image_section_loc(image, section);
		image->sealed = pool_alloc(pool, section->size / 4 * sizeof(*image->sealed));
		for (at = 0; at + 4 <= section->size; at += 4)
			if (image_goal(image, start + at, R_X86_64_PC32, 0, &goal))
				image->sealed[image->nr_sealed++] = goal.loc;
	}
}

/* The note NT_GNU_BUILD_ID of the owner "GNU" */
static void read_build_id(struct pool *pool, struct image *image)
{
	const struct section *section;
	uint64_t at, name, desc, i;
	unsigned int s;
	Elf64_Nhdr note;
	char *hex;

	for (s = 1; s < image->object->nr_sections; s++) {
		section = &image->object->sections[s];
		if (section->type != SHT_NOTE || !section->data)
			continue;
		for (at = 0; at + sizeof(note) <= section->size; at = desc +
		     ALIGN_UP((uint64_t)note.n_descsz, 4)) {
			memcpy(&note, section->data + at, sizeof(note));
			name = at + sizeof(note);
			desc = name + ALIGN_UP((uint64_t)note.n_namesz, 4);
			if (desc + note.n_descsz > section->size)
				break;
			if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
			    memcmp(section->data + name, "GNU", 4))
				continue;
			hex = pool_alloc(pool, 2 * note.n_descsz + 1);
			for (i = 0; i < note.n_descsz; i++)
				sprintf(hex + 2 * i, "%02x", section->data[desc + i]);
			image->build_id = hex;
		}
	}
}

static void read_names(struct pool *pool, struct image *image)
{
	struct object *object = image->object;
	struct symbol *symbol;
	struct place *place;
	unsigned int i;

	image->names = map_new(pool, object->nr_symbols);
	image->undefined = map_new(pool, 1000);
	for (i = 1; i < object->nr_symbols; i++) {
		symbol = &object->symbols[i];
		if (symbol->type == STT_FILE || symbol->type == STT_SECTION || !symbol->name[0])
			continue;
		if (!symbol->section && symbol->shndx == SHN_UNDEF) {
			map_add(image->undefined, symbol->name, symbol);
			continue;
		}
		map_add(image->names, symbol->name, symbol);
		place = pool_alloc(pool, sizeof(*place));
		place->loc = image_loc(image, symbol);
		place->symbol = symbol;
		ptrs_add(pool, &image->by_loc, place);
	}
	if (image->by_loc.nr)
		qsort(image->by_loc.at, image->by_loc.nr, sizeof(*image->by_loc.at), by_loc);
}

/**
 * image_open - read vmlinux or a module's file
 * @pool: the pool that owns the result
 * @path: the file
 * @name: "vmlinux" or the module's name
 * @result: set to the image
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status image_open(struct pool *pool, const char *path, const char *name,
		       struct image **result)
{
	struct image *image = pool_alloc(pool, sizeof(*image));
	enum status status;

	image->name = name;
	image->path = path;
	status = object_read(pool, path, &image->object);
	if (status)
		return status;
	image->is_module = !image->object->linked;
	read_names(pool, image);
	read_build_id(pool, image);
	read_seals(pool, image);
	*result = image;
	return KB_OK;
}
