// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the consistency model "task-exit".
 *
 * Each user task moves for itself, when it leaves the kernel: one system call never
 * runs both old and new code. A kernel thread never leaves the kernel, and moves when
 * no affected code is on its stack. In the field's terms: LEAVE_KERNEL,
 * SWITCH_THREAD.
 */
#include "converge.h"
#include "klp.h"
#include "model_task_exit.h"
#include "phase.h"
#include "switch.h"

static void klp_model_task_exit_begin(bool patching,
				      const struct klp_affected *affected)
{
	klp_phase_begin(KLP_PHASE_AT_EXIT | (patching ? KLP_PHASE_PATCHING : 0),
			affected);
}

const struct klp_model klp_model_task_exit = {
	.name		= "task-exit",
	.begin		= klp_model_task_exit_begin,
	.reverse	= klp_phase_reverse,
	.push		= klp_converge_start,
	.force		= klp_converge_force,
	.done		= klp_converge_done,
	.end		= klp_converge_end,
	.pending	= klp_switch_nr_pending,
};
