/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_REAP_H
#define _KLP_REAP_H

#include <linux/llist.h>
#include <linux/types.h>

/**
 * struct klp_retiree - embedded in what is freed after quiescence
 * @node:	Link in the queue of the reaper.
 * @release:	Called once no task can be using the container any more; may
 *		sleep. Returns true if it has freed the container, false if it
 *		has handed the container on.
 */
struct klp_retiree {
	struct llist_node	node;
	bool			(*release)(struct klp_retiree *retiree);
};

void klp_reap_add(struct klp_retiree *retiree,
		  bool (*release)(struct klp_retiree *retiree));
void klp_reap_start(void);
int klp_reap_init(void);
void klp_reap_exit(void);

#endif /* _KLP_REAP_H */
