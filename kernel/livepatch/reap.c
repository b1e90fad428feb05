// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: freeing what tasks in a trampoline may still be using.
 *
 * Invariant 6 (free after quiescence). A task can be preempted anywhere
 * between the entry of a patched function and the code that is chosen for it,
 * with a pointer to the redirect table in a register. Why one wait of each
 * kind, begun after the old table or code is out of reach, is enough:
 *
 * 1. No other task gets hold of it: the table pointer leads to another table,
 *    and ftrace no longer redirects functions that are not patched.
 * 2. A task that was preempted in the trampoline or in the handler has made no
 *    voluntary context switch since: synchronize_rcu_tasks() waits for one.
 * 3. synchronize_rcu_tasks() does not wait for idle tasks, nor for code where
 *    RCU does not watch. Both run with preemption disabled:
 *    synchronize_rcu_tasks_rude() schedules on every CPU that could run them.
 *
 * The waits take many milliseconds. So they happen here, without any lock, once
 * for all that has been retired by then.
 */
#include <linux/errno.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "reap.h"
#include "report.h"

static LLIST_HEAD(klp_retired);
static struct workqueue_struct *klp_reap_wq;

static void klp_reap(struct work_struct *work)
{
	struct llist_node *batch = llist_del_all(&klp_retired);
	struct klp_retiree *retiree, *next;

	if (!batch)
		return;

	klp_count(KLP_COUNT_GRACE_PERIODS);
	synchronize_rcu_tasks();
	synchronize_rcu_tasks_rude();

	batch = llist_reverse_order(batch);
	llist_for_each_entry_safe(retiree, next, batch, node)
		if (retiree->release(retiree))
			klp_count(KLP_COUNT_RELEASED);
}

static DECLARE_WORK(klp_reap_work, klp_reap);

/**
 * klp_reap_add - retire a table or a patch, to be freed after quiescence
 * @retiree: embedded in it, not retired before; owned by the reaper from now on
 * @release: called when no task can be using it any more, see &struct
 *	klp_retiree
 *
 * The caller has already put it out of reach of tasks that arrive from now on.
 * At the end of the operation the caller calls klp_reap_start(): one wait is
 * enough for all that an operation retires.
 *
 * Context: Any. Needs no memory.
 */
void klp_reap_add(struct klp_retiree *retiree,
		  bool (*release)(struct klp_retiree *retiree))
{
	klp_count(KLP_COUNT_RETIRED);
	retiree->release = release;
	llist_add(&retiree->node, &klp_retired);
}

/**
 * klp_reap_start - start to free what has been retired, in the background
 *
 * Context: Any.
 */
void klp_reap_start(void)
{
	if (!llist_empty(&klp_retired))
		queue_work(klp_reap_wq, &klp_reap_work);
}

/**
 * klp_reap_init - create the workqueue of the reaper
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_reap_init(void)
{
	/* Ordered: a second wait beside the first would gain nothing. */
	klp_reap_wq = alloc_ordered_workqueue("livepatch_reap", 0);
	return klp_reap_wq ? 0 : -ENOMEM;
}

/**
 * klp_reap_exit - undo klp_reap_init()
 */
void __init klp_reap_exit(void)
{
	destroy_workqueue(klp_reap_wq);
}
