// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the consistency model "immediate".
 *
 * Calls go to the new code from one moment on, wherever tasks are. Only a single
 * function is consistent. In the field's terms: LEAVE_FUNCTION, SWITCH_FUNCTION.
 *
 * Tasks may stay in the old code for long. Its module is released when no task is in
 * it, as after any transition: see retire.c.
 */
#include "klp.h"
#include "model_immediate.h"
#include "phase.h"
#include "target.h"

static void klp_model_immediate_push(void)
{
	/* No task changes its universe: all of them find the same targets. */
	klp_target_change(klp_phase_universe());
}

const struct klp_model klp_model_immediate = {
	.name		= "immediate",
	.at_once	= true,
	.push		= klp_model_immediate_push,
};
