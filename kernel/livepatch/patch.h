/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_PATCH_H
#define _KLP_PATCH_H

#include <linux/types.h>

struct klp_live_patch;
struct list_head;

unsigned int klp_patch_place(const struct klp_live_patch *live);
void klp_patch_finish(struct list_head *disabled);
void klp_patch_cancel(struct klp_live_patch *live);
void klp_patch_finish_at_once(struct klp_live_patch *live, struct list_head *disabled);
void klp_patch_retire(struct list_head *disabled);
int klp_patch_init(void);

#endif /* _KLP_PATCH_H */
