// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the consistency model "system-frozen".
 *
 * All tasks move in one moment, when all user tasks are outside of the kernel, and no
 * affected code is on the stack of any kernel thread. In the field's terms:
 * LEAVE_KERNEL, SWITCH_KERNEL.
 *
 * User tasks park as they are about to leave the kernel; those that sleep there are
 * made to leave by the same signal as in other models, but at once. Some tasks may
 * wait for tasks that are parked: a parent for its child after vfork(), or a user of a
 * file system for the process that serves it. So the tasks are released now and then,
 * and parked again.
 */
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/seq_buf.h>

#include "blocked.h"
#include "klp.h"
#include "model_system_frozen.h"
#include "park.h"
#include "phase.h"
#include "switch.h"
#include "together.h"
#include "walk.h"

/*
 * After how long the tasks are released, how long they stay parked if that is late, and
 * how long they run in between. A try can be late by a tenth of a second: at the last
 * one the tasks still have to be parked, or it would take them for blockers.
 */
#define KLP_FROZEN_ROUND	msecs_to_jiffies(850)
#define KLP_FROZEN_PARK		msecs_to_jiffies(1000)
#define KLP_FROZEN_PAUSE	msecs_to_jiffies(200)

/**
 * struct klp_frozen - progress of a change
 * @parking:	User tasks are made to park.
 * @gathered:	All of them had parked at the last try.
 * @until:	When that changes, in jiffies.
 * @names:	Some tasks that were in the way when the others were released. Empty before
 *		that.
 * @text:	The buffer of @names.
 *
 * Protected by klp_mutex.
 */
static struct klp_frozen {
	bool		parking;
	bool		gathered;
	unsigned long	until;
	struct seq_buf	names;
	char		text[384];
} klp_frozen;

/* Make user tasks park. Return: true if all of them have parked. */
static bool klp_frozen_gather(void)
{
	/* Isolated CPUs as well: the change is for all tasks. */
	const struct klp_walk what = { .signal = true, .disturb = true };

	return klp_walk_tasks(&what);
}

static void klp_frozen_park(void)
{
	struct klp_frozen *f = &klp_frozen;

	lockdep_assert_held(&klp_mutex);

	f->parking = true;
	f->until = jiffies + KLP_FROZEN_ROUND;
	klp_park_begin(KLP_FROZEN_PARK);
	klp_phase_park(true);
	klp_frozen_gather();
}

static void klp_frozen_release(void)
{
	struct klp_frozen *f = &klp_frozen;
	const struct klp_walk what = { };

	lockdep_assert_held(&klp_mutex);

	f->parking = false;
	f->until = jiffies + KLP_FROZEN_PAUSE;
	/* For as long as no task is counted */
	if (klp_switch_nr_pending())
		klp_together_note_pending(klp_switch_nr_pending());
	klp_phase_park(false);
	/* No task is waited for any more. */
	klp_walk_tasks(&what);
	klp_park_release();
}

static void klp_model_system_frozen_begin(bool patching,
					  const struct klp_affected *affected)
{
	struct klp_frozen *f = &klp_frozen;

	klp_park_reset();
	seq_buf_init(&f->names, f->text, sizeof(f->text));
	klp_together_begin(patching, affected, true);
}

/* Name tasks that were in the way at the last try. */
static void klp_frozen_name(struct seq_buf *buf)
{
	/* If all user tasks have parked, a kernel thread was in affected code. */
	if (klp_frozen.gathered)
		klp_together_blockers(buf);
	else
		klp_blocked_name(buf);
}

static bool klp_model_system_frozen_done(bool retry)
{
	struct klp_frozen *f = &klp_frozen;
	bool over = time_after_eq(jiffies, f->until);

	lockdep_assert_held(&klp_mutex);

	if (!f->parking) {
		if (over)
			klp_frozen_park();
		return false;
	}
	f->gathered = klp_frozen_gather();
	if (f->gathered && klp_together_try())
		return true;
	if (over) {
		seq_buf_clear(&f->names);
		klp_frozen_name(&f->names);
		klp_frozen_release();
	}
	return false;
}

static void klp_model_system_frozen_reverse(void)
{
	klp_frozen_release();
	klp_together_reverse();
}

/* With force nothing depends on where tasks are. */
static void klp_model_system_frozen_force(void)
{
	klp_frozen_release();
	klp_together_force();
}

static bool klp_model_system_frozen_end(bool patching)
{
	if (klp_frozen.parking)
		klp_frozen_release();
	return klp_together_end(patching);
}

/* Parked tasks do not count: they wait, and are not waited for. */
static unsigned int klp_model_system_frozen_pending(void)
{
	return klp_switch_nr_pending() ?: klp_together_nr_pending();
}

static void klp_model_system_frozen_blockers(struct seq_buf *buf)
{
	struct klp_frozen *f = &klp_frozen;

	/* Shortly after tasks were made to park, many are still in the kernel. */
	if (seq_buf_used(&f->names))
		seq_buf_printf(buf, "%s", seq_buf_str(&f->names));
	else
		klp_frozen_name(buf);
}

static void klp_model_system_frozen_measure(struct klp_times *times)
{
	klp_together_measure(times);
	times->parked_ns = klp_park_longest_ns();
}

const struct klp_model klp_model_system_frozen = {
	.name		= "system-frozen",
	.waits		= true,
	.begin		= klp_model_system_frozen_begin,
	.reverse	= klp_model_system_frozen_reverse,
	.push		= klp_frozen_park,
	.force		= klp_model_system_frozen_force,
	.done		= klp_model_system_frozen_done,
	.end		= klp_model_system_frozen_end,
	.pending	= klp_model_system_frozen_pending,
	.blockers	= klp_model_system_frozen_blockers,
	.measure	= klp_model_system_frozen_measure,
};
