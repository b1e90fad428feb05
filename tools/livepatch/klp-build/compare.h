/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: comparing the unpatched and the patched object of a unit.
 */
#ifndef KLP_BUILD_COMPARE_H
#define KLP_BUILD_COMPARE_H

#include "elf.h"

/* pair.c */
void pair_pieces(struct pool *pool, struct object *before, struct object *after);

/* gone.c; see build.h, too */
void gone_pair(struct pool *pool, const struct object *before, const struct object *after);

/* compare.c */
bool compare_data(struct piece *before, struct piece *after);
bool compare_leads_to_code(const struct piece *piece);
bool compare_is_copied(const struct piece *piece);
void compare_objects(struct pool *pool, struct object *before, struct object *after);

/* remains.c */
struct section *compare_section(const struct object *object, const struct object *from,
				const struct section *section);
bool compare_collected(struct section *before, struct section *after);
struct piece *compare_unclaimed(struct pool *pool, struct object *before, struct object *after);
const char *compare_aliases(struct pool *pool, struct object *before, struct object *after);

#endif
