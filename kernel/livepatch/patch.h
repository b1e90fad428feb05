/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_PATCH_H
#define _KLP_PATCH_H

#include <linux/list.h>
#include <linux/types.h>

struct klp_live_patch;

void klp_patch_init(void);
int klp_patch_set_enabled(struct klp_live_patch *live, bool enabled);
int klp_patch_force(struct klp_live_patch *live);
unsigned int klp_patch_stack_order(struct klp_live_patch *live);
void klp_patch_completed(struct klp_live_patch *live, bool patched, bool forced,
			 struct list_head *gone);

#endif /* _KLP_PATCH_H */
