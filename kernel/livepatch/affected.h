/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_AFFECTED_H
#define _KLP_AFFECTED_H

#include "ranges.h"

struct klp_live_patch;
struct klp_jumps;

/**
 * struct klp_affected - what must not be on the stack of a task that switches
 * @ranges:	For each universe, the affected code of tasks that leave it.
 * @jumps:	For each universe, which affected functions that code may jump
 *		to. NULL until klp_affected_scan() has found out.
 */
struct klp_affected {
	struct klp_ranges	ranges[2];
	struct klp_jumps __rcu	*jumps[2];
};

struct klp_affected *klp_affected_create(struct klp_live_patch *live);
bool klp_affected_scan(struct klp_affected *affected, struct klp_live_patch *live);
void klp_affected_free(struct klp_affected *affected);

#endif /* _KLP_AFFECTED_H */
