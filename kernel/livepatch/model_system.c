// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the consistency model "system".
 *
 * All tasks move in one moment, when no affected code is on any stack. In the field's
 * terms: LEAVE_PATCHED_SET, SWITCH_KERNEL.
 */
#include "klp.h"
#include "model_system.h"
#include "together.h"

static void klp_model_system_begin(bool patching, const struct klp_affected *affected)
{
	klp_together_begin(patching, affected, false);
}

/* There is nothing to be done before a try. */
static void klp_model_system_push(void)
{
}

/* Whoever waits for the change tries again and again. */
static bool klp_model_system_done(bool retry)
{
	return klp_together_try();
}

const struct klp_model klp_model_system = {
	.name		= "system",
	.waits		= true,
	.begin		= klp_model_system_begin,
	.reverse	= klp_together_reverse,
	.push		= klp_model_system_push,
	.force		= klp_together_force,
	.done		= klp_model_system_done,
	.end		= klp_together_end,
	.pending	= klp_together_nr_pending,
	.blockers	= klp_together_blockers,
	.measure	= klp_together_measure,
};
