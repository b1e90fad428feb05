/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TOGETHER_H
#define _KLP_TOGETHER_H

#include <linux/types.h>

struct klp_affected;
struct klp_times;
struct seq_buf;

void klp_together_begin(bool patching, const struct klp_affected *affected,
			bool outside);
void klp_together_reverse(void);
void klp_together_force(void);
bool klp_together_try(void);
bool klp_together_end(bool patching);
void klp_together_measure(struct klp_times *times);
void klp_together_note_pending(unsigned int nr);
unsigned int klp_together_nr_pending(void);
void klp_together_blockers(struct seq_buf *buf);

#endif /* _KLP_TOGETHER_H */
