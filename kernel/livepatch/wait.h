/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_WAIT_H
#define _KLP_WAIT_H

#include <linux/types.h>

struct klp_live_patch;
struct klp_waiter;
struct list_head;

void klp_wait_begin(struct klp_live_patch *live, struct klp_waiter *waiter);
int klp_wait_for(struct klp_live_patch *live, struct klp_waiter *waiter,
		 bool patching, struct list_head *disabled);
void klp_wait_limit(struct klp_live_patch *live);
void klp_wait_init(void);

#endif /* _KLP_WAIT_H */
