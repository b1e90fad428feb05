/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LEFT_H
#define _KLP_LEFT_H

#include "ranges.h"

struct klp_live;

/**
 * struct klp_left - what must not be on the stack of tasks that switch
 * @ranges:	For each universe what is left by leaving it.
 */
struct klp_left {
	struct klp_ranges ranges[2];
};

struct klp_left *klp_left_create(struct klp_live *live);
void klp_left_free(struct klp_left *left);

#endif /* _KLP_LEFT_H */
