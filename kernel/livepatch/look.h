/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LOOK_H
#define _KLP_LOOK_H

#include <linux/sched.h>
#include <linux/types.h>

#include "report.h"

struct klp_look;
struct seq_buf;
struct seq_file;

/* How many tasks are named in one line of the log */
#define KLP_MAX_BLOCKERS	5

/**
 * struct klp_blocker - a task that a change has to wait for
 * @comm:	Its name.
 * @pid:	Its PID.
 * @reason:	Why.
 * @address:	The address on its stack that is the cause, 0 if none.
 */
struct klp_blocker {
	char		comm[TASK_COMM_LEN];
	pid_t		pid;
	enum klp_reason	reason;
	unsigned long	address;
};

bool klp_look_is_stopped(const struct task_struct *task);
void klp_look_name(const struct klp_blocker *blocker, struct seq_buf *buf);
unsigned long klp_look_switches(const struct task_struct *task);
void klp_look_note(const struct klp_look *look, struct klp_blocker *blocker);
void klp_look_task(struct klp_look *look);
void klp_look_report(struct seq_file *m, const struct klp_look *look,
		     const char *module);

#endif /* _KLP_LOOK_H */
