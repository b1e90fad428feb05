/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KLP_BUILD_LAYOUT_H
#define KLP_BUILD_LAYOUT_H

#include "build.h"
#include "debug.h"

enum shape_kind {
	SHAPE_TYPE,		/* a struct or union */
	SHAPE_VARIABLE,
	SHAPE_POINTEE,		/* a struct without a name that a local variable points to */
	SHAPE_VALUE,		/* the value of an enumerator */
	SHAPE_COUNT,		/* the same of one that is the number of the others */
	SHAPE_NAME,		/* an enumerator that is new and may be one that is gone */
	SHAPE_PROTOTYPE,
};

/**
 * struct shape - what exists in the running kernel and the debug information tells of
 * @name:	Its name, or what it is.
 * @kind:	What kind of thing it is.
 * @changed:	How it differs, NULL if it does not.
 * @where:	Where it is said, "file:line".
 * @in_frame:	A function has one in its frame.
 * @lasting:	A static variable, a member or a result is one, or leads to one.
 * @linked:	Objects of it may be in a list; only set if it changes.
 * @function:	The function that a prototype is of,
 * @unit:	and its unit.
 * @pointer:	A local pointer to one, "'NAME' in 'FUNCTION'".
 * @fresh:	The fix defines it, and the unpatched source does not know its name.
 * @renamed:	It is the same as one that is gone from its unit.
 * @vanished:	The fix has removed its name.
 * @gone:	If it is new: shapes that are gone, one of which it may be.
 */
struct shape {
	const char	*name;
	enum shape_kind	kind;
	const char	*changed;
	const char	*where;
	bool		in_frame;
	bool		lasting;
	bool		linked;
	const char	*function;
	struct unit	*unit;
	const char	*pointer;
	bool		fresh;
	bool		renamed;
	bool		vanished;
	struct ptrs	gone;
};

/* types.c */
bool types_same(struct build *build, Dwarf_Die *before, Dwarf_Die *after, bool root,
		const char **what);
const char *types_parameters(struct build *build, Dwarf_Die *before, Dwarf_Die *after);
bool types_have_link(Dwarf_Die *type);

/* layout.c */
struct shape *layout_shape(struct build *build, const char *name);
struct shape *layout_changed(struct build *build, const char *name, enum shape_kind kind,
			     const char *what, Dwarf_Die *die);
const char *layout_place(struct build *build, Dwarf_Die *die);
void layout_compare_debug(struct build *build, struct unit *unit, struct debug *before,
			  struct debug *after);

/* renamed.c */
void renamed_compare(struct build *build, struct debug *before, struct debug *after);
void renamed_check(struct build *build);
bool renamed_is_gone(struct build *build, Dwarf_Die *die, const char *name);
bool renamed_is_new(struct build *build, Dwarf_Die *die, const char *name);
bool renamed_has_shadow(struct build *build);
bool renamed_is(struct build *build, const char *before, const char *after);

/* declare.c */
enum status declare_pieces(struct build *build, struct unit *unit, struct debug *before,
			   struct debug *after);

/* variables.c */
void variables_compare(struct build *build, struct debug *before, struct debug *after);

/* enums.c */
void enums_compare(struct build *build, struct debug *before, struct debug *after);

/* prototypes.c */
const char *prototypes_title(const struct build *build, const char *function);
void prototypes_compare(struct build *build, struct unit *unit, struct debug *before,
			struct debug *after);

/* frames.c */
enum status layout_compare(struct build *build, struct unit *unit);
enum status layout_check(struct build *build);

#endif
