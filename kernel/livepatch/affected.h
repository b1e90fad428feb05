/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_AFFECTED_H
#define _KLP_AFFECTED_H

#include "ranges.h"

struct klp_live_patch;
struct klp_jumps;

/**
 * struct klp_affected - what must not be on the stack of tasks that switch
 * @ranges:	For each universe what is left by leaving it.
 * @jumps:	For each universe how the functions are entered that are left by leaving
 *		it. NULL until klp_affected_scan() has found out.
 */
struct klp_affected {
	struct klp_ranges	ranges[2];
	struct klp_jumps __rcu	*jumps[2];
};

struct klp_affected *klp_affected_create(struct klp_live_patch *live);
bool klp_affected_scan(struct klp_affected *affected, struct klp_live_patch *live);
void klp_affected_free(struct klp_affected *affected);

#endif /* _KLP_AFFECTED_H */
