/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_CALLBACK_H
#define _KLP_CALLBACK_H

#include <linux/types.h>

struct klp_live_patch;
struct klp_live_object;

bool klp_callback_running(void);

int klp_object_pre_patch(struct klp_live_object *object);
void klp_object_post_patch(struct klp_live_object *object);
void klp_object_pre_unpatch(struct klp_live_object *object);
void klp_object_post_unpatch(struct klp_live_object *object);

int klp_callbacks_pre_patch(struct klp_live_patch *live);
void klp_callbacks_post_patch(struct klp_live_patch *live);
void klp_callbacks_pre_unpatch(struct klp_live_patch *live);
void klp_callbacks_post_unpatch(struct klp_live_patch *live);

#endif /* _KLP_CALLBACK_H */
