/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM livepatch

#if !defined(_TRACE_LIVEPATCH_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_LIVEPATCH_H

#include <linux/sched.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(klp_transition,

	TP_PROTO(const char *patch, bool patching),

	TP_ARGS(patch, patching),

	TP_STRUCT__entry(
		__string(patch, patch)
		__field(bool, patching)
	),

	TP_fast_assign(
		__assign_str(patch);
		__entry->patching = patching;
	),

	TP_printk("patch=%s direction=%s", __get_str(patch),
		  __entry->patching ? "patching" : "unpatching")
);

/* Tasks start to switch: at the beginning, and after each reversal. */
DEFINE_EVENT(klp_transition, klp_transition_start,
	TP_PROTO(const char *patch, bool patching),
	TP_ARGS(patch, patching)
);

/* All tasks have switched. */
DEFINE_EVENT(klp_transition, klp_transition_complete,
	TP_PROTO(const char *patch, bool patching),
	TP_ARGS(patch, patching)
);

/*
 * An administrator has reversed the transition, or a fatal signal to the task that waits;
 * the direction is the new one.
 */
DEFINE_EVENT(klp_transition, klp_transition_reversed,
	TP_PROTO(const char *patch, bool patching),
	TP_ARGS(patch, patching)
);

/* The kernel has reversed it, because the patch's timeout has passed. */
DEFINE_EVENT(klp_transition, klp_transition_timeout,
	TP_PROTO(const char *patch, bool patching),
	TP_ARGS(patch, patching)
);

/* An administrator has forced the transition. */
DEFINE_EVENT(klp_transition, klp_transition_forced,
	TP_PROTO(const char *patch, bool patching),
	TP_ARGS(patch, patching)
);

/* A task has switched, or died before it did. */
TRACE_EVENT(klp_task_switched,

	TP_PROTO(struct task_struct *task, const char *way),

	TP_ARGS(task, way),

	TP_STRUCT__entry(
		__array(char, comm, TASK_COMM_LEN)
		__field(pid_t, pid)
		__string(way, way)
	),

	TP_fast_assign(
		/* Exec may be changing it: a mixture of both is harmless. */
		data_race(memcpy(__entry->comm, task->comm, TASK_COMM_LEN));
		/* Likewise. */
		__entry->pid = data_race(task->pid);
		__assign_str(way);
	),

	TP_printk("comm=%s pid=%d way=%s", __entry->comm, __entry->pid,
		  __get_str(way))
);

/* A task was looked at and could not be switched. */
TRACE_EVENT(klp_task_blocked,

	TP_PROTO(struct task_struct *task, const char *reason,
		 unsigned long blocker),

	TP_ARGS(task, reason, blocker),

	TP_STRUCT__entry(
		__array(char, comm, TASK_COMM_LEN)
		__field(pid_t, pid)
		__string(reason, reason)
		__field(unsigned long, blocker)
	),

	TP_fast_assign(
		/* Exec may be changing it: a mixture of both is harmless. */
		data_race(memcpy(__entry->comm, task->comm, TASK_COMM_LEN));
		/* Likewise. */
		__entry->pid = data_race(task->pid);
		__assign_str(reason);
		__entry->blocker = blocker;
	),

	TP_printk("comm=%s pid=%d reason=%s blocker=%pS", __entry->comm,
		  __entry->pid, __get_str(reason), (void *)__entry->blocker)
);

#endif /* _TRACE_LIVEPATCH_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
