/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: the tasks that a transition waits for.
 */
#ifndef _KLP_TASKS_H
#define _KLP_TASKS_H

#include <obstack.h>
#include <stddef.h>
#include <sys/types.h>

#include "klp.h"

/**
 * enum tasks_reason - why a task has not switched; the words are those of the kernel
 * @TASKS_RUNNING:	The task ran when the kernel looked.
 * @TASKS_UNRELIABLE:	Its stack could not be unwound.
 * @TASKS_FUNCTION:	An affected function is on its stack.
 * @TASKS_TRAMPOLINE:	It is between the entry of a patched function and the chosen code.
 * @TASKS_KERNEL:	It may switch only outside of the kernel.
 * @TASKS_PARKED:	It waits for all others, and blocks nothing.
 * @TASKS_OTHER:	A word that klp does not know.
 * @TASKS_NOT_TOLD:	The kernel does not tell.
 */
enum tasks_reason {
	TASKS_RUNNING,
	TASKS_UNRELIABLE,
	TASKS_FUNCTION,
	TASKS_TRAMPOLINE,
	TASKS_KERNEL,
	TASKS_PARKED,
	TASKS_OTHER,
	TASKS_NOT_TOLD,
	TASKS_NR_REASONS,
};

/**
 * struct tasks_one - a task that has not switched
 * @pid:	Its process.
 * @tid:	Itself.
 * @reason:	Why it has not switched.
 * @state:	A letter, as in ps; '?' if it has ended meanwhile.
 * @comm:	Its name, made printable.
 * @where:	The function on its stack, NULL if there is none to name.
 */
struct tasks_one {
	pid_t			pid;
	pid_t			tid;
	enum tasks_reason	reason;
	char			state;
	char			comm[64];
	const char		*where;
};

/**
 * struct tasks - all of them
 * @list:	The tasks.
 * @nr:		How many.
 * @room:	For how many @list has room.
 * @denied:	How many tasks could not be looked at.
 * @parked:	How many of @nr are parked.
 * @texts:	Where @where is.
 */
struct tasks {
	struct tasks_one	*list;
	size_t			nr;
	size_t			room;
	size_t			denied;
	size_t			parked;
	struct obstack		texts;
};

const char *tasks_reason_word(enum tasks_reason reason);
const char *tasks_advice(enum tasks_reason reason);
bool tasks_kernel_tells(void);
int tasks_scan(struct tasks *tasks, bool enabling);
void tasks_free(struct tasks *tasks);
long tasks_total(void);

#endif /* _KLP_TASKS_H */
