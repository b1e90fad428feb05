/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_REPORT_H
#define _KLP_REPORT_H

#include <linux/atomic.h>
#include <linux/types.h>

struct dentry;

/**
 * enum klp_reason - why a task has not switched
 * @KLP_NOT_BLOCKED:	The task has switched, or was not checked yet.
 * @KLP_RUNNING:	The task was running when it was checked, or was just
 *			forked.
 * @KLP_UNRELIABLE:	The stack could not be unwound to its end.
 * @KLP_IN_FUNCTION:	An affected function is on the stack.
 * @KLP_IN_TRAMPOLINE:	The task is between the entry of a patched function and
 *			the code that has been chosen for it.
 * @KLP_IN_KERNEL:	The task may switch only outside of the kernel.
 * @KLP_PARKED:		The task waits outside of the kernel until all have switched.
 * @KLP_NR_REASONS:	Number of reasons.
 */
enum klp_reason {
	KLP_NOT_BLOCKED,
	KLP_RUNNING,
	KLP_UNRELIABLE,
	KLP_IN_FUNCTION,
	KLP_IN_TRAMPOLINE,
	KLP_IN_KERNEL,
	KLP_PARKED,
	KLP_NR_REASONS,
};

/**
 * enum klp_counter - what debugfs livepatch/counters counts since boot
 * @KLP_COUNT_TRANSITIONS:	Transitions started, reversals included.
 * @KLP_COUNT_WALKS:		Walks over all tasks.
 * @KLP_COUNT_BY_WALK:		Tasks switched by a walk.
 * @KLP_COUNT_BY_EXIT:		Tasks switched on their way to user space or in
 *				the idle loop.
 * @KLP_COUNT_BY_SCHEDULE:	Tasks switched when taken off their CPU.
 * @KLP_COUNT_BY_ENTRY:		Tasks switched when they called an affected
 *				function.
 * @KLP_COUNT_BY_DEATH:		Tasks that died before they switched.
 * @KLP_COUNT_BY_FORCE:		Tasks switched by force.
 * @KLP_COUNT_UNWINDS:		Stacks unwound.
 * @KLP_COUNT_SKIPPED:		Stacks not unwound, because the function that
 *				blocked the task before has not returned.
 * @KLP_COUNT_SIGNALS:		Tasks signalled or woken because they were
 *				blocked.
 * @KLP_COUNT_PREEMPTIONS:	CPUs preempted because their task was blocked.
 * @KLP_COUNT_FTRACE_UPDATES:	Passes of ftrace over its records.
 * @KLP_COUNT_GRACE_PERIODS:	Waits for tasks to leave trampolines.
 * @KLP_COUNT_RETIRED:		Tables and patches to be released after such a
 *				wait.
 * @KLP_COUNT_RELEASED:		Tables and patches that have been released.
 * @KLP_NR_COUNTERS:		Number of counters.
 */
enum klp_counter {
	KLP_COUNT_TRANSITIONS,
	KLP_COUNT_WALKS,
	KLP_COUNT_BY_WALK,
	KLP_COUNT_BY_EXIT,
	KLP_COUNT_BY_SCHEDULE,
	KLP_COUNT_BY_ENTRY,
	KLP_COUNT_BY_DEATH,
	KLP_COUNT_BY_FORCE,
	KLP_COUNT_UNWINDS,
	KLP_COUNT_SKIPPED,
	KLP_COUNT_SIGNALS,
	KLP_COUNT_PREEMPTIONS,
	KLP_COUNT_FTRACE_UPDATES,
	KLP_COUNT_GRACE_PERIODS,
	KLP_COUNT_RETIRED,
	KLP_COUNT_RELEASED,
	KLP_NR_COUNTERS,
};

const char *klp_report_reason(enum klp_reason reason);
const char *klp_report_way(enum klp_counter counter);
const char *klp_report_word(enum klp_reason reason);

extern atomic_long_t klp_report_counters[KLP_NR_COUNTERS];

/**
 * klp_count - count an event
 * @counter: the event
 *
 * Context: Any.
 */
static __always_inline void klp_count(enum klp_counter counter)
{
	atomic_long_inc(&klp_report_counters[counter]);
}

struct dentry *klp_report_init(void);

#endif /* _KLP_REPORT_H */
