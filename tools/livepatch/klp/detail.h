/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: reading the folder of a patch.
 */
#ifndef _KLP_DETAIL_H
#define _KLP_DETAIL_H

#include "sys.h"

/**
 * struct detail_names - a list of the folders in a folder, sorted
 * @next:	The next one.
 * @name:	Its name.
 */
struct detail_names {
	struct detail_names	*next;
	const char		*name;
};

struct detail_names *detail_names(struct obstack *ob, int dir);
void detail_state(int dir, struct sys_state *state);
struct sys_patch *detail_disabled(struct obstack *ob, const char *name);
struct sys_patch *detail_read(struct obstack *ob, int dir, const char *name);

#endif /* _KLP_DETAIL_H */
