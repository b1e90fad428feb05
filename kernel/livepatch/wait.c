// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: waiting until a change is complete.
 *
 * For models with which a change is complete, or given up, when the system call that
 * asks for it returns. The task tries again and again. In between it does not hold
 * klp_mutex, so that an administrator can reverse or force the transition, and
 * modules can be loaded.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/sysctl.h>

#include "event.h"
#include "klp.h"
#include "patch.h"
#include "transition.h"
#include "wait.h"

/* The next try is after this, then after twice as long, … */
#define KLP_WAIT_FIRST	msecs_to_jiffies(1)
#define KLP_WAIT_LAST	msecs_to_jiffies(100)

/* How many milliseconds are tried until a change is given up; 0: no limit */
static unsigned int klp_wait_timeout_ms = 10000;

static struct ctl_table klp_wait_sysctls[] = {
	{
		.procname	= "livepatch_system_timeout_ms",
		.data		= &klp_wait_timeout_ms,
		.maxlen		= sizeof(klp_wait_timeout_ms),
		.mode		= 0644,
		.proc_handler	= proc_douintvec,
	},
};

static void klp_wait_report(const struct klp_live_patch *live, bool patching)
{
	DECLARE_SEQ_BUF(buf, 512);

	live->model->blockers(&buf);
	pr_err("'%s': %s is given up, blocked by %s\n", live->mod->name,
	       klp_event_direction(patching), seq_buf_str(&buf));
}

/**
 * klp_wait_begin - prepare to wait for the transition that has just been started
 * @live: the patch
 * @waiter: for klp_wait_for(), on the stack
 *
 * Context: klp_mutex held since the transition was started.
 */
void klp_wait_begin(struct klp_live_patch *live, struct klp_waiter *waiter)
{
	lockdep_assert_held(&klp_mutex);

	*waiter = (struct klp_waiter) { .task = current, .begin = get_jiffies_64() };
	live->waiter = waiter;
}

/**
 * klp_wait_limit - limit the time that a task waits until a patch is enabled
 * @live: the patch, whose model waits, after klp_timeout_begin()
 *
 * The smaller one of the two limits counts. Disabling has one only.
 *
 * Context: klp_mutex held.
 */
void klp_wait_limit(struct klp_live_patch *live)
{
	lockdep_assert_held(&klp_mutex);

	WRITE_ONCE(live->timeout_ms, min_not_zero(live->timeout_ms,
						  READ_ONCE(klp_wait_timeout_ms)));
}

/* Has the task waited for as long as it may? */
static bool klp_wait_expired(const struct klp_live_patch *live,
			     const struct klp_waiter *waiter, bool patching)
{
	unsigned int limit = patching ? live->timeout_ms : READ_ONCE(klp_wait_timeout_ms);

	lockdep_assert_held(&klp_mutex);

	return limit && time_after_eq64(get_jiffies_64(),
					waiter->begin + msecs_to_jiffies(limit));
}

/*
 * Try once. Return: -EAGAIN if the change is not complete; else as klp_wait_for().
 */
static int klp_wait_try(struct klp_live_patch *live, struct klp_waiter *waiter,
			bool patching, struct list_head *disabled)
{
	int ret = 0;

	guard(mutex)(&klp_mutex);

	/* An administrator has forced or reversed the transition. */
	if (waiter->done)
		return waiter->patched == patching ? 0 : -ECANCELED;

	if (!klp_transition_done(true)) {
		if (fatal_signal_pending(current))
			ret = -EINTR;
		else if (klp_wait_expired(live, waiter, patching))
			ret = -EBUSY;
		else
			return -EAGAIN;
		if (ret == -EBUSY)
			klp_wait_report(live, patching);
		klp_transition_reverse(ret == -EBUSY ? KLP_EVENT_TIMEOUT :
						       KLP_EVENT_REVERSED);
	}
	klp_patch_finish(disabled);
	return ret;
}

/**
 * klp_wait_for - wait until the change that the current task has begun is complete
 * @live: the patch, whose model waits
 * @waiter: after klp_wait_begin()
 * @patching: the direction in which its transition has been started
 * @disabled: the patches that are out of force now are moved here, and belong to the
 *	caller; not @live if an administrator has given up enabling it
 *
 * If the change is given up, the transition is reversed, and one line of the log names
 * tasks that have blocked it.
 *
 * Context: Process, may sleep; takes klp_mutex. Ends early on a fatal signal.
 * Return: 0, and @live may be gone already; -EBUSY after the time of klp_wait_limit(),
 * or of kernel.livepatch_system_timeout_ms for disabling; -EINTR, or -ECANCELED if an
 * administrator has reversed the transition. If enabling @live was the change, an error
 * means that @live is not installed, and belongs to the caller.
 */
int klp_wait_for(struct klp_live_patch *live, struct klp_waiter *waiter,
		 bool patching, struct list_head *disabled)
{
	unsigned long pause = KLP_WAIT_FIRST;
	int ret;

	for (;;) {
		ret = klp_wait_try(live, waiter, patching, disabled);
		if (ret != -EAGAIN)
			return ret;
		/*
		 * A wakeup before this is lost, and costs no more than the pause. Not
		 * freezable: locks are held, and other tasks may be parked meanwhile.
		 */
		schedule_timeout_killable(pause);
		pause = min(2 * pause, KLP_WAIT_LAST);
	}
}

/**
 * klp_wait_init - register the sysctl
 */
void __init klp_wait_init(void)
{
	register_sysctl("kernel", klp_wait_sysctls);
}
