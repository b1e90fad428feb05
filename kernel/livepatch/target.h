/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TARGET_H
#define _KLP_TARGET_H

#include <linux/types.h>

struct klp_live_func;
struct klp_live_patch;
struct klp_site;
struct klp_live_object;

const struct klp_live_func *klp_target_func(const struct klp_site *site,
					    const struct klp_live_patch *live, bool with);
void klp_target_enable(struct klp_live_patch *live, unsigned int universe);
void klp_target_disable(struct klp_live_patch *live, unsigned int universe);
void klp_target_change_at_once(const struct klp_live_patch *live, bool patching);
void klp_target_join(struct klp_live_object *object,
		     const struct klp_live_patch *live, unsigned int with,
		     bool patching);
void klp_target_change(unsigned int universe);
void klp_target_settle(unsigned int universe);

#endif /* _KLP_TARGET_H */
