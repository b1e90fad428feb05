/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SWITCH_H
#define _KLP_SWITCH_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "report.h"

struct klp_look;
struct task_struct;

/**
 * struct klp_visit - arguments and result of a look at one task
 * @parked:	The task is the idle task of an offline CPU. It does not run,
 *		and starts from its beginning when the CPU comes online: switch
 *		it without a look at its stack.
 * @hasty:	Visits are frequent: skip the unwind if the task is still in the
 *		function that blocked it before.
 * @counter:	What to count if the task switches.
 * @last:	Set if the visit makes the count of pending tasks zero.
 */
struct klp_visit {
	bool			parked;
	bool			hasty;
	enum klp_counter	counter;
	bool			last;
};

void klp_switch_force(struct klp_look *look, unsigned int phase,
		      enum klp_counter *counter);
bool __must_check klp_switch_apply(const struct klp_look *look,
				   unsigned int phase,
				   enum klp_counter counter);
enum klp_reason klp_switch_visit(struct task_struct *task,
				 struct klp_visit *visit);

void klp_switch_count_child(struct task_struct *child);
void klp_switch_hold_count(void);
bool klp_switch_release_count(void);
unsigned int klp_switch_nr_pending(void);
void klp_switch_note_unpending(struct task_struct *task, enum klp_reason reason,
			       unsigned long blocker);
void klp_switch_all_done(void);

#endif /* _KLP_SWITCH_H */
