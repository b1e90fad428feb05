/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_CALLBACK_H
#define _KLP_CALLBACK_H

#include <linux/types.h>

struct klp_live_patch;
struct klp_live_object;

bool klp_callback_running(void);

int klp_callback_pre_patch(struct klp_live_object *object);
void klp_callback_post_patch(struct klp_live_object *object);
void klp_callback_pre_unpatch(struct klp_live_object *object);
void klp_callback_post_unpatch(struct klp_live_object *object);

int klp_callback_pre_patch_all(struct klp_live_patch *live);
void klp_callback_post_patch_all(struct klp_live_patch *live);
void klp_callback_pre_unpatch_all(struct klp_live_patch *live);
void klp_callback_post_unpatch_all(struct klp_live_patch *live);

#endif /* _KLP_CALLBACK_H */
