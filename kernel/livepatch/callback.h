/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_CALLBACK_H
#define _KLP_CALLBACK_H

struct klp_live;

int klp_callbacks_pre_patch(struct klp_live *live);
void klp_callbacks_post_patch(struct klp_live *live);
void klp_callbacks_pre_unpatch(struct klp_live *live);
void klp_callbacks_post_unpatch(struct klp_live *live);

#endif /* _KLP_CALLBACK_H */
