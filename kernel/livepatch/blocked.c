// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: reporting which tasks are waited for, and why.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>

#include "blocked.h"
#include "klp.h"
#include "look.h"
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
