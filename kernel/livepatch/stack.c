// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: from a task's stack to a verdict.
 *
 * Frames are judged while they are unwound: there is no limit to their number,
 * and what is found near the top counts even if the rest cannot be unwound.
 */
#include <linux/kconfig.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>

#include "ranges.h"
#include "stack.h"

struct klp_stack_walk {
	const struct klp_ranges	*left;
	const struct klp_range	*found;
	unsigned long		addr;
};

static bool klp_check_frame(void *cookie, unsigned long addr)
{
	struct klp_stack_walk *walk = cookie;

	walk->found = klp_ranges_find(walk->left, addr);
	walk->addr = addr;
	return !walk->found;
}

/**
 * klp_stack_check - may a task switch, as far as its stack goes?
 * @task: the task: the current one, or one that cannot run meanwhile
 * @left: what must not be on its stack
 * @blocker: set to the address that speaks against it, 0 if there is none
 *
 * Context: Any, preemption disabled.
 * Return: KLP_NOT_BLOCKED if it may, otherwise the reason.
 */
enum klp_reason klp_stack_check(struct task_struct *task,
				const struct klp_ranges *left,
				unsigned long *blocker)
{
	struct klp_stack_walk walk = { .left = left };
	int ret;

	*blocker = 0;

	/* A task without a stack has died: it will never run again. */
	if (!try_get_task_stack(task))
		return KLP_NOT_BLOCKED;
	ret = arch_stack_walk_reliable(klp_check_frame, &walk, task);
	put_task_stack(task);

	if (walk.found) {
		*blocker = walk.addr;
		return walk.found->reason;
	}
	return ret ? KLP_UNRELIABLE : KLP_NOT_BLOCKED;
}

/**
 * klp_stack_reliable - can stacks be checked at all on this architecture?
 *
 * Return: false if klp_stack_check() never lets a task switch.
 */
bool klp_stack_reliable(void)
{
	return IS_ENABLED(CONFIG_HAVE_RELIABLE_STACKTRACE);
}
