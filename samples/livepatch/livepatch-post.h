/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What livepatch-post.c and its patches agree on. The functions here are
 * inlined into functions that patches replace: a patch has its own copies.
 */
#ifndef _LIVEPATCH_POST_H
#define _LIVEPATCH_POST_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct office - a post office
 * @queue:	Senders and receivers wait here. The lock of the queue protects
 *		@open, @full and @weight.
 * @open:	Parcels are accepted at the counter.
 * @full:	There is a parcel on the tray between a sender and a receiver.
 * @weight:	Weight of that parcel.
 * @clerk:	The clerk waits here for money in the till.
 * @till:	Money that the clerk has not seen, in cents.
 * @safe:	Money that the clerk has taken from the till, in cents. Only
 *		the clerk writes it.
 */
struct office {
	wait_queue_head_t	queue;
	bool			open;
	bool			full;
	unsigned int		weight;
	wait_queue_head_t	clerk;
	atomic_t		till;
	unsigned int		safe;
};

/*
 * Lay a parcel on the tray, and wait until a receiver has taken it. There is
 * one sender at a time. If a signal arrives first, the sender takes the parcel
 * back.
 */
static __always_inline int office_put(struct office *office,
				      unsigned int weight)
{
	int ret;

	spin_lock(&office->queue.lock);
	office->weight = weight;
	office->full = true;
	wake_up_all_locked(&office->queue);
	ret = wait_event_interruptible_locked(office->queue, !office->full);
	if (!office->full)
		ret = 0;
	office->full = false;
	spin_unlock(&office->queue.lock);
	return ret;
}

/* Take the parcel from the tray. The lock is held. */
static __always_inline void office_take(struct office *office)
{
	office->full = false;
	wake_up_all_locked(&office->queue);
}

/* Wait for a parcel, and take it. */
static __always_inline int office_get(struct office *office,
				      unsigned int *weight)
{
	int ret;

	spin_lock(&office->queue.lock);
	ret = wait_event_interruptible_locked(office->queue, office->full);
	if (!ret) {
		*weight = office->weight;
		office_take(office);
	}
	spin_unlock(&office->queue.lock);
	return ret;
}

/* Wait until parcels are accepted at the counter. */
static __always_inline int office_wait(struct office *office)
{
	return wait_event_interruptible(office->queue, READ_ONCE(office->open));
}

/* Bring the money from the till to the safe. */
static __always_inline void office_save(struct office *office)
{
	WRITE_ONCE(office->safe,
		   office->safe + atomic_xchg(&office->till, 0));
}

#endif /* _LIVEPATCH_POST_H */
