/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_WALK_H
#define _KLP_WALK_H

#include <linux/types.h>

#include "exiting.h"

/**
 * struct klp_walk - what a walk over all tasks does besides trying to switch
 * @signal:	Signal blocked tasks, wake blocked kernel threads.
 * @preempt:	Preempt the CPU of each running task. Otherwise a task that ever
 *		returns to user mode is only kicked, to pass the boundary there.
 * @disturb:	Kick and preempt isolated CPUs as well.
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
void klp_walk_visit_stopped(klp_task_fn fn, void *arg);

#endif /* _KLP_WALK_H */
