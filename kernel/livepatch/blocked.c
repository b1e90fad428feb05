// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: reporting which tasks are waited for, and why.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/sched.h>
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

	if (READ_ONCE(task->klp.counted))
		klp_look_report(arg, &look, NULL);
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
 * klp_blocked_init - create the file that shows which tasks are waited for
 * @dir: livepatch/ in debugfs
 */
void __init klp_blocked_init(struct dentry *dir)
{
	debugfs_create_file("blocked", 0400, dir, NULL, &blocked_fops);
}
