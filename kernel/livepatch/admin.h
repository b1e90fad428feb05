/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_ADMIN_H
#define _KLP_ADMIN_H

#include <linux/types.h>

struct klp_live_patch;

int klp_admin_set_enabled(struct klp_live_patch *live, bool enabled);
int klp_admin_force(struct klp_live_patch *live);
unsigned int klp_admin_pending(const struct klp_live_patch *live);
unsigned int klp_admin_stack_order(struct klp_live_patch *live);

#endif /* _KLP_ADMIN_H */
