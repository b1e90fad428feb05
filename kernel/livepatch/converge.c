// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: getting every task to the goal.
 *
 * The end is not polled for: the last pending task that switches queues
 * klp_switched_work. A second work item, klp_retry_work, is queued with a
 * growing delay. It walks over all tasks again, and has running tasks
 * preempted, on busy isolated CPUs only after a delay. After a while it signals
 * all blocked tasks, running ones included.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bug.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sysctl.h>
#include <linux/workqueue.h>

#include "converge.h"
#include "klp.h"
#include "phase.h"
#include "switch.h"
#include "walk.h"

/* Blocked tasks are tried again after this, then after twice as long, … */
#define KLP_RETRY_FIRST		msecs_to_jiffies(1)
#define KLP_RETRY_LAST		msecs_to_jiffies(1000)

/* A transition is slow when this is the delay before the next retry */
#define KLP_RETRY_SLOW		msecs_to_jiffies(32)

/**
 * struct klp_convergence - progress of a transition in one direction
 * @begin:	When the transition in this direction began, in jiffies since boot.
 * @retry:	Delay before the next retry, in jiffies.
 * @signal:	When tasks are signalled next, in jiffies.
 * @signalled:	The log says already that tasks are signalled.
 * @forced:	Tasks are forced in this direction.
 *
 * Protected by klp_mutex.
 */
static struct klp_convergence {
	u64			begin;
	unsigned long		retry;
	unsigned long		signal;
	bool			signalled;
	bool			forced;
} klp_convergence;

/* After how many milliseconds busy isolated CPUs are disturbed: see admin.rst */
static unsigned int klp_isolated_delay_ms = 1000;

/* How many milliseconds tasks may be blocked before they are signalled, each time */
static unsigned int klp_signal_delay_ms = 15000;

static struct ctl_table klp_converge_sysctls[] = {
	{
		.procname	= "livepatch_isolated_delay_ms",
		.data		= &klp_isolated_delay_ms,
		.maxlen		= sizeof(klp_isolated_delay_ms),
		.mode		= 0644,
		.proc_handler	= proc_douintvec,
	},
	{
		.procname	= "livepatch_signal_delay_ms",
		.data		= &klp_signal_delay_ms,
		.maxlen		= sizeof(klp_signal_delay_ms),
		.mode		= 0644,
		.proc_handler	= proc_douintvec_minmax,
		.extra1		= SYSCTL_ONE,
	},
};

/* Has the transition lasted so long that busy isolated CPUs are disturbed? */
static bool klp_converge_disturbs(void)
{
	unsigned int delay = READ_ONCE(klp_isolated_delay_ms);

	return klp_convergence.forced ||
	       time_after_eq64(get_jiffies_64(), klp_convergence.begin +
						 msecs_to_jiffies(delay));
}

/* The time in jiffies at which tasks are signalled if they are still blocked then */
static unsigned long klp_converge_next_signal(void)
{
	return jiffies + msecs_to_jiffies(READ_ONCE(klp_signal_delay_ms));
}

static void klp_retry_after(unsigned long pause)
{
	mod_delayed_work(klp_wq, &klp_retry_work, pause);
}

/**
 * klp_converge_start - begin to move tasks to a goal that has been published
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_converge_start(void)
{
	struct klp_convergence *c = &klp_convergence;
	const struct klp_walk what = { };

	lockdep_assert_held(&klp_mutex);

	*c = (struct klp_convergence) {
		.begin	= get_jiffies_64(),
		.retry	= KLP_RETRY_FIRST,
		.signal	= klp_converge_next_signal(),
	};
	if (klp_walk_tasks(&what))
		klp_switch_all_done();
	else
		klp_retry_after(c->retry);
}

/* Try blocked tasks again. Return: true if no task is pending any more. */
static bool klp_converge_retry(void)
{
	struct klp_convergence *c = &klp_convergence;
	struct klp_walk what = {
		.preempt = true,
		.disturb = klp_converge_disturbs(),
		.signal = time_after_eq(jiffies, c->signal),
	};

	if (what.signal) {
		if (!c->signalled)
			pr_notice("signaling remaining tasks\n");
		c->signalled = true;
		c->signal = klp_converge_next_signal();
	}
	if (klp_walk_tasks(&what))
		return true;

	c->retry = min(2 * c->retry, KLP_RETRY_LAST);
	klp_retry_after(c->retry);
	return false;
}

/**
 * klp_converge_force - switch the remaining tasks, safe or not
 *
 * A running task switches when it leaves the kernel or is preempted for that.
 *
 * Context: Process, may sleep; klp_mutex held, after klp_converge_start().
 */
void klp_converge_force(void)
{
	struct klp_convergence *c = &klp_convergence;

	lockdep_assert_held(&klp_mutex);

	klp_phase_force();
	c->forced = true;
	c->retry = KLP_RETRY_FIRST;
	if (klp_converge_retry())
		klp_switch_all_done();
}

/**
 * klp_converge_done - find out whether all tasks are at the goal
 * @retry: try pending tasks again first
 *
 * Invariant 7: the count of pending tasks wakes, a pass over all tasks decides.
 *
 * Context: Process, may sleep; klp_mutex held, after klp_converge_start().
 * Return: true if so. If not, klp_switched_work or klp_retry_work is queued when
 * that may have changed.
 */
bool klp_converge_done(bool retry)
{
	unsigned int wrong;

	lockdep_assert_held(&klp_mutex);

	if (retry && !klp_converge_retry())
		return false;
	if (!klp_switch_nr_pending()) {
		wrong = klp_walk_verify();
		if (!WARN_ONCE(wrong, "%u tasks have not switched, but were not counted\n",
			       wrong))
			return true;
	} else if (!retry) {
		/* A retry is queued already. */
		return false;
	}
	klp_retry_after(KLP_RETRY_FIRST);
	return false;
}

/**
 * klp_converge_end - stop moving tasks
 * @patching: the direction in which they have moved
 *
 * Context: Process, may sleep; klp_mutex held, klp_converge_done().
 * Return: true if tasks were forced in that direction.
 */
bool klp_converge_end(bool patching)
{
	lockdep_assert_held(&klp_mutex);

	klp_phase_end();
	klp_convergence.retry = 0;
	return klp_phase_forced(patching);
}

/**
 * klp_converge_slow - tell whether tasks have been moved for some time
 *
 * Context: klp_mutex held.
 * Return: true if so, in this direction.
 */
bool klp_converge_slow(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_convergence.retry >= KLP_RETRY_SLOW;
}

/**
 * klp_converge_init - register the sysctls
 */
void __init klp_converge_init(void)
{
	register_sysctl("kernel", klp_converge_sysctls);
}
