/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TASK_H
#define _KLP_TASK_H

#include <linux/types.h>

#include "report.h"

struct task_struct;

/**
 * struct klp_visit - arguments and result of a look at one task
 * @parked:	The task is the idle task of an offline CPU. It does not run,
 *		and starts from its beginning when the CPU comes online: switch
 *		it without a look at its stack.
 * @hasty:	Visits are frequent: skip the unwind if the task is still in the
 *		function that blocked it before.
 * @counter:	What to count if the task switches.
 * @last:	Set if no task is counted any more.
 */
struct klp_visit {
	bool			parked;
	bool			hasty;
	enum klp_counter	counter;
	bool			last;
};

enum klp_reason klp_task_visit(struct task_struct *task,
			       struct klp_visit *visit);
void klp_task_enter(unsigned long key);
bool klp_task_switched(const struct task_struct *task);

void klp_task_hold_count(void);
bool klp_task_release_count(void);
unsigned int klp_task_nr_pending(void);
void klp_task_all_switched(void);

#endif /* _KLP_TASK_H */
