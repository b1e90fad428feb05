// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: reasons and counters, for people and for tests.
 *
 * What is worth seeing but not worth a log line is kept here.
 */
#include <linux/build_bug.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "report.h"

#define CREATE_TRACE_POINTS
#include <trace/events/livepatch.h>

static const char * const klp_reason_names[] = {
	[KLP_NOT_BLOCKED]	= "not blocked",
	[KLP_RUNNING]		= "running",
	[KLP_UNRELIABLE]	= "unreliable stack",
	[KLP_IN_FUNCTION]	= "in function",
	[KLP_IN_TRAMPOLINE]	= "in trampoline",
	[KLP_IN_KERNEL]		= "in kernel",
	[KLP_PARKED]		= "parked",
};

static_assert(ARRAY_SIZE(klp_reason_names) == KLP_NR_REASONS);

/* For programs: documented with /proc/<pid>/patch_blocker, and constant */
static const char * const klp_reason_words[] = {
	[KLP_NOT_BLOCKED]	= "none",
	[KLP_RUNNING]		= "running",
	[KLP_UNRELIABLE]	= "unreliable",
	[KLP_IN_FUNCTION]	= "function",
	[KLP_IN_TRAMPOLINE]	= "trampoline",
	[KLP_IN_KERNEL]		= "kernel",
	[KLP_PARKED]		= "parked",
};

static_assert(ARRAY_SIZE(klp_reason_words) == KLP_NR_REASONS);

static const char * const klp_counter_names[] = {
	[KLP_COUNT_TRANSITIONS]		= "transitions",
	[KLP_COUNT_WALKS]		= "walks",
	[KLP_COUNT_BY_WALK]		= "switched_by_walk",
	[KLP_COUNT_BY_EXIT]		= "switched_by_exit",
	[KLP_COUNT_BY_SCHEDULE]		= "switched_by_schedule",
	[KLP_COUNT_BY_ENTRY]		= "switched_by_entry",
	[KLP_COUNT_BY_DEATH]		= "switched_by_death",
	[KLP_COUNT_BY_FORCE]		= "switched_by_force",
	[KLP_COUNT_UNWINDS]		= "unwinds",
	[KLP_COUNT_SKIPPED]		= "skipped",
	[KLP_COUNT_SIGNALS]		= "signals",
	[KLP_COUNT_PREEMPTIONS]		= "preemptions",
	[KLP_COUNT_FTRACE_UPDATES]	= "ftrace_updates",
	[KLP_COUNT_GRACE_PERIODS]	= "grace_periods",
	[KLP_COUNT_RETIRED]		= "retired",
	[KLP_COUNT_RELEASED]		= "released",
};

static_assert(ARRAY_SIZE(klp_counter_names) == KLP_NR_COUNTERS);

atomic_long_t klp_report_counters[KLP_NR_COUNTERS];

/**
 * klp_report_reason - put an enum klp_reason into words
 * @reason: the reason
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *klp_report_reason(enum klp_reason reason)
{
	return reason < KLP_NR_REASONS ? klp_reason_names[reason] : "unknown";
}

/**
 * klp_report_word - put an enum klp_reason into one word
 * @reason: the reason
 *
 * Context: Any.
 * Return: a constant string without spaces.
 */
const char *klp_report_word(enum klp_reason reason)
{
	return reason < KLP_NR_REASONS ? klp_reason_words[reason] : "unknown";
}

/**
 * klp_report_way - tell how a task has switched
 * @counter: what is counted for that way
 *
 * Context: Any.
 * Return: a constant string without spaces.
 */
const char *klp_report_way(enum klp_counter counter)
{
	switch (counter) {
	case KLP_COUNT_BY_WALK:
		return "walk";
	case KLP_COUNT_BY_EXIT:
		return "exit";
	case KLP_COUNT_BY_SCHEDULE:
		return "schedule";
	case KLP_COUNT_BY_ENTRY:
		return "entry";
	case KLP_COUNT_BY_DEATH:
		return "death";
	case KLP_COUNT_BY_FORCE:
		return "force";
	default:
		return "unknown";
	}
}

static int counters_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < KLP_NR_COUNTERS; i++)
		seq_printf(m, "%s %ld\n", klp_counter_names[i],
			   atomic_long_read(&klp_report_counters[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

/**
 * klp_report_init - create /sys/kernel/debug/livepatch/
 *
 * Return: the directory, for other files to add to. It may be an error pointer:
 * debugfs is optional, and its own functions ignore that.
 */
struct dentry * __init klp_report_init(void)
{
	struct dentry *dir = debugfs_create_dir("livepatch", NULL);

	debugfs_create_file("counters", 0400, dir, NULL, &counters_fops);
	return dir;
}
