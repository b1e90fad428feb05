// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: reading what a patch module says that it replaces.
 */
#include "report.h"
#include "verify.h"

static const struct reloc *reloc_in(const struct symbol *table, uint64_t offset)
{
	const struct section *section = table->section;
	unsigned int r;

	for (r = 0; r < section->nr_relocs; r++)
		if (section->relocs[r].offset == table->value + offset)
			return &section->relocs[r];
	return NULL;
}

/* Where the pointer at an offset of a table leads; 0 if it is NULL */
static uint64_t pointer(const struct verify *verify, const struct symbol *table, uint64_t offset)
{
	const struct reloc *reloc = reloc_in(table, offset);

	return reloc && reloc->symbol->section ?
	       image_loc(verify->module, reloc->symbol) + reloc->addend : 0;
}

static const char *string(const struct verify *verify, uint64_t loc)
{
	uint64_t left;
	const char *text = (const char *)image_bytes(verify->module, loc, &left);

	return text && strnlen(text, left) < left ? text : NULL;
}

/**
 * tables_symbol - find a symbol of a patch module by its place
 * @image: the module
 * @loc: the place
 * @prefix: what its name begins with
 * @type: its type, STT_FUNC or STT_OBJECT
 *
 * Return: the symbol, or NULL.
 */
struct symbol *tables_symbol(const struct image *image, uint64_t loc, const char *prefix,
			     unsigned int type)
{
	struct symbol *symbol;
	unsigned int i;

	for (i = 1; i < image->object->nr_symbols; i++) {
		symbol = &image->object->symbols[i];
		if (symbol->section && symbol->type == type && image_loc(image, symbol) == loc &&
		    str_starts(symbol->name, prefix))
			return symbol;
	}
	return NULL;
}

static uint64_t number(const struct symbol *table, uint64_t offset)
{
	uint64_t value = 0;

	if (table->section->data && table->value + offset + sizeof(value) <= table->section->size)
		memcpy(&value, table->section->data + table->value + offset, sizeof(value));
	return value;
}

static enum status bad_table(const struct verify *verify, const char *what)
{
	return error("%s: %s is not understood: was it made by klp-build?", verify->module->path,
		     what);
}

/* struct klp_func begins with the name, the new function, and the position. */
static enum status read_funcs(struct verify *verify, const struct symbol *table, const char *object)
{
	struct pool *pool = verify->build->pool;
	uint64_t stride, offset, loc, nr = 0;
	struct listed *listed;

	for (offset = 8; offset + 8 <= table->size; offset += 8) {
		loc = pointer(verify, table, offset);
		nr += loc && tables_symbol(verify->module, loc, "", STT_FUNC);
	}
	if (table->size % (nr + 1))
		return bad_table(verify, table->name);
	stride = table->size / (nr + 1);
	for (offset = 0; nr--; offset += stride) {
		listed = pool_alloc(pool, sizeof(*listed));
		listed->object = object;
		listed->name = string(verify, pointer(verify, table, offset));
		listed->loc = pointer(verify, table, offset + 8);
		listed->position = number(table, offset + 16);
		if (!listed->name || !listed->loc)
			return bad_table(verify, table->name);
		ptrs_add(pool, &verify->listed, listed);
	}
	return KB_OK;
}

/**
 * tables_read - read what a patch module replaces
 * @verify: what is verified, with the module; what is found is added to @verify->listed
 *
 * struct klp_object begins with the name and the functions.
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status tables_read(struct verify *verify)
{
	const struct symbol *table = map_get(verify->module->names, "objs"), *funcs;
	uint64_t stride, offset, loc, nr = 0;
	enum status status = KB_OK;
	const char *name;

	if (!table || !table->section)
		return bad_table(verify, "the list of objects");
	for (offset = 8; offset + 8 <= table->size; offset += 8) {
		loc = pointer(verify, table, offset);
		nr += loc && tables_symbol(verify->module, loc, "funcs_", STT_OBJECT);
	}
	if (!nr || table->size % (nr + 1))
		return bad_table(verify, "the list of objects");
	stride = table->size / (nr + 1);
	for (offset = 0; nr-- && !status; offset += stride) {
		funcs = tables_symbol(verify->module, pointer(verify, table, offset + 8),
				      "funcs_", STT_OBJECT);
		loc = pointer(verify, table, offset);
		name = loc ? string(verify, loc) : "vmlinux";
		if (!funcs || !name)
			return bad_table(verify, "the list of objects");
		status = read_funcs(verify, funcs, name);
	}
	return status;
}
