/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LEFT_H
#define _KLP_LEFT_H

#include "ranges.h"

struct klp_live;
struct klp_ways;

/**
 * struct klp_left - what must not be on the stack of tasks that switch
 * @ranges:	For each universe what is left by leaving it.
 * @ways:	For each universe how the functions are entered that are left by leaving
 *		it. NULL until klp_left_scan() has found out.
 */
struct klp_left {
	struct klp_ranges	ranges[2];
	struct klp_ways __rcu	*ways[2];
};

struct klp_left *klp_left_create(struct klp_live *live);
bool klp_left_scan(struct klp_left *left, struct klp_live *live);
void klp_left_free(struct klp_left *left);

#endif /* _KLP_LEFT_H */
