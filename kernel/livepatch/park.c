// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: tasks that wait at the boundary to user space.
 *
 * While KLP_PHASE_PARK is set, a user task that is about to leave the kernel waits
 * there. Signals wake it: it handles them, is killed, stopped, traced or frozen, and
 * comes back. So it holds up nothing but itself.
 *
 * Many tasks may be waiting. They are in several queues, so that waking them all does
 * not keep interrupts disabled for long.
 */
#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "park.h"
#include "phase.h"
#include "report.h"
#include "switch.h"

#define KLP_PARK_BITS	6

static wait_queue_head_t klp_park_queues[1 << KLP_PARK_BITS];

/*
 * Tasks stay parked only while this is set. It is cleared after a while by work that
 * takes no lock: the task that has made others park may itself be waiting for one of
 * them.
 */
static bool klp_park_allowed;

static void klp_park_expire(struct work_struct *work);
static DECLARE_DELAYED_WORK(klp_park_work, klp_park_expire);

/* When the first task has parked since klp_park_begin(), in nanoseconds; 0: none has */
static atomic64_t klp_park_first = ATOMIC64_INIT(0);

/* The longest time from there until all tasks were woken, in nanoseconds */
static atomic64_t klp_park_longest = ATOMIC64_INIT(0);

static bool klp_park_wanted(void)
{
	return (klp_phase_read() & KLP_PHASE_PARK) && READ_ONCE(klp_park_allowed);
}

/* All tasks have been woken: note how long they were parked. */
static void klp_park_note(void)
{
	s64 first = atomic64_xchg(&klp_park_first, 0);
	s64 time = ktime_get_ns() - first;
	s64 longest = atomic64_read(&klp_park_longest);

	if (!first)
		return;
	while (time > longest &&
	       !atomic64_try_cmpxchg_relaxed(&klp_park_longest, &longest, time))
		;
}

/**
 * klp_park_here - wait at the boundary to user space as long as the transition says
 *
 * The caller has set &klp_task.parked, before it has stopped counting the task.
 *
 * Context: The current task, on its way to user space, interrupts enabled; sleeps.
 * Returns early if a signal is pending. The task is then counted again, and comes back
 * when it has handled the signal.
 */
void klp_park_here(void)
{
	wait_queue_head_t *queue = &klp_park_queues[hash_ptr(current, KLP_PARK_BITS)];
	struct klp_visit visit = { .counter = KLP_COUNT_BY_EXIT };
	int ret;

	if (klp_park_wanted())
		atomic64_cmpxchg_relaxed(&klp_park_first, 0, ktime_get_ns());
	/* The queue's lock orders this test against klp_park_wake(). */
	ret = wait_event_interruptible(*queue, !klp_park_wanted());
	WRITE_ONCE(current->klp.parked, false);
	if (!ret)
		return;
	klp_switch_visit(current, &visit);
	if (visit.last)
		klp_switch_all_done();
}

static void klp_park_wake(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(klp_park_queues); i++) {
		wake_up_all(&klp_park_queues[i]);
		cond_resched();
	}
	klp_park_note();
}

static void klp_park_expire(struct work_struct *work)
{
	WRITE_ONCE(klp_park_allowed, false);
	klp_park_wake();
}

/**
 * klp_park_begin - allow tasks to be parked
 * @limit: for so long, in jiffies, whatever happens
 *
 * Context: Process, may sleep; klp_mutex held, before KLP_PHASE_PARK is published.
 */
void klp_park_begin(unsigned long limit)
{
	/* An old work item must not end the new time. */
	cancel_delayed_work_sync(&klp_park_work);
	atomic64_set(&klp_park_first, 0);
	WRITE_ONCE(klp_park_allowed, true);
	queue_delayed_work(system_unbound_wq, &klp_park_work, limit);
}

/**
 * klp_park_release - wake all parked tasks
 *
 * Context: Process, may sleep; KLP_PHASE_PARK is not set any more.
 */
void klp_park_release(void)
{
	WRITE_ONCE(klp_park_allowed, false);
	klp_park_wake();
}

/**
 * klp_park_longest_ns - tell for how long tasks were parked
 *
 * A task that is woken may have to wait for a CPU: that is not included.
 *
 * Context: Any.
 * Return: the longest time since klp_park_reset(), in nanoseconds: from the first task
 * that parked until all were woken.
 */
u64 klp_park_longest_ns(void)
{
	return atomic64_read(&klp_park_longest);
}

/**
 * klp_park_reset - begin to measure anew
 *
 * Context: Any.
 */
void klp_park_reset(void)
{
	atomic64_set(&klp_park_longest, 0);
}

/**
 * klp_park_init - set up the queues
 */
void __init klp_park_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(klp_park_queues); i++)
		init_waitqueue_head(&klp_park_queues[i]);
}
