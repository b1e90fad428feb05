// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what goes into the patch module, and what cannot be patched.
 *
 * All that differs between the unpatched and the patched object of a unit must have a
 * place here: it is replaced, it is new and goes along, it is without effect for a reason
 * that is known, or the fix is refused.
 */
#include "build.h"
#include "compare.h"
#include "insn.h"
#include "report.h"

/* The function that a piece belongs to, at the end of .cold parts and entries */
static const struct piece *family(const struct piece *piece)
{
	while (piece->root != piece)
		piece = piece->root;
	return piece;
}

/**
 * select_where - name the place of a piece in the source, for a message
 * @build: the build
 * @unit: the unit
 * @piece: the piece
 *
 * Return: the file and the line, or only the file.
 */
const char *select_where(const struct build *build, const struct unit *unit,
			 const struct piece *piece)
{
	const char *name = family(piece)->name, *line;

	name = pool_printf(build->pool, "%.*s%s", (int)strcspn(name, "."), name,
			   family(piece)->kind == PIECE_CODE ? "()" : "");
	line = unit->lines && *name ? map_get(unit->lines, name) : NULL;
	return line ? tree_place(build->pool, &build->tree, line) : unit->source;
}

static enum status refuse_data(const struct build *build, const struct unit *unit,
			       const struct piece *piece)
{
	report_where(select_where(build, unit, piece));
	if (piece_is_init(piece)) {
		refuse("'%s' is used while the kernel or the module starts, which is over",
		       piece->name);
		note("leave it out of the fix, or do what it is for in a callback");
	} else if (piece_is_constant(piece) && piece_is_constant(piece->twin)) {
		refuse("the constant '%s' changes (%s), and code that is not patched may use it",
		       piece->name, piece->why);
		note("keep it, and let the changed functions use a new constant");
	} else if (!strcmp(piece->why, "linkage")) {
		refuse("the variable '%s' becomes %s, and the kernel knows it as it is",
		       piece->name, piece_is_local(piece) ? "static" : "global");
		note("leave it as it is, and add a function that returns its address");
	} else if (!strcmp(piece->why, "alignment")) {
		refuse("the alignment of the variable '%s' changes, and it stays where it is",
		       piece->name);
		note("keep it, and add a new variable");
	} else if (!strcmp(piece->why, "section")) {
		refuse("the variable '%s' moves from section %s to %s, and it stays where it is",
		       piece->name, piece->twin->section->name, piece->section->name);
		note("keep it, and add a new variable");
	} else if (piece->twin->size != piece->size) {
		refuse("the size of the variable '%s' changes from %llu to %llu bytes", piece->name,
		       (unsigned long long)piece->twin->size, (unsigned long long)piece->size);
		note("keep it, and add a new variable, or a shadow variable for each object");
	} else {
		refuse("the initial value of the variable '%s' changes (%s): it has been used",
		       piece->name, piece->why);
		note("keep the initial value, and set the variable in a callback");
	}
	return KB_REFUSED;
}

/* Is the constant only a part of functions that lead to it? */
static bool goes_along(const struct piece *piece)
{
	unsigned int i;

	if (compare_is_copied(piece))
		return true;
	if (!piece_is_constant(piece) || !piece_is_local(piece) || piece_is_init(piece))
		return false;
	for (i = 0; i < piece->nr_relocs; i++)
		if (!piece->relocs[i].target || piece->relocs[i].target->kind == PIECE_CODE)
			return false;
	return true;
}

/**
 * select_is_traced - tell whether a function can be replaced
 * @function: the function
 *
 * ftrace redirects functions that begin with a call of it.
 *
 * Return: true if it can.
 */
bool select_is_traced(const struct piece *function)
{
	struct piece *entry;
	size_t i;

	for_each(&function->entries, i, entry)
		if (!strcmp(entry->section->name, "__mcount_loc"))
			return true;
	return false;
}

static enum status replace(struct build *build, struct unit *unit, struct piece *piece)
{
	struct match match = { .pool = build->pool, .image = unit->image };
	struct replaced *replaced;
	enum status status;
	bool never;

	status = phase_check(build, unit, piece, &never);
	if (status || never)
		return status;
	if (match_function(&match, piece->twin)) {
		report_where(select_where(build, unit, piece));
		refuse("'%s', compiled from the unpatched source, is not in %s: %s", piece->name,
		       unit->image->path, match.why);
		note("build the kernel from this source with this compiler");
		return KB_REFUSED;
	}
	replaced = pool_alloc(build->pool, sizeof(*replaced));
	replaced->unit = unit;
	replaced->piece = piece;
	replaced->name = piece->twin->name;
	if (!image_position(build->pool, unit->image, replaced->name, piece->twin->loc,
			    &replaced->position)) {
		report_where(select_where(build, unit, piece));
		return refuse("the kernel does not know '%s' by name", replaced->name);
	}
	ptrs_add(build->pool, &build->replaced, replaced);
	return identity_make(build, unit->image, piece->twin, &replaced->identity);
}

static enum status judge(struct build *build, struct unit *unit, struct piece *piece)
{
	const struct special *special = piece->section->special;

	if (piece->verdict != VERDICT_CHANGED || piece_is_registration(piece))
		return KB_OK;
	/* See check_collected(). */
	if (special && special->kind == SPECIAL_COLLECTED)
		return KB_OK;
	if (piece->kind == PIECE_CODE)
		return replace(build, unit, piece);
	return goes_along(piece) ? KB_OK : refuse_data(build, unit, piece);
}

static bool is_collected(const struct section *section)
{
	return section->special && section->special->kind == SPECIAL_COLLECTED;
}

static enum status check_section(const struct unit *unit,
				 struct section *before, struct section *after)
{
	struct section *section = after ? after : before;

	if (!is_collected(section) || compare_collected(before, after))
		return KB_OK;
	report_where(unit->source);
	/* vmlinux has none: it is for modinfo. */
	if (!unit->module && !strcmp(section->name, ".modinfo")) {
		warning_at(unit->source, "section .modinfo changes, to no effect in vmlinux");
		return KB_OK;
	}
	refuse("section %s changes: %s", section->name, section->special->why);
	note("these are read when the kernel or the module starts: leave the change out");
	return KB_REFUSED;
}

/* Sections that are collected for all of vmlinux or the module */
static enum status check_collected(const struct unit *unit)
{
	enum status status = KB_OK, one;
	struct section *section, *other;
	unsigned int i;

	for (i = 1; i < unit->after->nr_sections; i++) {
		section = &unit->after->sections[i];
		other = compare_section(unit->before, unit->after, section);
		one = check_section(unit, other, section);
		status = one > status ? one : status;
	}
	for (i = 1; i < unit->before->nr_sections; i++) {
		section = &unit->before->sections[i];
		if (compare_section(unit->after, unit->before, section))
			continue;
		one = check_section(unit, section, NULL);
		status = one > status ? one : status;
	}
	return status;
}

/* What comparing functions and variables one by one does not see */
static enum status check_names(const struct build *build, const struct unit *unit)
{
	struct piece *piece = compare_unclaimed(build->pool, unit->before, unit->after);
	const char *name = compare_aliases(build->pool, unit->before, unit->after);

	report_where(unit->source);
	if (piece) {
		refuse("section %s changes at %#llx, where no symbol with a size is",
		       piece->section->name, (unsigned long long)piece->offset);
		note("assembler code cannot be replaced: leave it as it is");
		return KB_REFUSED;
	}
	if (name) {
		refuse("'%s' becomes a name of something else", name);
		note("leave the name as it is, and change the function");
		return KB_REFUSED;
	}
	return KB_OK;
}

static void take(struct build *build, struct unit *unit, struct piece *piece)
{
	struct taken *taken;
	struct piece *other;
	size_t i;

	if (piece->taken)
		return;
	piece->taken = true;
	taken = pool_alloc(build->pool, sizeof(*taken));
	taken->piece = piece;
	taken->unit = unit;
	ptrs_add(build->pool, &build->taken, taken);
	for_each(&piece->parts, i, other)
		take(build, unit, other);
	for_each(&piece->entries, i, other)
		take(build, unit, other);
	/* Calls name the trampoline only; objtool finds the key of a static call by its name. */
	if (!str_starts(piece->name, "__SCT__"))
		return;
	other = map_get(piece->object->names,
			pool_printf(build->pool, "__SCK__%s", piece->name + strlen("__SCT__")));
	if (other)
		take(build, unit, other);
}

static bool decode_branch(const struct piece *from, const struct reloc *reloc, struct insn *insn)
{
	const struct section *section = from->section;

	return section_is_code(section) &&
	       insn_decode(section->data + reloc->insn, section->size - reloc->insn, insn) &&
	       insn_branches(insn);
}

/**
 * select_is_branch - tell whether a relocation is that of a call or a jump
 * @from: the piece that the relocation is in
 * @reloc: the relocation
 *
 * Return: true if it is.
 */
bool select_is_branch(const struct piece *from, const struct reloc *reloc)
{
	struct insn insn;

	return decode_branch(from, reloc, &insn);
}

/**
 * select_is_jump - tell whether a relocation is that of a jump
 * @from: the piece that the relocation is in
 * @reloc: the relocation
 *
 * Return: true if it is; false for a call, which leaves its caller on the stack.
 */
bool select_is_jump(const struct piece *from, const struct reloc *reloc)
{
	struct insn insn;

	return decode_branch(from, reloc, &insn) && insn.kind != INSN_CALL;
}

/**
 * select_is_inside - tell whether a relocation stays in the patch module
 * @from: the piece that the relocation is in
 * @reloc: the relocation
 *
 * A function that is replaced is referred to by its original, which leads to the
 * replacement: so pointers stay valid and the same, and a later patch of the function is
 * in effect here, too. Only jumps inside of the function lead to the new code directly.
 *
 * Return: true if it leads to a piece that is taken along.
 */
bool select_is_inside(const struct piece *from, const struct reloc *reloc)
{
	const struct piece *target = reloc->target;

	if (!target)
		return false;
	if (target->kind == PIECE_CODE) {
		if (family(target)->verdict == VERDICT_NEW)
			return true;
		if (family(target) != family(from))
			return false;
		return from->kind == PIECE_ENTRY || !target->symbol ||
		       reloc->at != (int64_t)target->entry || target->root != target ||
		       select_is_branch(from, reloc);
	}
	if (!target->symbol || compare_is_copied(target) || target->verdict == VERDICT_NEW)
		return true;
	return target->verdict == VERDICT_CHANGED;
}

/* May an access before or behind it look like one of another variable? */
static bool has_edges(const struct piece *piece)
{
	return piece->symbol && piece_is_local(piece) && piece->size > sizeof(uint64_t);
}

/*
 * The assembler names local variables by their places in the section. With that a pointer
 * to the end of an array is one to the next variable.
 */
static bool has_unclear_edges(const struct piece *piece)
{
	const struct ptrs *pieces = &piece->section->pieces;
	size_t i;

	if (piece->section->special || !piece->symbol)
		return false;
	for (i = 0; i < pieces->nr; i++) {
		if (pieces->at[i] != piece)
			continue;
		return (pieces->nr > 1 && has_edges(piece)) ||
		       (i && has_edges(pieces->at[i - 1])) ||
		       (i + 1 < pieces->nr && has_edges(pieces->at[i + 1]));
	}
	return false;
}

static const struct piece *piece_before(const struct piece *piece)
{
	const struct ptrs *pieces = &piece->section->pieces;
	size_t i;

	for (i = 1; i < pieces->nr; i++)
		if (pieces->at[i] == piece)
			return pieces->at[i - 1];
	return NULL;
}

/*
 * What looks like the address of a variable may be that of the end of the array before it.
 * It is both as long as the two are beside each other in the running kernel, too.
 */
static enum status check_edge(struct build *build, struct unit *unit, const struct piece *from,
			      const struct reloc *reloc)
{
	const struct piece *target = reloc->target, *array;

	if (!target || !target->symbol || !target->twin || target->kind != PIECE_DATA ||
	    reloc->symbol->type != STT_SECTION || reloc->at != 0)
		return KB_OK;
	array = piece_before(target);
	if (!array || !has_edges(array) || !array->twin ||
	    array->offset + array->size != target->offset ||
	    (array->twin->section == target->twin->section &&
	     array->twin->offset + array->twin->size == target->twin->offset))
		return KB_OK;
	report_where(select_where(build, unit, from));
	refuse("'%s' refers to '%s', or to the end of '%s', which is now before it in section %s",
	       piece_title(build->pool, family(from)), target->name, array->name,
	       target->section->name);
	note("leave the order of the variables of the section as it is");
	return KB_REFUSED;
}

/* May a piece of one unit refer to what is new in that or in another one? */
static enum status check_new(struct build *build, struct unit *unit, const struct piece *from,
			     struct unit *owner, const struct piece *target)
{
	const struct special *special = target->section->special;

	if (piece_is_init(target) || str_starts(target->section->name, ".exit.")) {
		report_where(select_where(build, unit, from));
		return refuse("'%s' refers to '%s' in section %s", piece_title(build->pool, from),
			      piece_title(build->pool, target), target->section->name);
	}
	if (special && special->kind == SPECIAL_COLLECTED) {
		report_where(select_where(build, unit, from));
		return refuse("'%s' refers to '%s', which is new in section %s: %s",
			      piece_title(build->pool, from), piece_title(build->pool, target),
			      target->section->name, special->why);
	}
	if (target->kind == PIECE_DATA && target->verdict == VERDICT_NEW &&
	    has_unclear_edges(target)) {
		report_where(select_where(build, owner, target));
		refuse("the new variable '%s' shares section %s: the ends of arrays are unclear",
		       target->name, target->section->name);
		note("declare it without 'static', or without an attribute such as __read_mostly");
		return KB_REFUSED;
	}
	/* It may be printed once more, or ten times. */
	if (target->ambiguous && !str_starts(target->section->name, ".data..once") &&
	    !str_starts(target->name, "_rs.") &&
	    target->size && !compare_is_copied(target)) {
		report_where(select_where(build, unit, from));
		refuse("the %s '%s' of '%s' is new, or is the '%s' that exists",
		       target->renamed ? "variable" : "static variable", target->name,
		       piece_title(build->pool, family(from)), target->doubt->name);
		if (target->renamed)
			note("keep name and file of '%s', or leave it there if it is another one",
			     target->doubt->name);
		else
			note("give the new variable a name of its own");
		return KB_REFUSED;
	}
	return KB_OK;
}

static enum status take_global(struct build *build, struct unit *unit, const struct piece *from,
			       const char *name)
{
	struct unit *owner;
	struct piece *piece = refer_new_global(build, unit, name, &owner);
	enum status status;

	if (!piece)
		return KB_OK;
	status = check_new(build, unit, from, owner, piece);
	if (!status)
		take(build, owner, piece->root);
	return status;
}

static enum status follow(struct build *build, struct unit *unit, struct piece *piece)
{
	enum status status = KB_OK, one;
	struct reference *reference;
	struct reloc *reloc;
	unsigned int i;

	uint64_t offset, size;

	if (piece->kind == PIECE_CODE)
		status = code_check(build, unit, piece);
	if (consts_is(piece)) {
		refer_by_position(build, "vmlinux", "text_poke_copy", 0);
		return consts_refer(build, unit, piece, &reference, &offset, &size);
	}
	for (i = 0; i < piece->nr_relocs; i++) {
		reloc = &piece->relocs[i];
		if (!select_is_inside(piece, reloc)) {
			one = check_edge(build, unit, piece, reloc);
			if (!one)
				one = refer_to(build, unit, piece, reloc, &reference);
			if (!one && !reference)
				one = take_global(build, unit, piece, reloc->symbol->name);
		} else {
			one = check_new(build, unit, piece, unit, reloc->target);
			if (!one)
				take(build, unit, reloc->target->symbol &&
				     reloc->target->kind == PIECE_CODE ?
				     reloc->target->root : reloc->target);
		}
		status = one > status ? one : status;
	}
	return status;
}

/**
 * select_pieces - select what goes into the patch module
 * @build: the build, whose units are compared; what is selected is added
 *
 * Return: KB_OK, or KB_REFUSED or KB_ERROR after messages about all that is wrong.
 */
enum status select_pieces(struct build *build)
{
	enum status status = KB_OK, one;
	struct replaced *replaced;
	struct callback *callback;
	struct taken *taken;
	struct piece *piece;
	struct unit *unit;
	size_t i, j;

	gone_moved(build);
	for_each(&build->units, i, unit) {
		if (!unit->after)
			continue;
		one = gone_check(build, unit);
		status = one > status ? one : status;
		one = check_collected(unit);
		status = one > status ? one : status;
		one = check_names(build, unit);
		status = one > status ? one : status;
		one = override_check(build, unit);
		status = one > status ? one : status;
		one = carry_untraced(build, unit);
		status = one > status ? one : status;
		for_each(&unit->after->pieces, j, piece) {
			one = judge(build, unit, piece);
			status = one > status ? one : status;
		}
		one = gone_replace(build, unit);
		status = one > status ? one : status;
	}
	if (!status)
		status = carry_check(build);
	if (status)
		return status;
	for_each(&build->replaced, i, replaced)
		take(build, replaced->unit, replaced->piece);
	for_each(&build->callbacks, i, callback)
		take(build, callback->unit, callback->piece);
	for (i = 0; i < build->taken.nr; i++) {
		taken = build->taken.at[i];
		one = follow(build, taken->unit, taken->piece);
		status = one > status ? one : status;
	}
	return status;
}
