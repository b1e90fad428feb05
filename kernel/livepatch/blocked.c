// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: reporting which tasks are waited for, and why.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/livepatch_task.h>
#include <linux/lockdep.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "blocked.h"
#include "klp.h"
#include "look.h"
#include "phase.h"
#include "retire.h"
#include "stack.h"
#include "walk.h"

static void klp_blocked_one(struct task_struct *task, void *arg)
{
	/* A new look may come between these reads: a report may be stale. */
	const struct klp_look look = {
		.task = task,
		.reason = READ_ONCE(task->klp.reason),
		.blocker = READ_ONCE(task->klp.blocker),
	};
	const struct klp_look parked = { .task = task, .reason = KLP_PARKED };

	if (READ_ONCE(task->klp.counted))
		klp_look_report(arg, &look, NULL);
	else if (READ_ONCE(task->klp.parked))
		klp_look_report(arg, &parked, NULL);
}

static int blocked_show(struct seq_file *m, void *unused)
{
	guard(mutex)(&klp_mutex);
	klp_walk_visit(klp_blocked_one, m);
	klp_retire_report(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blocked);

/* Get why a task has not switched, KLP_NOT_BLOCKED if no transition waits for it. */
static enum klp_reason klp_blocked_reason(const struct task_struct *task)
{
	unsigned int phase = klp_phase_read();

	/* A task that has been woken counts as parked until it runs. */
	if ((phase & KLP_PHASE_PARK) && READ_ONCE(task->klp.parked))
		return KLP_PARKED;
	/* If all tasks move together, some are in the way, counted or not. */
	if (READ_ONCE(task->klp.counted) || (phase & KLP_PHASE_TOGETHER))
		return READ_ONCE(task->klp.reason);
	return KLP_NOT_BLOCKED;
}

/**
 * klp_blocked_show_task - write what /proc/<pid>/patch_blocker shows
 * @m: the file
 * @task: the task
 *
 * Takes no lock, because a script may read the files of thousands of tasks while they
 * switch. So the function may belong to another look than the reason.
 *
 * Context: Process, no spinlock held; the task cannot be freed.
 */
void klp_blocked_show_task(struct seq_file *m, struct task_struct *task)
{
	enum klp_reason reason = klp_blocked_reason(task);
	unsigned long blocker = READ_ONCE(task->klp.blocker);
	char name[KSYM_SYMBOL_LEN];

	if (reason == KLP_NOT_BLOCKED)
		return;
	seq_puts(m, klp_report_word(reason));
	if (blocker && reason != KLP_PARKED &&
	    ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS)) {
		sprint_symbol(name, blocker);
		/* The bare address would tell where the kernel is. */
		if (!strstarts(name, "0x"))
			seq_printf(m, " %s", name);
	}
	seq_putc(m, '\n');
}

/**
 * struct klp_blocked_names - a list of names of blocked tasks
 * @buf:	Where it is written to.
 * @nr:		Number of blocked tasks.
 */
struct klp_blocked_names {
	struct seq_buf	*buf;
	unsigned int	nr;
};

static void klp_blocked_name_one(struct task_struct *task, void *arg)
{
	struct klp_blocked_names *names = arg;
	/* As above: a report may be stale. */
	const struct klp_look look = {
		.task = task,
		.reason = READ_ONCE(task->klp.reason),
		.blocker = READ_ONCE(task->klp.blocker),
	};
	struct klp_blocker blocker;

	if (!READ_ONCE(task->klp.counted))
		return;
	if (names->nr++ >= KLP_MAX_BLOCKERS)
		return;
	klp_look_note(&look, &blocker);
	klp_look_name(&blocker, names->buf);
}

/**
 * klp_blocked_name - name a few pending tasks, and count the others
 * @buf: where to write to
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_blocked_name(struct seq_buf *buf)
{
	struct klp_blocked_names names = { .buf = buf };

	lockdep_assert_held(&klp_mutex);

	klp_walk_visit(klp_blocked_name_one, &names);
	if (names.nr > KLP_MAX_BLOCKERS)
		seq_buf_printf(buf, " and %u more", names.nr - KLP_MAX_BLOCKERS);
}

/**
 * klp_blocked_init - create the file that shows which tasks are waited for
 * @dir: livepatch/ in debugfs
 */
void __init klp_blocked_init(struct dentry *dir)
{
	debugfs_create_file("blocked", 0400, dir, NULL, &blocked_fops);
}
