/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_STACK_H
#define _KLP_STACK_H

#include <linux/types.h>

#include "report.h"

struct klp_ranges;
struct task_struct;

/**
 * struct klp_look - a look at the stack of one task
 * @task:	The task: the current one, or one that cannot run meanwhile.
 * @affected:	Code that must not be on the stack. NULL if the task has only to
 *		be out of the redirection.
 * @entry:	If not 0: return address of a call into ftrace that the current
 *		task is in. Judge only the callers of the function that made it.
 * @at_exit:	Find out whether the task is on its way to user space.
 * @reason:	The verdict: why @task must not switch.
 * @blocker:	The address on the stack that @reason is about, 0 if none.
 * @frame_at:	Where on the stack the function that @blocker is in has its
 *		return address; 0 if not known.
 * @frame_ip:	That return address, 0 if not known.
 * @caller:	With @entry: return address of the function that is entered.
 * @switches:	Number of the task's context switches at that time; set by
 *		klp_look_task().
 * @leaving:	With @at_exit: the task has finished its system call, or its
 *		interrupt in user mode, and handles signals. From klp_look_task():
 *		the task is stopped there, too.
 *
 * The members up to @at_exit are arguments of klp_stack_check(), those from
 * @reason on are its results.
 */
struct klp_look {
	struct task_struct	*task;
	const struct klp_ranges	*affected;
	unsigned long		entry;
	bool			at_exit;

	enum klp_reason		reason;
	unsigned long		blocker;
	unsigned long		frame_at;
	unsigned long		frame_ip;
	unsigned long		caller;
	unsigned long		switches;
	bool			leaving;
};

bool klp_stack_unreliable(void);
void klp_stack_check(struct klp_look *look);
bool klp_stack_still(struct task_struct *task, unsigned long frame_at,
		     unsigned long frame_ip);
void klp_stack_init(void);

#endif /* _KLP_STACK_H */
