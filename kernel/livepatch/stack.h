/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_STACK_H
#define _KLP_STACK_H

#include "report.h"

struct klp_ranges;
struct task_struct;

bool klp_stack_unreliable(void);
enum klp_reason klp_stack_check(struct task_struct *task,
				const struct klp_ranges *left,
				unsigned long *blocker);

#endif /* _KLP_STACK_H */
