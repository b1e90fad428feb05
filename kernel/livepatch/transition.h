/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TRANSITION_H
#define _KLP_TRANSITION_H

#include <linux/list.h>
#include <linux/types.h>

struct klp_live_patch;
struct klp_live_object;

struct klp_live_patch *klp_transition_current(void);
bool klp_transition_running(void);
const char *klp_transition_name(bool patching);
void klp_transition_begin(struct klp_live_patch *live, bool patching);
int klp_transition_prepare(struct klp_live_patch *live, bool patching);
int klp_transition_join(struct klp_live_object *object);
int klp_transition_refresh(void);
void klp_transition_start(void);
void klp_transition_cancel(void);
void klp_transition_reverse(void);
void klp_transition_force(void);
int klp_transition_init(void (*completed)(struct klp_live_patch *live, bool patched,
					  bool forced, struct list_head *gone));

#endif /* _KLP_TRANSITION_H */
