// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: looking at the stack of any task, without switching it.
 */
#include <linux/cleanup.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "look.h"
#include "report.h"
#include "stack.h"

/**
 * klp_look_switches - get the number of a task's context switches
 * @task: the task: the current one, or one that cannot run meanwhile
 *
 * If the number is the same as before, and the task does not run, it has not run in
 * between.
 *
 * Context: Any.
 * Return: the number.
 */
unsigned long klp_look_switches(const struct task_struct *task)
{
	return task->nvcsw + task->nivcsw;
}

/**
 * klp_look_is_stopped - tell whether a user task is stopped, frozen or traced
 * @task: the task, which cannot run meanwhile
 *
 * Context: Any.
 * Return: true if it is, and is not about to die. The task itself writes all that this
 * depends on.
 */
bool klp_look_is_stopped(const struct task_struct *task)
{
	/* These bits are set by the task itself, and it does not run. */
	if (data_race(task->flags) & (PF_SIGNALED | PF_EXITING))
		return false;
#ifdef CONFIG_CGROUPS
	if (task->frozen)
		return true;
#endif
	return READ_ONCE(task->__state) &
	       (__TASK_STOPPED | __TASK_TRACED | TASK_FROZEN);
}

static int klp_look_pinned(struct task_struct *task, void *arg)
{
	struct klp_look *look = arg;

	look->reason = KLP_NOT_BLOCKED;
	look->blocker = 0;
	if (task != current && task_curr(task)) {
		look->reason = KLP_RUNNING;
		return 0;
	}
	look->switches = klp_look_switches(task);
	if (READ_ONCE(task->__state) != TASK_DEAD || task == current)
		klp_stack_check(look);
	if (look->leaving && !klp_look_is_stopped(task))
		look->leaving = false;
	return 0;
}

/**
 * klp_look_task - check a task's stack without switching the task
 * @look: the task, and what to look for; the verdict is filled in, KLP_RUNNING
 *	if the task runs on another CPU
 *
 * Context: Any, the task cannot be freed, no pi_lock or runqueue lock held.
 */
void klp_look_task(struct klp_look *look)
{
	if (look->task != current) {
		task_call_func(look->task, klp_look_pinned, look);
		return;
	}
	guard(preempt)();
	klp_look_pinned(current, look);
}

/**
 * klp_look_note - note which task a change has to wait for
 * @look: the task, the reason and the blocker
 * @blocker: what is noted
 *
 * Context: Any, the task cannot be freed.
 */
void klp_look_note(const struct klp_look *look, struct klp_blocker *blocker)
{
	/* Exec may change the name meanwhile: harmless in a report. */
	data_race(memcpy(blocker->comm, look->task->comm, sizeof(blocker->comm)));
	blocker->comm[sizeof(blocker->comm) - 1] = '\0';
	/* Likewise the PID. */
	blocker->pid = data_race(task_pid_nr(look->task));
	blocker->reason = look->reason;
	blocker->address = look->blocker;
}

/**
 * klp_look_name - name a task that a change has to wait for
 * @blocker: the task
 * @buf: a list of names, to which this one is added
 *
 * Context: Any.
 */
void klp_look_name(const struct klp_blocker *blocker, struct seq_buf *buf)
{
	seq_buf_printf(buf, "%s%s/%d %s", seq_buf_used(buf) ? ", " : "", blocker->comm,
		       blocker->pid, klp_report_reason(blocker->reason));
	if (blocker->address)
		seq_buf_printf(buf, " %pS", (void *)blocker->address);
}

/**
 * klp_look_report - write a line about a task that is waited for
 * @m: the file to write to
 * @look: the task, the reason and the blocker
 * @module: the module that the task keeps in use, NULL if the task is pending
 *
 * Context: Any, the task cannot be freed.
 */
void klp_look_report(struct seq_file *m, const struct klp_look *look,
		     const char *module)
{
	char comm[TASK_COMM_LEN];
	pid_t pid;

	/* Exec may change the name meanwhile: harmless in a report. */
	data_race(memcpy(comm, look->task->comm, sizeof(comm)));
	/* Likewise the PID. */
	pid = data_race(task_pid_nr(look->task));
	seq_printf(m, "%d %.*s: %s", pid, (int)sizeof(comm), comm,
		   klp_report_reason(look->reason));
	if (look->blocker)
		seq_printf(m, " %pS", (void *)look->blocker);
	if (module)
		seq_printf(m, ", keeps module %s in use", module);
	seq_putc(m, '\n');
}
