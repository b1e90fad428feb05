/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_CALLS_H
#define _KLP_CALLS_H

struct klp_live_patch;
struct seq_file;

void klp_calls_refresh(void);
void klp_calls_show(struct seq_file *m, const struct klp_live_patch *live);
void klp_calls_init(void);

#endif /* _KLP_CALLS_H */
