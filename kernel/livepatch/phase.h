/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_PHASE_H
#define _KLP_PHASE_H

#include <linux/bits.h>
#include <linux/types.h>

struct klp_affected;
struct task_struct;
struct klp_ranges;
struct klp_jumps;

/* The state of the transition in one word, so that it is read consistently */
#define KLP_PHASE_GOAL		BIT(0)	/* the universe to be in, 0 or 1 */
#define KLP_PHASE_RUNNING	BIT(1)	/* tasks may be pending */
#define KLP_PHASE_PATCHING	BIT(2)	/* switched tasks are patched */
#define KLP_PHASE_FORCED	BIT(3)	/* affected code on a stack is no bar */
#define KLP_PHASE_AT_EXIT	BIT(4)	/* user tasks switch outside of the kernel */
#define KLP_PHASE_TOGETHER	BIT(5)	/* no task moves by itself; the goal stays */
#define KLP_PHASE_PARK		BIT(6)	/* user tasks wait outside of the kernel */

static inline unsigned int klp_goal(unsigned int phase)
{
	return phase & KLP_PHASE_GOAL;
}

unsigned int klp_phase_read(void);
const struct klp_ranges *klp_phase_affected(unsigned int universe);
const struct klp_jumps *klp_phase_jumps(unsigned int universe);
unsigned int klp_phase_universe(void);

void klp_phase_begin(unsigned int flags, const struct klp_affected *affected);
void klp_phase_set_affected(const struct klp_affected *affected);
void klp_phase_reverse(void);
void klp_phase_force(void);
void klp_phase_park(bool park);
bool klp_phase_exempts(const struct task_struct *task);
void klp_phase_note_forced(unsigned int phase);
bool klp_phase_forced(bool patching);
void klp_phase_end(void);

#endif /* _KLP_PHASE_H */
