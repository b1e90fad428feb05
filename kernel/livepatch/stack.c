// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: judging a task by its stack.
 *
 * Frames are judged while they are unwound: there is no limit to their number,
 * and a frame near the top counts even if the rest cannot be unwound.
 */
#include <linux/align.h>
#include <linux/error-injection.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kconfig.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/stacktrace.h>
#include <linux/task_work.h>

#include <asm/livepatch.h>

#include "ranges.h"
#include "redirect.h"
#include "stack.h"

/*
 * get_signal(), which the loop to user space calls, and task_work_run(), which is called
 * from there as well, and may run any code
 */
static struct klp_span klp_signal_code __ro_after_init;
static struct klp_span klp_work_code __ro_after_init;

static bool klp_span_has(const struct klp_span *span, unsigned long addr)
{
	/* Unsigned: an address before the code is far behind it, too. */
	return addr - span->start < span->size;
}

/* Is the task on its way to user space? Frames come from the newest on. */
static void klp_check_leaving(struct klp_look *look, unsigned long addr)
{
	if (klp_span_has(&klp_work_code, addr))
		look->at_exit = false;
	else if (klp_span_has(&klp_signal_code, addr))
		look->leaving = true;
}

static bool klp_check_frame(void *cookie, unsigned long addr)
{
	const struct klp_range *range = NULL;
	struct klp_look *look = cookie;

	/* Skip the redirection's own frames, up to the call that it serves. */
	if (look->entry) {
		if (addr == look->entry)
			look->entry = 0;
		return true;
	}
	if (!look->caller)
		look->caller = addr;

	/* The frame before this one blocks: its function returns to @addr. */
	if (look->reason != KLP_NOT_BLOCKED) {
		look->frame_ip = addr;
		return false;
	}

	if (look->at_exit)
		klp_check_leaving(look, addr);

	if (klp_redirect_contains(addr)) {
		look->reason = KLP_IN_TRAMPOLINE;
		look->blocker = addr;
		return false;
	}
	if (look->affected)
		range = klp_ranges_find(look->affected, addr);
	if (range) {
		look->reason = range->reason;
		look->blocker = addr;
	}
	return true;
}

/**
 * klp_stack_unreliable - tell whether stacks cannot be judged at all
 *
 * If so, klp_stack_check() answers KLP_UNRELIABLE to every look for affected
 * code. Tasks then switch only when they leave the kernel, when they die, or by
 * force. A function of its own, so that tests can inject this result.
 *
 * Context: Any.
 * Return: true if the architecture has no reliable stack traces.
 */
noinline bool klp_stack_unreliable(void)
{
	return !IS_ENABLED(CONFIG_HAVE_RELIABLE_STACKTRACE);
}
ALLOW_ERROR_INJECTION(klp_stack_unreliable, TRUE);

/* Pass on the result of an unwind: tests can inject an error here. */
static noinline int klp_stack_unwound(int ret)
{
	/* Keep the compiler from knowing the result. */
	barrier_data(&ret);
	return ret;
}
ALLOW_ERROR_INJECTION(klp_stack_unwound, ERRNO);

/*
 * Find a word on a task's stack, from its stack pointer on. A stale copy of the
 * word may come first: then the place is too low.
 *
 * Return: where the word is, 0 if it was not found.
 */
static unsigned long klp_stack_find(struct task_struct *task,
				    unsigned long word)
{
	unsigned long start = (unsigned long)task_stack_page(task);
	unsigned long at = ALIGN(klp_task_sp(task), sizeof(long));

	/* The current task may be on another stack, that of an interrupt. */
	if (at < start)
		return 0;
	for (; at < start + THREAD_SIZE; at += sizeof(long))
		if (READ_ONCE_NOCHECK(*(unsigned long *)at) == word)
			return at;
	return 0;
}

/**
 * klp_stack_check - judge a task by its stack
 * @look: the task, and what must not be on its stack; the verdict is filled in
 *
 * If the stack cannot be unwound to its end, the reason is KLP_UNRELIABLE,
 * unless a frame that was unwound gives another one.
 *
 * Context: Any, preemption disabled.
 */
void klp_stack_check(struct klp_look *look)
{
	struct task_struct *task = look->task;
	int ret;

	lockdep_assert_preemption_disabled();

	look->reason = KLP_NOT_BLOCKED;
	look->blocker = 0;
	look->frame_at = 0;
	look->frame_ip = 0;
	look->caller = 0;
	look->leaving = false;

	if (klp_stack_unreliable()) {
		if (look->affected)
			look->reason = KLP_UNRELIABLE;
		return;
	}

	/* A task without a stack has died: it will never run again. */
	if (!try_get_task_stack(task))
		return;
	klp_count(KLP_COUNT_UNWINDS);
	ret = klp_stack_unwound(arch_stack_walk_reliable(klp_check_frame, look,
							 task));
	if (look->frame_ip)
		look->frame_at = klp_stack_find(task, look->frame_ip);
	put_task_stack(task);

	/* The call that is served was not found: no frame has been judged. */
	if (look->entry)
		ret = -EINVAL;
	if (ret && look->reason == KLP_NOT_BLOCKED)
		look->reason = KLP_UNRELIABLE;
}

/**
 * klp_stack_still - guess whether a blocked task is still in the same function
 * @task: the task: the current one, or one that cannot run meanwhile
 * @frame_at: &klp_look.frame_at of the look that found it blocked
 * @frame_ip: &klp_look.frame_ip of that look
 *
 * Much cheaper than klp_stack_check(): tests that the function's return address
 * is still in its place, and the stack pointer not above it. This is a guess,
 * because that word may be a leftover of an earlier call.
 *
 * Context: Any, preemption disabled.
 * Return: true if the task probably is; false if @frame_at is 0.
 */
bool klp_stack_still(struct task_struct *task, unsigned long frame_at,
		     unsigned long frame_ip)
{
	unsigned long start, sp;
	bool still;

	lockdep_assert_preemption_disabled();

	if (!frame_at || !try_get_task_stack(task))
		return false;
	start = (unsigned long)task_stack_page(task);
	sp = klp_task_sp(task);
	still = sp >= start && sp <= frame_at &&
		frame_at < start + THREAD_SIZE &&
		READ_ONCE_NOCHECK(*(unsigned long *)frame_at) == frame_ip;
	put_task_stack(task);
	return still;
}

static void __init klp_find_span(struct klp_span *span, unsigned long start)
{
	unsigned long size, offset;

	if (kallsyms_lookup_size_offset(start, &size, &offset))
		*span = (struct klp_span){ start - offset, size };
}

/**
 * klp_stack_init - find the functions that handle signals and task work
 *
 * Without their sizes, stopped tasks are not told from others in the kernel.
 */
void __init klp_stack_init(void)
{
	klp_find_span(&klp_signal_code, (unsigned long)get_signal);
	klp_find_span(&klp_work_code, (unsigned long)task_work_run);
	/* If only the second one is missing, tasks would be judged too early. */
	if (!klp_work_code.size)
		klp_signal_code.size = 0;
}
