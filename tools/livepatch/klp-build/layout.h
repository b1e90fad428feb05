/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KLP_BUILD_LAYOUT_H
#define KLP_BUILD_LAYOUT_H

#include "build.h"

/**
 * struct shape - a struct, a union or a variable that the debug information tells of
 * @name:	Its name.
 * @changed:	How it differs, NULL if it does not.
 * @where:	Where it is said, "file:line".
 * @variable:	It is a variable.
 * @in_frame:	A function has one in its frame.
 * @lasting:	A static variable, a member or a result is one, or leads to one.
 */
struct shape {
	const char	*name;
	const char	*changed;
	const char	*where;
	bool		variable;
	bool		in_frame;
	bool		lasting;
};

struct debug;

struct shape *layout_shape(struct build *build, const char *name);
/* declare.c */
enum status declare_pieces(struct build *build, struct unit *unit, struct debug *before,
			   struct debug *after);

void layout_compare_debug(struct build *build, struct debug *before, struct debug *after);
enum status layout_compare(struct build *build, struct unit *unit);
enum status layout_check(struct build *build);

#endif
