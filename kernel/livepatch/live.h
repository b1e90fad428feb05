/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LIVE_H
#define _KLP_LIVE_H

struct klp_live_patch;
struct klp_model;
struct klp_patch;

struct klp_live_patch *klp_live_patch_create(struct klp_patch *patch,
					     const struct klp_model *model);
void klp_live_patch_destroy(struct klp_live_patch *live);

#endif /* _KLP_LIVE_H */
