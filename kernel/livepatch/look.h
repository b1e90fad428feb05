/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LOOK_H
#define _KLP_LOOK_H

#include <linux/types.h>

struct klp_look;
struct seq_file;

bool klp_look_is_stopped(const struct task_struct *task);
void klp_look_task(struct klp_look *look);
void klp_look_report(struct seq_file *m, const struct klp_look *look,
		     const char *module);

#endif /* _KLP_LOOK_H */
