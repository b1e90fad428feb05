/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_PATCH_H
#define _KLP_PATCH_H

#include <linux/types.h>

struct klp_live_patch;

int klp_patch_init(void);
int klp_patch_set_enabled(struct klp_live_patch *live, bool enabled);
int klp_patch_force(struct klp_live_patch *live);
unsigned int klp_patch_stack_order(struct klp_live_patch *live);

#endif /* _KLP_PATCH_H */
