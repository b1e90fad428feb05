/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_EFFECT_H
#define _KLP_EFFECT_H

struct klp_live_func;
struct seq_file;

void klp_effect_show(struct seq_file *m, const struct klp_live_func *func);

#endif /* _KLP_EFFECT_H */
