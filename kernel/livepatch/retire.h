/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_RETIRE_H
#define _KLP_RETIRE_H

struct klp_live_patch;
struct seq_file;

void klp_retire_patch(struct klp_live_patch *live);
void klp_retire_report(struct seq_file *m);
int klp_retire_init(void);
void klp_retire_exit(void);

#endif /* _KLP_RETIRE_H */
