// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: warnings about a patch that is right, but may not be what the author expects.
 */
#include <dwarf.h>
#include <stdlib.h>

#include "build.h"
#include "debug.h"
#include "insn.h"
#include "report.h"

/* How many functions a warning names */
#define MAX_NAMES	5

static bool is_replaced(const struct build *build, const struct unit *unit, const char *name)
{
	struct replaced *replaced;
	const char *other;
	size_t i, length;

	for_each(&build->replaced, i, replaced) {
		/* A clone, or the function itself */
		other = replaced->name;
		length = strcspn(other, ".");
		if (replaced->unit == unit && !strncmp(other, name, length) && !name[length])
			return true;
	}
	return false;
}

/* Where a function is, "file:line", or NULL */
static const char *line_of(const struct build *build, const struct unit *unit, const char *name)
{
	return map_get(unit->lines, pool_printf(build->pool, "%s()", name));
}

/* The line before the next function of the file, as far as the unit has one */
static unsigned long last_line(const struct build *build, const struct unit *unit,
			       const char *file, unsigned long first)
{
	unsigned long last = -1UL, line;
	const struct inlined *inlined;
	struct piece *piece;
	const char *place;
	size_t length = strlen(file), i, nr = unit->after->pieces.nr;

	for (i = 0; i < nr + unit->inlined.nr; i++) {
		if (i < nr) {
			piece = unit->after->pieces.at[i];
			place = piece->kind == PIECE_CODE ?
				line_of(build, unit, piece->name) : NULL;
		} else {
			inlined = unit->inlined.at[i - nr];
			place = line_of(build, unit, inlined->name);
		}
		if (!place || strncmp(place, file, length) || place[length] != ':')
			continue;
		line = strtoul(place + length + 1, NULL, 10);
		if (line > first && line - 1 < last)
			last = line - 1;
	}
	return last;
}

/* Does the fix change the lines of a function? */
static bool is_touched(struct build *build, const struct unit *unit, const char *name)
{
	const char *place = line_of(build, unit, name), *colon, *file;
	unsigned long first;

	colon = place ? strrchr(place, ':') : NULL;
	if (!colon)
		return false;
	first = strtoul(colon + 1, NULL, 10);
	file = pool_printf(build->pool, "%.*s", (int)(colon - place), place);
	return declare_is_touched(build, tree_place(build->pool, &build->tree, file), first,
				  last_line(build, unit, file, first));
}

/**
 * warn_inlined - find out why a function changes whose own lines do not
 * @build: the build
 * @unit: the unit of the function
 * @name: the function
 *
 * Return: a function that is inlined into it and that the fix changes, or NULL.
 */
const char *warn_inlined(struct build *build, const struct unit *unit, const char *name)
{
	const struct inlined *inlined;
	size_t i;

	if (!unit->lines || is_touched(build, unit, name))
		return NULL;
	for_each(&unit->inlined, i, inlined)
		if (!strcmp(inlined->into, name) && is_touched(build, unit, inlined->name))
			return inlined->name;
	return NULL;
}

/* A function that is inlined, and the functions that are replaced for that */
struct spread {
	const char	*name;
	const char	*where;
	struct ptrs	into;		/* "object:function" */
};

static void add_spread(struct build *build, struct ptrs *all, const struct unit *unit,
		       const struct inlined *inlined)
{
	const char *into = pool_printf(build->pool, "%s:%s", unit->image->name, inlined->into);
	struct spread *spread = NULL;
	char *other;
	size_t i;

	for_each(all, i, spread)
		if (!strcmp(spread->name, inlined->name))
			break;
	if (i == all->nr) {
		spread = pool_alloc(build->pool, sizeof(*spread));
		spread->name = inlined->name;
		spread->where = tree_place(build->pool, &build->tree,
					   line_of(build, unit, inlined->name));
		ptrs_add(build->pool, all, spread);
	}
	for_each(&spread->into, i, other)
		if (!strcmp(other, into))
			return;
	ptrs_add(build->pool, &spread->into, (char *)into);
}

/* A macro such as SYSCALL_DEFINE() makes several functions in one line. */
static bool is_beside(const struct build *build, const struct unit *unit,
		      const struct inlined *inlined)
{
	const char *place = line_of(build, unit, inlined->name);
	const char *into = line_of(build, unit, inlined->into);

	return place && into && !strcmp(place, into);
}

static void find_spread(struct build *build, const struct unit *unit, struct ptrs *all)
{
	struct map *known = map_new(build->pool, unit->inlined.nr);
	struct inlined *inlined;
	char *touched;
	size_t i;

	for_each(&unit->inlined, i, inlined) {
		touched = map_get(known, inlined->name);
		if (!touched) {
			touched = is_touched(build, unit, inlined->name) ? "y" : "n";
			map_add(known, inlined->name, touched);
		}
		if (*touched == 'y' && is_replaced(build, unit, inlined->into) &&
		    !is_beside(build, unit, inlined))
			add_spread(build, all, unit, inlined);
	}
}

static bool is_explained(const struct ptrs *all, const char *function)
{
	struct spread *spread;
	char *into;
	size_t i, j;

	for_each(all, i, spread)
		for_each(&spread->into, j, into)
			if (!strcmp(into, function))
				return true;
	return false;
}

/* What the compiler has folded into an instruction is in no debug information. */
static void warn_about_rest(struct build *build, const struct ptrs *all)
{
	const char *names = "", *name;
	struct replaced *replaced;
	size_t nr = 0, i;

	for_each(&build->replaced, i, replaced) {
		name = pool_printf(build->pool, "%.*s", (int)strcspn(replaced->name, "."),
				   replaced->name);
		if (!line_of(build, replaced->unit, name) ||
		    is_touched(build, replaced->unit, name))
			continue;
		name = pool_printf(build->pool, "%s:%s", replaced->unit->image->name, name);
		if (is_explained(all, name))
			continue;
		if (nr++ < MAX_NAMES)
			names = pool_printf(build->pool, "%s%s%s", names, *names ? ", " : "", name);
	}
	if (nr)
		warning("%zu function%s replaced for what %s use%s, not for %s own lines: %s%s", nr,
			nr == 1 ? " is" : "s are", nr == 1 ? "it" : "they", nr == 1 ? "s" : "",
			nr == 1 ? "its" : "their", names, nr > MAX_NAMES ? ", ..." : "");
}

static void warn_about_inlining(struct build *build)
{
	struct ptrs all = { };
	struct spread *spread;
	struct unit *unit;
	const char *names;
	size_t i, j, nr;
	char *into;

	for_each(&build->units, i, unit)
		if (unit->after)
			find_spread(build, unit, &all);
	for_each(&all, i, spread) {
		nr = spread->into.nr;
		names = nr > MAX_NAMES ? ", ..." : "";
		for (j = nr < MAX_NAMES ? nr : MAX_NAMES; j--;) {
			into = spread->into.at[j];
			names = pool_printf(build->pool, "%s%s%s", j ? ", " : "", into, names);
		}
		warning_at(spread->where,
			   "'%s' is inlined into %zu function%s, which %s replaced: %s",
			   spread->name, nr, nr == 1 ? "" : "s", nr == 1 ? "is" : "are", names);
	}
	warn_about_rest(build, &all);
}

static bool is_start(const char *name)
{
	return str_starts(name, "kthread_create_") || !strcmp(name, "kernel_thread") ||
	       !strcmp(name, "user_mode_thread");
}

/* Does a function of the unit start a kernel thread with this one? */
static bool is_thread(const struct piece *function)
{
	const struct reloc *reloc;
	struct piece *piece;
	bool address, starts;
	unsigned int r;
	size_t i;

	for_each(&function->object->pieces, i, piece) {
		address = false;
		starts = false;
		for (r = 0; piece->kind == PIECE_CODE && r < piece->nr_relocs; r++) {
			reloc = &piece->relocs[r];
			if (select_is_branch(piece, reloc))
				starts |= is_start(reloc->symbol->name);
			else
				address |= reloc->target == function;
		}
		if (address && starts)
			return true;
	}
	return false;
}

/* Is there a return, or a jump to another function, which may be the thunk of returns? */
static bool may_leave(const struct piece *function, const struct piece *part)
{
	const uint8_t *code = piece_data(part);
	const struct reloc *reloc;
	struct insn insn;
	uint64_t at;
	unsigned int r;

	for (at = part->entry; code && at < part->size; at += insn.length) {
		if (!insn_decode(code + at, part->size - at, &insn) || insn.kind == INSN_LEAVE)
			return true;
	}
	for (r = 0; r < part->nr_relocs; r++) {
		reloc = &part->relocs[r];
		if (select_is_jump(part, reloc) &&
		    (!reloc->target || reloc->target->root != function))
			return true;
	}
	return false;
}

/* Does it run for ever, or until the task ends? */
static bool never_returns(const struct piece *function)
{
	struct piece *part;
	size_t i;

	for_each(&function->parts, i, part)
		if (may_leave(function, part))
			return false;
	return !may_leave(function, function);
}

/* Does code that no tracing may see, as on the way into the kernel, call the function? */
static bool is_entered(const struct image *image, uint64_t function)
{
	const struct symbol *start = map_get(image->names, "__noinstr_text_start");
	const struct symbol *end = map_get(image->names, "__noinstr_text_end");
	const uint8_t *code;
	uint64_t loc, left;
	struct insn insn;

	if (!start || !end)
		return false;
	for (loc = image_loc(image, start); loc < image_loc(image, end); loc += insn.length) {
		code = image_bytes(image, loc, &left);
		if (!code)
			return false;
		insn.length = 1;
		if (insn_decode(code, left, &insn) && insn_branches(&insn) &&
		    loc + insn.target == function)
			return true;
	}
	return false;
}

static const char *on_stacks(const struct replaced *replaced)
{
	const struct piece *twin = replaced->piece->twin;

	if (str_starts(twin->section->name, ".sched.text"))
		return "tasks sleep in it (__sched)";
	if (is_thread(twin))
		return "it is the main function of a kernel thread";
	if (never_returns(twin))
		return "it never returns";
	if (!replaced->unit->image->is_module &&
	    is_entered(replaced->unit->image, twin->loc))
		return "tasks enter the kernel through it";
	return NULL;
}

/* A task that has such a function on its stack at all times does not switch. */
static void warn_about_stacks(struct build *build)
{
	struct replaced *replaced;
	const char *why;
	size_t i;

	if (build->consistency)
		return;
	for_each(&build->replaced, i, replaced) {
		why = replaced->immediate ? NULL : on_stacks(replaced);
		if (!why)
			continue;
		warning_at(select_where(build, replaced->unit, replaced->piece),
			   "'%s' may be on stacks for long, as %s: the transition may not end",
			   replaced->name, why);
		note("choose a model with KLP_CONSISTENCY(), or KLP_IMMEDIATE() for this function");
	}
}

/* Does a piece hand the address of a function to who knows whom? */
static bool gives_away(const struct piece *from, const struct reloc *reloc)
{
	const struct piece *target = reloc->target;

	return target && target->kind == PIECE_CODE && target->symbol &&
	       target->verdict == VERDICT_NEW && target->root != from->root &&
	       reloc->at == (int64_t)target->entry && from->kind != PIECE_ENTRY &&
	       !from->section->special && !str_starts(from->name, "__SC") &&
	       !select_is_branch(from, reloc);
}

/* Timers, works and the like may lead to the module when it is unloaded. */
static void warn_about_addresses(struct build *build)
{
	struct ptrs warned = { };
	const struct piece *from;
	struct taken *taken;
	unsigned int r;
	size_t i;

	for_each(&build->taken, i, taken) {
		from = taken->piece;
		for (r = 0; r < from->nr_relocs; r++) {
			if (!gives_away(from, &from->relocs[r]) ||
			    marks_callback(build, from->relocs[r].target) ||
			    ptrs_has(&warned, from->relocs[r].target))
				continue;
			ptrs_add(build->pool, &warned, from->relocs[r].target);
			warning_at(select_where(build, taken->unit, from),
				   "'%s' gives the address of the new '%s' away",
				   piece_title(build->pool, from), from->relocs[r].target->name);
			note("unload the module only when nothing has the address any more");
		}
	}
}

/**
 * warn_about - warn about what the patch does beside what the fix says
 * @build: the build, with all that is replaced
 */
void warn_about(struct build *build)
{
	warn_about_inlining(build);
	warn_about_stacks(build);
	warn_about_addresses(build);
}
