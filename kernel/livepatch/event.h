/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_EVENT_H
#define _KLP_EVENT_H

#include <linux/types.h>

struct klp_live_patch;

/**
 * enum klp_event - what happens to a patch's transition
 * @KLP_EVENT_STARTED:		Tasks begin to switch.
 * @KLP_EVENT_COMPLETED:	All tasks have switched, and the callbacks have run.
 * @KLP_EVENT_REVERSED:		An administrator, or a fatal signal to the task that
 *				waits, has reversed the transition.
 * @KLP_EVENT_TIMEOUT:		The kernel has reversed it after the patch's timeout.
 * @KLP_EVENT_FORCED:		An administrator has forced it.
 * @KLP_NR_EVENTS:		Number of events.
 */
enum klp_event {
	KLP_EVENT_STARTED,
	KLP_EVENT_COMPLETED,
	KLP_EVENT_REVERSED,
	KLP_EVENT_TIMEOUT,
	KLP_EVENT_FORCED,
	KLP_NR_EVENTS,
};

const char *klp_event_direction(bool patching);
void klp_event_send(struct klp_live_patch *live, enum klp_event event, bool patching);

#endif /* _KLP_EVENT_H */
