/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TASK_H
#define _KLP_TASK_H

#include <linux/types.h>

struct task_struct;

void klp_task_enter(unsigned long key);
bool klp_task_switched(const struct task_struct *task);

#endif /* _KLP_TASK_H */
