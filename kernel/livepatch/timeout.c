// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: reversing a transition that takes too long.
 *
 * Only enabling times out: tasks that have not switched would keep the old code for an
 * unknown time, and the administrator may not be there. Disabling, and a reversal, go
 * on until they are complete.
 *
 * With models for which a task waits, that task looks at the time by itself: see
 * wait.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/sysctl.h>
#include <linux/workqueue.h>

#include "blocked.h"
#include "event.h"
#include "klp.h"
#include "timeout.h"
#include "transition.h"

/* When the timeout passes while the last task switches: look again after this. */
#define KLP_TIMEOUT_AGAIN	msecs_to_jiffies(10)

/* The timeout of patches that are enabled from now on, in milliseconds; 0: none */
static unsigned int klp_timeout_default_ms;

static struct ctl_table klp_timeout_sysctls[] = {
	{
		.procname	= "livepatch_timeout_ms",
		.data		= &klp_timeout_default_ms,
		.maxlen		= sizeof(klp_timeout_default_ms),
		.mode		= 0644,
		.proc_handler	= proc_douintvec,
	},
};

/**
 * struct klp_timeout - the time that is being measured
 * @live:	The patch that is being enabled. Stale after the end of its transition, and
 *		only compared with the patch in transition: whoever starts a transition
 *		sets it anew. NULL if the transition has no limit.
 * @enabling:	The transition was started to enable its patch, not to disable it.
 * @begin:	When tasks began to move in this direction, in jiffies since boot.
 *
 * Protected by klp_mutex.
 */
static struct klp_timeout {
	struct klp_live_patch	*live;
	bool			enabling;
	u64			begin;
} klp_timeout;

static void klp_timeout_expire(struct work_struct *work);
static DECLARE_DELAYED_WORK(klp_timeout_work, klp_timeout_expire);

/* Name the tasks that are waited for. Return: false if there is none any more. */
static bool klp_timeout_report(const struct klp_live_patch *live)
{
	DECLARE_SEQ_BUF(buf, 512);

	klp_blocked_name(&buf);
	if (!seq_buf_used(&buf))
		return false;
	pr_notice("'%s': patching timed out after %u ms, blocked by %s\n",
		  live->mod->name, live->timeout_ms, seq_buf_str(&buf));
	return true;
}

/* Queue the work for the time at which the transition is to be reversed. */
static void klp_timeout_arm(void)
{
	const struct klp_live_patch *live = klp_timeout.live;
	u64 now = get_jiffies_64();
	u64 end;

	lockdep_assert_held(&klp_mutex);

	if (!live || !live->timeout_ms) {
		cancel_delayed_work(&klp_timeout_work);
		return;
	}
	end = klp_timeout.begin + msecs_to_jiffies(live->timeout_ms);
	mod_delayed_work(klp_wq, &klp_timeout_work, end > now ? end - now : 0);
}

static void klp_timeout_expire(struct work_struct *work)
{
	struct klp_live_patch *live;
	u64 end;

	guard(mutex)(&klp_mutex);

	live = klp_timeout.live;
	/* The work may have been queued for an earlier transition. */
	if (!live || live != klp_transition_current() || !live->timeout_ms)
		return;
	end = klp_timeout.begin + msecs_to_jiffies(live->timeout_ms);
	if (time_before64(get_jiffies_64(), end)) {
		klp_timeout_arm();
		return;
	}
	/* All have switched: klp_switched_work is about to end the transition. */
	if (!live->model->pending() || !klp_timeout_report(live)) {
		mod_delayed_work(klp_wq, &klp_timeout_work, KLP_TIMEOUT_AGAIN);
		return;
	}
	klp_timeout.live = NULL;
	klp_transition_reverse(KLP_EVENT_TIMEOUT);
}

/**
 * klp_timeout_stop - let the transition take the time that it takes
 *
 * For a transition that an administrator forces: some tasks have switched for good.
 *
 * Context: klp_mutex held.
 */
void klp_timeout_stop(void)
{
	lockdep_assert_held(&klp_mutex);

	klp_timeout.live = NULL;
	klp_timeout_arm();
}

/**
 * klp_timeout_begin - choose the limit of a transition
 * @live: the patch, whose transition has been begun, and not started
 * @patching: the direction; only enabling is limited
 *
 * The limit is kernel.livepatch_timeout_ms. It may be changed later.
 *
 * Context: klp_mutex held.
 */
void klp_timeout_begin(struct klp_live_patch *live, bool patching)
{
	lockdep_assert_held(&klp_mutex);

	klp_timeout.enabling = patching;
	klp_timeout_stop();
	/* Read without a lock by sysfs */
	if (patching)
		WRITE_ONCE(live->timeout_ms, READ_ONCE(klp_timeout_default_ms));
}

/**
 * klp_timeout_start - let the time of a transition run
 * @live: the patch, whose transition has just been started, or been reversed by an
 *	administrator
 * @patching: the direction. If enabling the patch was begun, reversed, and is reversed
 *	again, its time starts anew.
 *
 * Context: klp_mutex held.
 */
void klp_timeout_start(struct klp_live_patch *live, bool patching)
{
	const struct klp_model *model = live->model;
	struct klp_timeout *t = &klp_timeout;

	lockdep_assert_held(&klp_mutex);

	/* A task that waits looks at the time by itself. */
	t->live = patching && t->enabling && !model->at_once && !model->waits ?
		  live : NULL;
	t->begin = get_jiffies_64();
	klp_timeout_arm();
}

/**
 * klp_timeout_set - change the limit while a patch is being enabled
 * @live: the patch
 * @timeout_ms: milliseconds since its transition was started; 0: no limit. If that time
 *	has passed already, the transition is reversed at once.
 *
 * Context: Process, may sleep; takes klp_mutex.
 * Return: 0, or -EINVAL if the patch is not being enabled, or has no limit any more.
 */
int klp_timeout_set(struct klp_live_patch *live, unsigned int timeout_ms)
{
	guard(mutex)(&klp_mutex);

	if (klp_transition_current() != live || !live->enabled)
		return -EINVAL;
	if (klp_timeout.live != live && !live->model->waits)
		return -EINVAL;
	WRITE_ONCE(live->timeout_ms, timeout_ms);
	klp_timeout_arm();
	if (live->waiter)
		wake_up_process(live->waiter->task);
	return 0;
}

/**
 * klp_timeout_init - register the sysctl
 */
void __init klp_timeout_init(void)
{
	register_sysctl("kernel", klp_timeout_sysctls);
}
