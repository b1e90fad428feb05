// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: are objects of a struct only in the frames of functions? See layout.c.
 */
#include <dwarf.h>

#include "layout.h"
#include "report.h"

static const char shadow[] =
	"keep the struct, and put what is new into a shadow variable: klp_shadow_alloc()";

/* The name of the struct that a type is, or leads to; NULL if it is none */
static const char *leads_to(struct build *build, Dwarf_Die *type, bool pointers)
{
	const char *name = NULL;
	unsigned int depth;

	for (depth = 0; depth < 100; depth++) {
		switch (dwarf_tag(type)) {
		case DW_TAG_structure_type:
		case DW_TAG_union_type:
			return dwarf_diename(type) ? debug_type_name(build->pool, type) : name;
		case DW_TAG_pointer_type:
			if (!pointers)
				return NULL;
			break;
		case DW_TAG_typedef:
			name = dwarf_diename(type);
			break;
		case DW_TAG_array_type:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			break;
		default:
			return NULL;
		}
		if (!debug_type(type, type))
			return NULL;
	}
	return NULL;
}

static bool is_pointer(Dwarf_Die *type)
{
	Dwarf_Die peeled;

	return debug_peel(type, &peeled) && dwarf_tag(&peeled) == DW_TAG_pointer_type;
}

/* @die: a variable, a member, or a function, whose type is its result */
static void mark(struct build *build, Dwarf_Die *die, bool lasting)
{
	struct shape *shape;
	const char *name;
	Dwarf_Die type;

	if (!debug_type(die, &type))
		return;
	/* A function may return a struct in the frame of its caller. */
	if (dwarf_tag(die) == DW_TAG_subprogram && !is_pointer(&type))
		return;
	name = leads_to(build, &type, lasting);
	if (!name)
		return;
	shape = layout_shape(build, name);
	if (lasting)
		shape->lasting = true;
	else
		shape->in_frame = true;
}

static void mark_all(struct build *build, struct debug *debug)
{
	struct described *described;
	size_t i;

	for_each(&debug->variables, i, described)
		mark(build, &described->die, described->lasting);
	for_each(&debug->members, i, described)
		mark(build, &described->die, true);
	for_each(&debug->functions, i, described)
		mark(build, &described->die, true);
}

static void mark_linked(struct build *build, struct debug *debug)
{
	struct described *type;
	struct shape *shape;
	size_t i;

	for_each(&debug->types, i, type) {
		shape = map_get(build->shapes, type->name);
		if (shape && (shape->changed || shape->fresh || shape->vanished) &&
		    types_have_link(&type->die))
			shape->linked = true;
	}
}

/**
 * layout_compare - find types that differ between the two objects of a unit
 * @build: the build; what is found is added to its shapes
 * @unit: the unit, whose lines are set
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status layout_compare(struct build *build, struct unit *unit)
{
	struct debug before = { }, after = { };
	enum status status;

	if (!build->shapes)
		build->shapes = map_new(build->pool, 10000);
	status = debug_open(build->pool, unit->before->path, &before);
	if (!status)
		status = debug_open(build->pool, unit->after->path, &after);
	if (!status)
		status = declare_pieces(build, unit, &before, &after);
	if (!status) {
		layout_compare_debug(build, unit, &before, &after);
		mark_all(build, &before);
		mark_all(build, &after);
		mark_linked(build, &before);
		mark_linked(build, &after);
		unit->lines = after.lines;
		unit->inlined = after.inlined;
	}
	debug_close(&before);
	debug_close(&after);
	return status;
}

/* A struct that may have had another name is where that one is, too. */
static bool only_in_frames(const struct shape *shape)
{
	const struct shape *gone;
	size_t i;

	for_each(&shape->gone, i, gone)
		if (!gone->in_frame || gone->lasting || gone->linked)
			return false;
	return shape->in_frame && !shape->lasting && !shape->linked;
}

static enum status judge_type(const struct shape *shape)
{
	if (only_in_frames(shape)) {
		warning_at(shape->where ? shape->where : "",
			   "the layout of '%s' changes (%s): only frames of functions may have it",
			   shape->name, shape->changed);
		return KB_OK;
	}
	refuse("the layout of '%s' changes (%s), and the kernel has objects of it", shape->name,
	       shape->changed);
	if (shape->gone.nr)
		note("keep '%s', and put what is new into a struct of its own",
		     ((struct shape *)shape->gone.at[0])->name);
	else
		note("%s", shadow);
	return KB_REFUSED;
}

static enum status judge_prototype(const struct build *build, const struct shape *shape)
{
	const char *holder = gone_holder(build, shape->unit, shape->function);

	if (map_get(build->exports, shape->function))
		refuse("%s changes, which is exported: modules call it as it was (%s)",
		       shape->name, shape->changed);
	else if (holder)
		refuse("%s changes (%s), and '%s' has stored its address", shape->name,
		       shape->changed, holder);
	else
		return KB_OK;
	note("keep it, and add a function with the new prototype");
	return KB_REFUSED;
}

static enum status judge(const struct build *build, const struct shape *shape)
{
	report_where(shape->where ? shape->where : "");
	switch (shape->kind) {
	case SHAPE_TYPE:
		return judge_type(shape);
	case SHAPE_VARIABLE:
		refuse("the type of the %s changes (%s)", shape->name, shape->changed);
		note("keep it, and add a new variable");
		break;
	case SHAPE_POINTEE:
		refuse("the layout of %s changes (%s)", shape->name, shape->changed);
		note("%s", shadow);
		break;
	case SHAPE_VALUE:
		refuse("%s changes %s, and what exists may have the old one", shape->name,
		       shape->changed);
		note("keep it, and add new values at the end");
		break;
	case SHAPE_COUNT:
		warning_at(shape->where ? shape->where : "",
			   "%s changes %s: is it a count or a mask?", shape->name, shape->changed);
		return KB_OK;
	case SHAPE_NAME:
		refuse("'%s' is new, or is '%s', which is gone: what exists may have its value",
		       shape->name, shape->changed);
		note("keep the enumerators' names and values, and add new ones at the end");
		break;
	case SHAPE_PROTOTYPE:
		return judge_prototype(build, shape);
	}
	return KB_REFUSED;
}

static void warn_of_fresh(struct build *build, const struct shape *shape)
{
	if (!shape->fresh || shape->changed || shape->renamed || !shape->pointer ||
	    shape->in_frame || shape->lasting || renamed_has_shadow(build))
		return;
	warning_at(shape->where ? shape->where : "",
		   "'%s' is new, and %s leads to one: what exists leads to none", shape->name,
		   shape->pointer);
}

/**
 * layout_check - refuse changes of the layout of what exists
 * @build: the build, all units of which are compared
 *
 * Return: KB_OK, or KB_REFUSED after a message.
 */
enum status layout_check(struct build *build)
{
	enum status status = KB_OK, one;
	struct shape *shape;
	size_t i;

	renamed_check(build);
	for_each(&build->all_shapes, i, shape) {
		warn_of_fresh(build, shape);
		one = shape->changed ? judge(build, shape) : KB_OK;
		status = one > status ? one : status;
	}
	return status;
}
