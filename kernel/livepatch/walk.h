/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_WALK_H
#define _KLP_WALK_H

#include <linux/types.h>

#include "exiting.h"

/**
 * struct klp_walk - what a walk over all tasks does besides trying to switch
 * @signal:	Signal or wake those that are blocked.
 * @preempt:	Preempt CPUs whose task would not come to a safe point by
 *		itself, even in user mode.
 * @disturb:	Do all that to isolated CPUs as well.
 */
struct klp_walk {
	bool	signal;
	bool	preempt;
	bool	disturb;
};

bool klp_walk_tasks(const struct klp_walk *what);
unsigned int klp_walk_verify(void);
bool klp_walk_parked(const struct task_struct *task);
void klp_walk_visit(klp_task_fn fn, void *arg);

#endif /* _KLP_WALK_H */
