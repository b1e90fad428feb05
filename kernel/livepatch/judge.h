/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_JUDGE_H
#define _KLP_JUDGE_H

#include <linux/types.h>

struct klp_look;
struct task_struct;

bool klp_judge_has_user_mode(const struct task_struct *task);
bool klp_judge_anywhere(const struct task_struct *task, unsigned int phase);
bool klp_judge_pending(const struct task_struct *task, unsigned int phase);
void klp_judge_stack(struct klp_look *look);
void klp_judge_task(struct klp_look *look, unsigned int phase);

#endif /* _KLP_JUDGE_H */
