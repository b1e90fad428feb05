// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: from a task's stack to a verdict.
 *
 * Frames are judged while they are unwound: there is no limit to their number,
 * and what is found near the top counts even if the rest cannot be unwound.
 */
#include <linux/error-injection.h>
#include <linux/kconfig.h>
#include <linux/lockdep.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>

#include "ranges.h"
#include "redirect.h"
#include "stack.h"

struct klp_stack_walk {
	const struct klp_ranges	*left;
	enum klp_reason		reason;
	unsigned long		addr;
};

static bool klp_check_frame(void *cookie, unsigned long addr)
{
	struct klp_stack_walk *walk = cookie;
	const struct klp_range *range = NULL;

	walk->addr = addr;
	if (klp_in_redirection(addr)) {
		walk->reason = KLP_IN_TRAMPOLINE;
		return false;
	}
	if (walk->left)
		range = klp_ranges_find(walk->left, addr);
	if (range)
		walk->reason = range->reason;
	return !range;
}

/**
 * klp_stack_unreliable - is there no way to tell what is on a stack?
 *
 * Then klp_stack_check() lets nobody switch who is not forced, and only those
 * do who leave the kernel or die. A function of its own so that tests can make it
 * say so.
 *
 * Context: Any.
 * Return: true if the architecture has no reliable stack traces.
 */
noinline bool klp_stack_unreliable(void)
{
	return !IS_ENABLED(CONFIG_HAVE_RELIABLE_STACKTRACE);
}
ALLOW_ERROR_INJECTION(klp_stack_unreliable, TRUE);

/**
 * klp_stack_check - may a task switch, as far as its stack goes?
 * @task: the task: the current one, or one that cannot run meanwhile
 * @left: what must not be on its stack; NULL if it is forced to switch, and has
 *	only to be out of the trampoline
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

	lockdep_assert_preemption_disabled();

	*blocker = 0;

	if (klp_stack_unreliable())
		return left ? KLP_UNRELIABLE : KLP_NOT_BLOCKED;

	/* A task without a stack has died: it will never run again. */
	if (!try_get_task_stack(task))
		return KLP_NOT_BLOCKED;
	ret = arch_stack_walk_reliable(klp_check_frame, &walk, task);
	put_task_stack(task);

	if (walk.reason != KLP_NOT_BLOCKED) {
		*blocker = walk.addr;
		return walk.reason;
	}
	return ret && left ? KLP_UNRELIABLE : KLP_NOT_BLOCKED;
}
