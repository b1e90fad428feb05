// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: functions that only run while the kernel or a module starts, or ends.
 */
#include "build.h"
#include "layout.h"
#include "report.h"

static bool is_initcall(const struct section *section)
{
	return str_starts(section->name, ".initcall") ||
	       str_starts(section->name, ".con_initcall");
}

static bool is_an_initcall(const struct piece *function)
{
	const struct object *object = function->object;
	const struct section *section;
	unsigned int s, r;

	for (s = 1; s < object->nr_sections; s++) {
		section = &object->sections[s];
		for (r = 0; r < section->nr_relocs && is_initcall(section); r++)
			if (section->relocs[r].target == function)
				return true;
	}
	return false;
}

/* Does it lead to the function from elsewhere? Notes for objtool and the like do not count. */
static bool is_user(const struct piece *piece, const struct piece *function)
{
	return piece->kind != PIECE_ENTRY && piece->root != function &&
	       (piece->section->flags & SHF_ALLOC) && !is_initcall(piece->section) &&
	       !str_starts(piece->section->name, ".discard.");
}

/* __init code may store the address, so only calls are over with it. */
static void find_users(const struct piece *function, bool *start, bool *later)
{
	struct piece *piece;
	unsigned int r;
	size_t i;

	for_each(&function->object->pieces, i, piece) {
		if (!is_user(piece, function))
			continue;
		for (r = 0; r < piece->nr_relocs; r++) {
			if (piece->relocs[r].target != function)
				continue;
			if (piece_is_init(piece->root) &&
			    select_is_branch(piece, &piece->relocs[r]))
				*start = true;
			else
				*later = true;
		}
	}
}

/* Is it an initcall, or only called by such, without being __init? */
static bool runs_at_start(const struct piece *function)
{
	bool start = is_an_initcall(function->twin), later = false;

	if (!piece_is_local(function) || !piece_is_local(function->twin))
		return false;
	find_users(function->twin, &start, &later);
	find_users(function, &start, &later);
	return start && !later;
}

/* A function that it calls, and whose prototype the fix changes; or NULL */
static const char *changed_callee(const struct build *build, const struct piece *function)
{
	const struct reloc *reloc;
	struct shape *shape;
	const char *name;
	unsigned int r;

	for (r = 0; r < function->nr_relocs; r++) {
		reloc = &function->relocs[r];
		name = reloc->target ? reloc->target->name : reloc->symbol->name;
		shape = map_get(build->shapes, prototypes_title(build, name));
		if (shape && shape->changed)
			return shape->function;
	}
	return NULL;
}

static enum status refuse_start(struct build *build, const struct unit *unit,
				const struct piece *function, const char *what)
{
	const char *inlined = warn_inlined(build, unit, function->name);
	const char *callee = changed_callee(build, function);

	report_where(select_where(build, unit, function));
	refuse("'%s' is %s%s%s%s", function->name, what, inlined ? "; '" : "",
	       inlined ? inlined : "", inlined ? "' is inlined into it" : "");
	if (inlined)
		note("leave '%s' as it is, and let the other functions call a new one", inlined);
	else if (callee)
		note("keep '%s', which it calls, and add a function with the new prototype",
		     callee);
	else
		note("leave it out of the fix, or do what it is for in a callback");
	return KB_REFUSED;
}

/**
 * phase_check - refuse functions that do not run any more, or that cannot be replaced
 * @build: the build
 * @unit: the unit
 * @function: a function that the fix changes
 * @never: set to true if it never runs, and is to be left as it is
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status phase_check(struct build *build, struct unit *unit, const struct piece *function,
			bool *never)
{
	*never = false;
	if (piece_is_init(function) || piece_is_init(function->twin))
		return refuse_start(build, unit, function,
				    "__init code, which has run and is gone");
	if (runs_at_start(function))
		return refuse_start(build, unit, function,
				    "only called at the start, which is over");
	if (!str_starts(function->section->name, ".exit.text"))
		return KB_OK;
	if (!unit->module) {
		warning("'%s' is __exit code, which never runs in vmlinux: not replaced",
			function->name);
		*never = true;
		return KB_OK;
	}
	report_where(select_where(build, unit, function));
	refuse("'%s' is __exit code, which ftrace does not know", function->name);
	note("leave it out of the fix, or do what it is for in a callback");
	return KB_REFUSED;
}
