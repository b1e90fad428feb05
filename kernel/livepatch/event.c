// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: telling user space what happens to a patch.
 *
 * udev and monitors get uevents, so that they need not poll. Their variables are
 * described in Documentation/ABI/testing/sysfs-kernel-livepatch.
 */
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <trace/events/livepatch.h>

#include "event.h"
#include "klp.h"

static const char * const klp_event_names[] = {
	[KLP_EVENT_STARTED]	= "started",
	[KLP_EVENT_COMPLETED]	= "completed",
	[KLP_EVENT_REVERSED]	= "reversed",
	[KLP_EVENT_TIMEOUT]	= "timeout",
	[KLP_EVENT_FORCED]	= "forced",
};

static_assert(ARRAY_SIZE(klp_event_names) == KLP_NR_EVENTS);

/**
 * klp_event_direction - name a transition as the log does
 * @patching: the direction
 *
 * Return: a constant string.
 */
const char *klp_event_direction(bool patching)
{
	return patching ? "patching" : "unpatching";
}

static void klp_event_trace(const struct klp_live_patch *live, enum klp_event event,
			    bool patching)
{
	switch (event) {
	case KLP_EVENT_REVERSED:
		trace_klp_transition_reversed(live->mod->name, patching);
		break;
	case KLP_EVENT_TIMEOUT:
		trace_klp_transition_timeout(live->mod->name, patching);
		break;
	case KLP_EVENT_FORCED:
		trace_klp_transition_forced(live->mod->name, patching);
		break;
	default:
		/* transition.c traces each start, and the end before the callbacks. */
		break;
	}
}

/**
 * klp_event_send - tell user space what happens to a patch
 * @live: the patch, its folder in sysfs created
 * @event: the event
 * @patching: the direction of the transition, after a reversal the new one
 *
 * That an event could not be sent is no reason to fail: files in sysfs show the same.
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_event_send(struct klp_live_patch *live, enum klp_event event, bool patching)
{
	struct kobj_uevent_env *env;
	u64 now = ktime_get_ns();

	lockdep_assert_held(&klp_mutex);

	klp_event_trace(live, event, patching);

	env = kzalloc(sizeof(*env), GFP_KERNEL);
	if (!env)
		return;
	if (!add_uevent_var(env, "LIVEPATCH_EVENT=%s", klp_event_names[event]) &&
	    !add_uevent_var(env, "LIVEPATCH_PATCH=%s", live->mod->name) &&
	    !add_uevent_var(env, "LIVEPATCH_DIRECTION=%s",
			    klp_event_direction(patching)) &&
	    !add_uevent_var(env, "LIVEPATCH_DURATION_MS=%llu",
			    div_u64(now - live->began_ns, NSEC_PER_MSEC)))
		kobject_uevent_env(&live->kobj, KOBJ_CHANGE, env->envp);
	kfree(env);
}
