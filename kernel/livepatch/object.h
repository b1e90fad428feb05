/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_OBJECT_H
#define _KLP_OBJECT_H

struct klp_live;
struct klp_patch;

struct klp_live *klp_live_create(struct klp_patch *patch);
void klp_live_destroy(struct klp_live *live);

#endif /* _KLP_OBJECT_H */
