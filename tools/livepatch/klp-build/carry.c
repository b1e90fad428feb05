// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: changed functions that ftrace does not know.
 *
 * The kernel's "inline" means notrace, too. If the compiler calls such a function rather
 * than to inline it, the function itself cannot be replaced. So it goes into the patch
 * module as a new function, and all functions that call it are replaced.
 *
 * That is not possible if anything but calls leads to it. If it is called by a jump at
 * the end of a function, live patching does not see that a task is in it. The task may
 * switch then, and goes on in the old function; that is right only if nothing else
 * changes.
 */
#include "build.h"
#include "report.h"

static bool is_section(const struct piece *piece)
{
	const char *name = piece->section->name;

	return !strcmp(name, ".text") || str_starts(name, ".text.");
}

/* May the function be a new function of the patch module instead? */
static bool may_be_carried(const struct piece *function)
{
	return piece_is_local(function) && piece_is_local(function->twin) &&
	       is_section(function) && is_section(function->twin);
}

static enum status refuse_function(const struct build *build, const struct unit *unit,
				   const struct piece *function, const struct piece *from)
{
	report_where(select_where(build, unit, function));
	refuse("ftrace does not know '%s' (notrace, noinstr), so it is not replaced%s%s%s",
	       function->name, from ? ", nor is a pointer to it in '" : "",
	       from ? piece_title(build->pool, from) : "", from ? "'" : "");
	note("change the functions that call it instead");
	return KB_REFUSED;
}

static void replace_caller(struct build *build, struct piece *caller, const struct piece *function)
{
	if (caller->verdict != VERDICT_EQUAL)
		return;
	caller->verdict = VERDICT_CHANGED;
	caller->twin->verdict = VERDICT_CHANGED;
	caller->carrier = true;
	caller->why = pool_printf(build->pool, "calls %s", function->name);
}

/* Only notes for objtool and the like may lead to it beside calls. */
static bool is_note(const struct piece *piece)
{
	return piece->kind == PIECE_ENTRY;
}

/* Find all that leads to @function in its object, unpatched or patched. */
static enum status visit_callers(struct build *build, const struct unit *unit,
				 struct piece *function, bool after)
{
	struct piece *piece, *caller, *what = after ? function : function->twin;
	const struct reloc *reloc;
	unsigned int r;
	size_t i;

	for_each(&function->object->pieces, i, piece) {
		for (r = 0; r < piece->nr_relocs; r++) {
			reloc = &piece->relocs[r];
			if (!reloc->target || reloc->target != function || is_note(piece) ||
			    piece->root == function)
				continue;
			if (piece->kind != PIECE_CODE || !select_is_branch(piece, reloc))
				return refuse_function(build, unit, what, piece);
			caller = piece->root->root;
			/* It has run, and is gone. */
			if (piece_is_init(caller))
				continue;
			function->jumped |= select_is_jump(piece, reloc);
			function->called = true;
			if (!after)
				caller = caller->twin;
			if (caller)
				replace_caller(build, caller, function);
		}
	}
	return KB_OK;
}

static enum status carry(struct build *build, struct unit *unit, struct piece *function)
{
	struct match match = { .pool = build->pool, .image = unit->image };
	enum status status;

	if (!may_be_carried(function))
		return refuse_function(build, unit, function, NULL);
	if (match_function(&match, function->twin)) {
		report_where(select_where(build, unit, function));
		refuse("'%s', compiled from the unpatched source, is not in %s: %s", function->name,
		       unit->image->path, match.why);
		note("build the kernel from this source with this compiler");
		return KB_REFUSED;
	}
	status = visit_callers(build, unit, function->twin, false);
	if (!status)
		status = visit_callers(build, unit, function, true);
	if (!status && !function->called && !function->twin->called)
		return refuse_function(build, unit, function, NULL);
	function->verdict = VERDICT_NEW;
	function->jumped |= function->twin->jumped;
	ptrs_add(build->pool, &build->carried, function);
	return status;
}

/**
 * carry_untraced - let callers be replaced for functions that cannot be
 * @build: the build
 * @unit: a unit, whose pieces are compared; verdicts change
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status carry_untraced(struct build *build, struct unit *unit)
{
	enum status status = KB_OK, one;
	struct piece *piece;
	bool again = true;
	size_t i;

	/* A caller may be of the same kind. */
	while (again) {
		again = false;
		for_each(&unit->after->pieces, i, piece) {
			if (piece->kind != PIECE_CODE || piece->verdict != VERDICT_CHANGED ||
			    piece_is_init(piece) || piece_is_init(piece->twin) ||
			    piece_is_registration(piece) ||
			    str_starts(piece->section->name, ".exit") ||
			    select_is_traced(piece->twin))
				continue;
			one = carry(build, unit, piece);
			status = one > status ? one : status;
			again = true;
			if (one)
				return status;
		}
	}
	return status;
}

/**
 * carry_check - check that tasks may switch in old functions that are jumped to
 * @build: the build, with all that is replaced
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status carry_check(struct build *build)
{
	struct replaced *replaced;
	struct piece *function;
	size_t changes = build->carried.nr, i;

	for_each(&build->replaced, i, replaced)
		changes += !replaced->piece->carrier;
	for_each(&build->carried, i, function) {
		if (!function->jumped || changes == 1)
			continue;
		report_where("");
		refuse("ftrace does not know '%s', and no stack tells of a jump to it",
		       function->name);
		note("make a patch of this change alone, or change the functions that call it");
		return KB_REFUSED;
	}
	return KB_OK;
}
