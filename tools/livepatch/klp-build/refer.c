// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: references of the patch module to what exists.
 *
 * What vmlinux exports is referred to as every module does. All else becomes a livepatch
 * relocation: see Documentation/livepatch/elf.rst.
 */
#include <errno.h>
#include <stdlib.h>

#include "build.h"
#include "report.h"

static const char *module_name(struct pool *pool, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = pool_printf(pool, "%s", slash ? slash + 1 : path), *c;

	for (c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

static enum status read_exports(struct build *build, const char *path, char *line)
{
	char *end, *field;
	const char *fields[5];
	struct export *export;
	unsigned int nr;

	for (; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		for (nr = 0; nr < ARRAY_SIZE(fields) && (field = strsep(&line, "\t")); nr++)
			fields[nr] = field;
		if (nr < 4)
			return error("%s: a line has less than four fields", path);
		export = pool_alloc(build->pool, sizeof(*export));
		export->name = fields[1];
		export->module = fields[2];
		export->space = nr > 4 ? fields[4] : "";
		map_add(build->exports, export->name, export);
	}
	return KB_OK;
}

/**
 * refer_read_exports - read Module.symvers
 * @build: the build; its exports are set
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status refer_read_exports(struct build *build)
{
	const char *path = pool_printf(build->pool, "%s/Module.symvers", build->tree.build);
	char *lines = file_read(build->pool, path, NULL);
	enum status status;

	if (!lines) {
		error("%s: %s", path, strerror(errno));
		note("build the kernel's modules: 'make modules'");
		return KB_ERROR;
	}
	build->exports = map_new(build->pool, 20000);
	status = read_exports(build, path, lines);
	if (status || !build->tree.outside)
		return status;
	path = pool_printf(build->pool, "%s/Module.symvers", build->tree.source);
	lines = file_read(build->pool, path, NULL);
	return lines ? read_exports(build, path, lines) : KB_OK;
}

/**
 * refer_name - make a name for a livepatch symbol in our object file
 * @build: the build
 * @reference: the reference
 *
 * Return: a name that nothing else has; relocate.c makes the final one of it.
 */
const char *refer_name(struct build *build, const struct reference *reference)
{
	return pool_printf(build->pool, "%s.%s", reference->final, reference->object);
}

static bool is_replaced(const struct build *build, const char *name)
{
	struct replaced *replaced;
	struct taken *taken;
	size_t i;

	for_each(&build->replaced, i, replaced)
		if (!strcmp(replaced->name, name))
			return true;
	for_each(&build->taken, i, taken)
		if (!strcmp(taken->piece->name, name))
			return true;
	return false;
}

static bool is_same(const struct reference *a, const struct reference *b)
{
	if (!a->final || !b->final)
		return !a->final && !b->final && !strcmp(a->name, b->name);
	return !strcmp(a->final, b->final) && !strcmp(a->object, b->object);
}

/* Two objects may have symbols of one name, or both use one of a third object. */
static struct reference *add(struct build *build, struct reference wanted)
{
	struct reference *reference;
	bool clash = false;
	size_t i;

	for_each(&build->references, i, reference) {
		if (is_same(reference, &wanted))
			return reference;
		clash |= !strcmp(reference->name, wanted.name);
	}
	if (clash)
		wanted.name = refer_name(build, &wanted);
	reference = pool_alloc(build->pool, sizeof(*reference));
	*reference = wanted;
	ptrs_add(build->pool, &build->references, reference);
	return reference;
}

static struct reference *by_export(struct build *build, const char *name)
{
	return add(build, (struct reference){ .name = name, .plain = name, .how = "export" });
}

/* Symbols that the patch module has, too, such as what THIS_MODULE stands for */
static bool is_of_modules(const char *name)
{
	return !strcmp(name, "__this_module") || !strcmp(name, "init_module") ||
	       !strcmp(name, "cleanup_module");
}

static struct reference *by_livepatch(struct build *build, const char *object, const char *in,
				      const char *name, unsigned int position, const char *how)
{
	const char *final = pool_printf(build->pool, ".klp.sym.%s.%s,%u", in, name, position);
	struct export *export = map_get(build->exports, name);
	struct reference reference = {
		.name = final, .final = final, .object = object, .plain = name, .how = how,
	};

	/*
	 * objtool knows by name which functions do not return. modpost, on the other hand,
	 * must not find an export of the same name in another module. And a static call
	 * of a module is an ordinary call of its trampoline here: a list of such calls
	 * would be read before the module is there. And some names every module has.
	 */
	if (position == 0 && !export && !is_replaced(build, name) && !is_of_modules(name) &&
	    (!str_starts(name, "__SCT__") || !strcmp(object, "vmlinux")))
		reference.name = name;
	return add(build, reference);
}

/**
 * refer_by_position - refer to a symbol of an image
 * @build: the build; the reference is added to it
 * @object: the name of the image
 * @name: the symbol
 * @position: its position among its namesakes, 0 if it has none
 *
 * Return: the reference.
 */
struct reference *refer_by_position(struct build *build, const char *object, const char *name,
				    unsigned int position)
{
	return by_livepatch(build, object, object, name, position, "symbol");
}

static const char *title(struct build *build, const struct piece *from)
{
	while (from->root != from)
		from = from->root;
	return piece_title(build->pool, from);
}

/* A function or variable that the unpatched object has, too, of this unit or of another one */
static enum status to_piece(struct build *build, struct unit *unit, const struct piece *from,
			    struct piece *target, struct reference **result)
{
	struct match match = { .pool = build->pool, .image = unit->image };
	struct piece *twin = target->twin;
	const struct section *section;
	unsigned int position;

	report_where(select_where(build, unit, from));
	if (!twin)
		return refuse("'%s' refers to '%s', which is not understood", title(build, from),
			      piece_title(build->pool, target));
	if (match_data(&match, twin)) {
		refuse("'%s' refers to '%s', which is not found in %s: %s", title(build, from),
		       twin->name, unit->image->path, match.why);
		return KB_REFUSED;
	}
	section = image_section(unit->image, twin->loc);
	if (section && image_is_freed(unit->image, twin->loc))
		return refuse("'%s' refers to '%s', which is gone after the start (%s)",
			      title(build, from), twin->name, section->name);
	if (!image_position(build->pool, unit->image, twin->name, twin->loc, &position))
		return refuse("'%s' refers to '%s', which the kernel does not know by name",
			      title(build, from), twin->name);
	*result = by_livepatch(build, unit->image->name, unit->image->name, twin->name, position,
			       twin->found == FOUND_BY_NAME ? "name" : "run-pre");
	return KB_OK;
}

static enum status to_local(struct build *build, struct unit *unit, const struct piece *from,
			    const struct reloc *reloc, struct reference **result)
{
	const struct piece *target = reloc->target;

	if (target->twin && target->kind == PIECE_CODE && reloc->at != (int64_t)target->entry) {
		report_where(select_where(build, unit, from));
		refuse("'%s' refers to the middle of '%s'", title(build, from), target->name);
		note("leave a function with a table of labels (a computed goto) as it is");
		return KB_REFUSED;
	}
	return to_piece(build, unit, from, reloc->target, result);
}

/**
 * refer_new_global - find a new function or variable in the units of the same object
 * @build: the build
 * @unit: the unit that refers to it
 * @name: its name
 * @owner: set to its unit
 *
 * Return: the piece, or NULL.
 */
struct piece *refer_new_global(const struct build *build, const struct unit *unit,
			       const char *name, struct unit **owner)
{
	struct piece *piece;
	struct unit *other;
	size_t i;

	for_each(&build->units, i, other) {
		if (!other->after || other->image != unit->image)
			continue;
		piece = map_get(other->after->names, name);
		*owner = other;
		if (piece && !piece_is_local(piece) && piece->verdict == VERDICT_NEW)
			return piece;
	}
	return NULL;
}

/**
 * refer_exposed - find a function of another unit of the same object that the fix makes global
 * @build: the build
 * @unit: the unit that refers to it
 * @name: its name
 *
 * Return: the function, NULL if there is none.
 */
struct piece *refer_exposed(const struct build *build, const struct unit *unit,
			    const char *name)
{
	struct piece *piece;
	struct unit *other;
	size_t i;

	for_each(&build->units, i, other) {
		if (!other->after || other == unit || other->image != unit->image)
			continue;
		piece = map_get(other->after->names, name);
		if (piece && piece->kind == PIECE_CODE && !piece_is_local(piece) && piece->twin &&
		    piece_is_local(piece->twin) && piece->verdict != VERDICT_NEW)
			return piece;
	}
	return NULL;
}

/* Such as _sinittext, of the linker script: code compares addresses with it. */
static bool is_mark(const struct symbol *symbol)
{
	return symbol->type == STT_NOTYPE && !symbol->size;
}

static enum status to_vmlinux(struct build *build, struct unit *unit, const struct piece *from,
			      const char *name, struct reference **result)
{
	const struct export *export = map_get(build->exports, name);
	const struct section *section;
	struct symbol *symbol = NULL;
	unsigned int position;
	uint64_t loc;

	if (export && !strcmp(export->module, "vmlinux") && !export->space[0] &&
	    !is_replaced(build, name)) {
		*result = by_export(build, name);
		return KB_OK;
	}
	do
		symbol = map_next(unit->image->names, name, symbol);
	while (symbol && symbol->bind == STB_LOCAL);
	if (!symbol) {
		report_where(select_where(build, unit, from));
		refuse("'%s' refers to '%s', which does not exist", title(build, from), name);
		return KB_REFUSED;
	}
	loc = image_loc(unit->image, symbol);
	section = image_section(unit->image, loc);
	report_where(select_where(build, unit, from));
	if (section && image_is_freed(unit->image, loc) && !is_mark(symbol))
		return refuse("'%s' refers to '%s', which is gone after the start (%s)",
			      title(build, from), name, section->name);
	if (!image_position(build->pool, unit->image, name, loc, &position))
		return refuse("'%s' refers to '%s', which the kernel does not know by name",
			      title(build, from), name);
	*result = by_livepatch(build, "vmlinux", "vmlinux", name, position, "symbol");
	return KB_OK;
}

/* objtool lists a static call only if it finds the key's symbol beside the trampoline's. */
static enum status add_key(struct build *build, struct unit *unit, const struct piece *from,
			   const char *name)
{
	struct reference *key;

	if (!str_starts(name, "__SCT__") || unit->image->is_module)
		return KB_OK;
	name = pool_printf(build->pool, "__SCK__%s", name + strlen("__SCT__"));
	return to_vmlinux(build, unit, from, name, &key);
}

/* Does a module already use something of another one? */
static bool module_uses(const struct build *build, const struct image *image, const char *module)
{
	const struct symbol *symbol;
	struct export *export;
	unsigned int i;

	for (i = 1; i < image->object->nr_symbols; i++) {
		symbol = &image->object->symbols[i];
		if (symbol->section || symbol->shndx != SHN_UNDEF || !symbol->name[0])
			continue;
		export = map_get(build->exports, symbol->name);
		if (export && !strcmp(export->module, module))
			return true;
	}
	return false;
}

static enum status to_other_module(struct build *build, struct unit *unit,
				   const struct piece *from, const char *name,
				   struct reference **result)
{
	const struct export *export = map_get(build->exports, name);
	unsigned int position;
	struct symbol *symbol = NULL;

	do
		symbol = map_next(unit->image->names, name, symbol);
	while (symbol && symbol->bind == STB_LOCAL);
	report_where(select_where(build, unit, from));
	if (symbol) {
		if (!image_position(build->pool, unit->image, name,
				    image_loc(unit->image, symbol), &position))
			return refuse("'%s' refers to '%s', which is gone after the start",
				      title(build, from), name);
		*result = by_livepatch(build, unit->image->name, unit->image->name, name,
				       position, "symbol");
		return KB_OK;
	}
	if (!export) {
		refuse("'%s' of module %s refers to '%s', which is not exported",
		       title(build, from), unit->image->name, name);
		note("only exported symbols can be used in a module");
		return KB_REFUSED;
	}
	if (!strcmp(export->module, "vmlinux") && !export->space[0] && !is_replaced(build, name)) {
		*result = by_export(build, name);
		return KB_OK;
	}
	if (!strcmp(export->module, "vmlinux")) {
		*result = by_livepatch(build, "vmlinux", "vmlinux", name, 0, "export");
		return KB_OK;
	}
	if (!module_uses(build, unit->image, export->module)) {
		refuse("'%s' of module %s refers to '%s' of module %s, which is new",
		       title(build, from), unit->image->name, name,
		       module_name(build->pool, export->module));
		note("the other module might not be loaded: use symbol_get()");
		return KB_REFUSED;
	}
	*result = by_livepatch(build, unit->image->name,
			       module_name(build->pool, export->module), name, 0, "export");
	return KB_OK;
}

/* An indirect branch to a function without ENDBR faults. */
static bool faults(const struct build *build, const struct image *image,
		   const struct symbol *symbol)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint64_t loc = image_loc(image, symbol), left;
	const uint8_t *code = image_bytes(image, loc, &left);

	if (!tree_config(build->pool, &build->tree, "CONFIG_X86_KERNEL_IBT"))
		return false;
	return image_is_sealed(image, loc) ||
	       (code && (left < sizeof(endbr) || memcmp(code, endbr, sizeof(endbr))));
}

/* A pointer to a function whose ENDBR is gone */
static enum status check_seal(struct build *build, struct unit *unit, const struct piece *from,
			      const struct reloc *reloc, const char *name)
{
	struct symbol *symbol = NULL;

	/* What KASAN has of a function is only printed. */
	if (from->kind == PIECE_ENTRY || select_is_branch(from, reloc) || reloc->frame)
		return KB_OK;
	while ((symbol = map_next(unit->image->names, name, symbol))) {
		if (reloc->target && reloc->target->twin &&
		    reloc->target->twin->loc != image_loc(unit->image, symbol))
			continue;
		if (!reloc->target && symbol->bind == STB_LOCAL)
			continue;
		if (symbol->type != STT_FUNC || !faults(build, unit->image, symbol))
			continue;
		report_where(select_where(build, unit, from));
		refuse("'%s' takes the address of '%s', which has no ENDBR: a jump would fault",
		       title(build, from), name);
		note("use the address of a new function that calls '%s'", name);
		return KB_REFUSED;
	}
	return KB_OK;
}

/**
 * refer_to - find how to refer to what is not in the patch module
 * @build: the build; the reference is added to it
 * @unit: the unit
 * @from: the piece that refers
 * @reloc: its relocation
 * @result: set to the reference; NULL if it leads to a new function of another unit
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status refer_to(struct build *build, struct unit *unit, const struct piece *from,
		     const struct reloc *reloc, struct reference **result)
{
	const char *name = reloc->symbol->name;
	struct piece *exposed;
	enum status status;
	struct unit *owner;

	*result = NULL;
	exposed = reloc->target ? NULL : refer_exposed(build, unit, name);
	/* A weak function or variable may be that of another file. */
	if (reloc->target && reloc->symbol->bind != STB_WEAK) {
		status = to_local(build, unit, from, reloc, result);
		name = reloc->target->name;
	} else if (!reloc->target && reloc->symbol->shndx != SHN_UNDEF) {
		report_where(select_where(build, unit, from));
		return refuse("'%s' refers to the absolute symbol '%s'", title(build, from), name);
	} else if (refer_new_global(build, unit, name, &owner)) {
		return KB_OK;
	} else if (exposed) {
		status = to_piece(build, unit, from, exposed, result);
	} else if (unit->image->is_module) {
		status = to_other_module(build, unit, from, name, result);
	} else {
		status = to_vmlinux(build, unit, from, name, result);
	}
	if (!status)
		status = add_key(build, unit, from, name);
	return status ? status : check_seal(build, unit, from, reloc, name);
}
