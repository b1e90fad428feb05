/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_EXITING_H
#define _KLP_EXITING_H

struct task_struct;

/* Called for each task by functions that visit many tasks */
typedef void (*klp_task_fn)(struct task_struct *task, void *arg);

void klp_exiting_add(struct task_struct *task);
void klp_exiting_del(struct task_struct *task);
void klp_exiting_visit(klp_task_fn fn, void *arg);
void klp_exiting_visit_stopped(klp_task_fn fn, void *arg);

#endif /* _KLP_EXITING_H */
