// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: making the object file with all pieces that go into the patch module.
 */
#include "emit.h"
#include "report.h"

static const char *section_name(const struct piece *piece)
{
	const char *name = piece->section->name;
	static const char * const merged[] = {
		".text.unlikely", ".text", ".rodata", ".bss",
	};
	size_t i;

	if (piece->section->special || str_starts(name, ".data.."))
		return str_starts(name, ".data..percpu") ? ".data..percpu" : name;
	if (str_starts(name, ".data."))
		return ".data";
	for (i = 0; i < ARRAY_SIZE(merged); i++)
		if (str_starts(name, merged[i]))
			return merged[i];
	return name;
}

static struct out_section *new_section(struct emitter *emitter, const char *name, uint64_t flags,
				       uint64_t align)
{
	struct out_section *section = pool_alloc(emitter->pool, sizeof(*section));

	section->name = name;
	section->type = SHT_PROGBITS;
	section->flags = flags;
	section->align = align;
	section->symbol = pool_alloc(emitter->pool, sizeof(*section->symbol));
	section->symbol->name = "";
	section->symbol->section = section;
	section->symbol->type = STT_SECTION;
	ptrs_add(emitter->pool, &emitter->sections, section);
	ptrs_add(emitter->pool, &emitter->symbols, section->symbol);
	return section;
}

static struct out_section *get_section(struct emitter *emitter, const struct piece *piece)
{
	const char *name = section_name(piece);
	struct out_section *section, *order = NULL;
	size_t i;

	if (piece->section->flags & SHF_LINK_ORDER && piece->kind == PIECE_ENTRY)
		order = piece->root->out;
	for_each(&emitter->sections, i, section)
		if (!strcmp(section->name, name) && section->order == order)
			return section;
	section = new_section(emitter, name, piece->section->flags &
			      (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR), 1);
	if (piece->section->type == SHT_NOBITS)
		section->type = SHT_NOBITS;
	if (order)
		section->flags |= SHF_LINK_ORDER;
	section->order = order;
	return section;
}

static uint64_t alignment(const struct piece *piece)
{
	uint64_t align = piece->section->align ? piece->section->align : 1;
	uint64_t low = piece->offset & -piece->offset;

	return low && low < align ? low : align;
}

/* Let short jumps out of the piece lead to long ones behind it. */
static void lengthen_jumps(struct emitter *emitter, struct piece *piece)
{
	static const uint8_t jump[LONG_JUMP] = { 0xe9 };
	struct bytes *bytes = &piece->out->bytes;
	struct reloc *reloc;
	unsigned int i;
	uint64_t field;

	for (i = 0; i < piece->nr_relocs; i++) {
		reloc = &piece->relocs[i];
		if (!reloc->is_short)
			continue;
		field = piece->out_at + reloc->offset - piece->offset;
		reloc->out_at = bytes_add(emitter->pool, bytes, jump, sizeof(jump));
		/* select.c has checked that this is not too far. */
		bytes->at[field] = reloc->out_at - (field + 1);
	}
}

static void place(struct emitter *emitter, struct piece *piece)
{
	uint64_t align = alignment(piece);
	struct out_section *section;

	if (consts_is(piece))
		return;
	section = get_section(emitter, piece);
	if (align > section->align)
		section->align = align;
	bytes_align(emitter->pool, &section->bytes, align,
		    section->flags & SHF_EXECINSTR ? 0x90 : 0);
	if (piece_data(piece))
		section->type = SHT_PROGBITS;
	piece->out_at = bytes_add(emitter->pool, &section->bytes, piece_data(piece), piece->size);
	piece->out = section;
	lengthen_jumps(emitter, piece);
	piece->out_size = section->bytes.nr - piece->out_at;
	/* An empty datum needs an address of its own. */
	if (!piece->size && piece->kind == PIECE_DATA)
		bytes_add(emitter->pool, &section->bytes, NULL, 1);
}

static const char *replaced_name(const struct build *build, const struct piece *piece)
{
	struct replaced *replaced;
	size_t i;

	for_each(&build->replaced, i, replaced)
		if (replaced->piece == piece)
			return replaced->global;
	return marks_callback(build, piece);
}

/* Another unit may use a new function or variable by another name of it. */
static void add_aliases(struct emitter *emitter, const struct piece *piece)
{
	const struct symbol *alias;
	struct out_symbol *symbol;
	unsigned int i;

	if (piece->verdict != VERDICT_NEW)
		return;
	for (i = 1; i < piece->object->nr_symbols; i++) {
		alias = &piece->object->symbols[i];
		if (alias->piece != piece || alias == piece->symbol || alias->bind == STB_LOCAL)
			continue;
		symbol = pool_alloc(emitter->pool, sizeof(*symbol));
		symbol->name = alias->name;
		symbol->section = piece->out;
		symbol->value = piece->out_at + alias->value - piece->offset;
		symbol->size = alias->size;
		symbol->type = alias->type;
		symbol->global = true;
		ptrs_add(emitter->pool, &emitter->symbols, symbol);
		map_add(emitter->globals, symbol->name, symbol);
	}
}

static void add_symbol(struct emitter *emitter, struct piece *piece)
{
	const char *global = replaced_name(emitter->build, piece);
	struct out_symbol *symbol;

	if (!piece->symbol)
		return;
	symbol = pool_alloc(emitter->pool, sizeof(*symbol));
	symbol->name = global ? global : piece->name;
	symbol->section = piece->out;
	symbol->value = piece->out_at + piece->entry;
	symbol->size = piece->symbol->size + piece->out_size - piece->size;
	symbol->type = piece->symbol->type;
	symbol->global = global || !piece_is_local(piece);
	symbol->piece = piece;
	ptrs_add(emitter->pool, &emitter->symbols, symbol);
	if (symbol->global)
		map_add(emitter->globals, symbol->name, symbol);
	add_aliases(emitter, piece);
}

static struct out_symbol *undefined(struct emitter *emitter, const char *name)
{
	struct out_symbol *symbol = map_get(emitter->globals, name);

	if (symbol)
		return symbol;
	symbol = pool_alloc(emitter->pool, sizeof(*symbol));
	symbol->name = name;
	symbol->global = true;
	ptrs_add(emitter->pool, &emitter->symbols, symbol);
	map_add(emitter->globals, name, symbol);
	return symbol;
}

static struct out_symbol *symbol_of(struct emitter *emitter, const struct piece *piece)
{
	struct out_symbol *symbol;
	size_t i;

	for_each(&emitter->symbols, i, symbol)
		if (symbol->piece == piece)
			return symbol;
	return NULL;
}

static enum status add_reloc(struct emitter *emitter, const struct taken *taken,
			     const struct reloc *reloc)
{
	const struct piece *target = reloc->target, *piece = taken->piece;
	struct out_reloc *out = pool_alloc(emitter->pool, sizeof(*out));
	struct reference *reference;
	enum status status;

	out->offset = piece->out_at + reloc->offset - piece->offset;
	out->type = reloc->type;
	out->addend = reloc->at - reloc->bias;
	if (reloc->is_short) {
		out->offset = reloc->out_at + 1;
		out->addend = reloc->at - 4;
	}
	if (select_is_inside(piece, reloc)) {
		/*
		 * objtool takes a jump to a function's symbol for its end. A .cold part would
		 * be code that is never reached, which no stack can be unwound from.
		 */
		if (target->kind == PIECE_CODE && target->symbol && target->root == target &&
		    reloc->at == (int64_t)target->entry) {
			out->symbol = symbol_of(emitter, target);
			out->addend -= target->entry;
		} else if (target->out) {
			out->symbol = target->out->symbol;
			out->addend += target->out_at;
		}
	} else {
		status = refer_to(emitter->build, taken->unit, piece, reloc, &reference);
		if (status)
			return status;
		out->symbol = undefined(emitter, reference ? reference->name :
							     reloc->symbol->name);
		if (target)
			out->addend -= target->entry;
	}
	if (!out->symbol)
		return error("%s: the goal of a relocation was not taken: %s",
			     piece->object->path, piece_title(emitter->pool, target));
	ptrs_add(emitter->pool, &piece->out->relocs, out);
	return KB_OK;
}

static void put_word(struct emitter *emitter, struct out_section *section, uint64_t value,
		     struct out_symbol *symbol)
{
	struct out_reloc *reloc;
	uint64_t at = bytes_add(emitter->pool, &section->bytes, &value, sizeof(value));

	if (!symbol)
		return;
	reloc = pool_alloc(emitter->pool, sizeof(*reloc));
	reloc->offset = at;
	reloc->type = R_X86_64_64;
	reloc->symbol = symbol;
	ptrs_add(emitter->pool, &section->relocs, reloc);
}

/* The table that the module's init goes through: see consts.c and source.c. */
static enum status add_consts(struct emitter *emitter)
{
	struct out_section *section;
	struct reference *reference;
	const struct piece *code;
	struct out_symbol *start;
	uint64_t offset, size;
	struct taken *taken;
	enum status status;
	size_t i;

	if (!consts_any(emitter->build))
		return KB_OK;
	section = new_section(emitter, ".data.klp_consts", SHF_ALLOC | SHF_WRITE, 8);
	start = pool_alloc(emitter->pool, sizeof(*start));
	*start = (struct out_symbol){ .name = "klp_consts", .section = section,
				      .type = STT_OBJECT, .global = true };
	ptrs_add(emitter->pool, &emitter->symbols, start);
	for_each(&emitter->build->taken, i, taken) {
		if (!consts_is(taken->piece))
			continue;
		status = consts_refer(emitter->build, taken->unit, taken->piece, &reference,
				      &offset, &size);
		if (status)
			return status;
		code = taken->piece->root;
		if (!symbol_of(emitter, code))
			return error("%s: a constant of section %s is in code without a name",
				     code->object->path, taken->piece->section->name);
		put_word(emitter, section, 0, symbol_of(emitter, code));
		put_word(emitter, section, taken->piece->relocs[0].at - code->entry, NULL);
		put_word(emitter, section, 0, undefined(emitter, reference->name));
		put_word(emitter, section, offset, NULL);
		put_word(emitter, section, size, NULL);
	}
	for (i = 0; i < 5; i++)
		put_word(emitter, section, 0, NULL);
	start->size = section->bytes.nr;
	return KB_OK;
}

static bool has_endbr(const struct piece *code)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return code->size - code->entry >= sizeof(endbr) && piece_data(code) &&
	       !memcmp(piece_data(code) + code->entry, endbr, sizeof(endbr));
}

/*
 * The compiler has given no ENDBR to static functions that are only called directly.
 * Live patching returns to new functions instead of jumping: objtool need not complain.
 */
static void add_noendbr(struct emitter *emitter)
{
	struct out_section *section = NULL;
	struct taken *taken;
	size_t i;

	for_each(&emitter->build->taken, i, taken) {
		if (taken->piece->kind != PIECE_CODE || !taken->piece->symbol ||
		    has_endbr(taken->piece))
			continue;
		if (!section)
			section = new_section(emitter, ".discard.noendbr", 0, 8);
		put_word(emitter, section, 0, symbol_of(emitter, taken->piece));
	}
}

/* What must not be probed must not be probed in the patch module either: NOKPROBE_SYMBOL(). */
static void add_blacklist(struct emitter *emitter)
{
	struct out_section *section = NULL;
	const struct section *list;
	struct piece *function;
	struct unit *unit;
	unsigned int s, r;
	size_t i;

	for_each(&emitter->build->units, i, unit) {
		for (s = 1; unit->after && s < unit->after->nr_sections; s++) {
			list = &unit->after->sections[s];
			for (r = 0; !strcmp(list->name, "_kprobe_blacklist") &&
			     r < list->nr_relocs; r++) {
				function = list->relocs[r].target;
				if (!function || !function->taken || function->kind != PIECE_CODE)
					continue;
				if (!section)
					section = new_section(emitter, list->name, list->flags, 8);
				put_word(emitter, section, 0, symbol_of(emitter, function));
			}
		}
	}
}

/* Two units may have functions of the same name. */
static void name_replaced(struct build *build)
{
	struct replaced *replaced, *other;
	size_t i, j;

	for_each(&build->replaced, i, replaced) {
		replaced->global = replaced->name;
		for_each(&build->replaced, j, other)
			if (j < i && !strcmp(other->name, replaced->name))
				replaced->global = pool_printf(build->pool, "%s.%zu",
							       replaced->name, i);
	}
}

/* What goes into the module may have got the name of what is referred to. */
static enum status name_references(struct emitter *emitter)
{
	struct reference *reference;
	size_t i;

	for_each(&emitter->build->references, i, reference) {
		if (!map_get(emitter->globals, reference->name))
			continue;
		if (!reference->final)
			return error("the fix defines '%s', which vmlinux exports",
				     reference->name);
		reference->name = refer_name(emitter->build, reference);
	}
	return KB_OK;
}

/**
 * emit_object - write the object file with all pieces that were selected
 * @build: the build
 * @path: the file
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status emit_object(struct build *build, const char *path)
{
	struct emitter emitter = { .pool = build->pool, .build = build };
	struct reference *reference;
	struct taken *taken;
	enum status status;
	unsigned int r;
	size_t i;

	name_replaced(build);
	emitter.globals = map_new(build->pool, 1000);
	for_each(&build->taken, i, taken)
		place(&emitter, taken->piece);
	for_each(&build->taken, i, taken)
		add_symbol(&emitter, taken->piece);
	status = name_references(&emitter);
	if (status)
		return status;
	for_each(&build->taken, i, taken) {
		for (r = 0; r < taken->piece->nr_relocs && !consts_is(taken->piece); r++) {
			status = add_reloc(&emitter, taken, &taken->piece->relocs[r]);
			if (status)
				return status;
		}
	}
	status = add_consts(&emitter);
	if (status)
		return status;
	add_noendbr(&emitter);
	add_blacklist(&emitter);
	/* Also those that only objtool asks for. */
	for_each(&build->references, i, reference)
		undefined(&emitter, reference->name);
	return write_file(&emitter, path);
}
