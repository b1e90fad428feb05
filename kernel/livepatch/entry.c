// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: at the entry of a patched function, from the call to the code
 * that the current task is to run.
 *
 * ftrace calls klp_entry_handler(). Where no other user has attached to the
 * function, it calls klp_trampoline() of the architecture instead, which does the
 * same. For a task that may switch here it finds klp_trampoline_pending() as the
 * target, which calls klp_entry_pending().
 *
 * Why the task gets the right code at any moment of a change:
 *
 * - It finds its table, its entry, its universe and its target. Meanwhile no
 *   other task switches it, by whatever transition (invariant 2):
 *   klp_stack_check() sees that it is in the trampoline, and the handler here
 *   cannot be preempted. A softirq on top of either may call a patched function,
 *   and klp_task_enter() does not switch the task there: klp_stack_check() sees
 *   the frame of the trampoline or of the handler. So the universe is right when
 *   the target is read.
 * - Any table that it can find leads to the same code in its universe: a new
 *   table starts as a copy, and targets are only changed in the universe that
 *   no task is in. For the same reason a task that switches itself here looks for
 *   the table afterwards: in an older one the goal's targets may be missing.
 * - A function that the table does not have goes to the original: that is how
 *   functions enter and leave ftrace's filter before and after they matter.
 * - From then on the return address of the call into ftrace, or the first byte of
 *   the chosen code in its place, is on its stack until it has arrived, and
 *   klp_affected_ranges() makes both count. A transition that is about other
 *   functions may switch it: that does not change what it has chosen.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "entry.h"
#include "redirect.h"
#include "table.h"
#include "task.h"

/*
 * The current task's target. With preemption disabled, or the trampoline on the
 * stack, no other task changes the universe between the two reads.
 */
static __always_inline unsigned long
klp_entry_target(const struct klp_entry *entry)
{
	/* Targets before goal, and goal before universe: (A) in task.c */
	return READ_ONCE(entry->target[READ_ONCE(current->klp.universe)]);
}

static __always_inline struct klp_entry *klp_entry_find(unsigned long key)
{
	/* Not an RCU read section: the reaper waits for this in other ways. */
	return klp_table_find(rcu_dereference_raw(klp_redirect_table), key);
}

/**
 * klp_entry_handler - redirect a call, as ftrace's callback
 * @ip: the ftrace location
 * @parent_ip: unused
 * @ops: unused
 * @fregs: where to go on
 *
 * Context: Any, NMI and code where RCU does not watch included.
 */
void notrace klp_entry_handler(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
	struct klp_entry *entry;
	unsigned long target;

	preempt_disable_notrace();

	if (unlikely(READ_ONCE(current->klp.slot) == KLP_SLOT_PENDING))
		klp_task_enter(klp_redirect_key(ip));

	entry = klp_entry_find(klp_redirect_key(ip));
	if (likely(entry)) {
		target = klp_entry_target(entry);
		/*
		 * For the original, leave the instruction pointer alone: a kprobe
		 * may have set it already.
		 */
		if (target != klp_original(entry))
			ftrace_regs_set_instruction_pointer(fregs, target);
	}

	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(klp_entry_handler);

#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
/**
 * klp_entry_pending - redirect a call of a pending task
 * @key: return address of the call into ftrace
 *
 * Context: Any; called by klp_trampoline(), which keeps all registers.
 * Return: where to go on.
 */
asmlinkage unsigned long notrace klp_entry_pending(unsigned long key)
{
	struct klp_entry *entry;
	unsigned long target;

	preempt_disable_notrace();
	klp_task_enter(key);
	entry = klp_entry_find(key);
	target = entry ? klp_entry_target(entry) : key;
	preempt_enable_notrace();
	return target;
}

NOKPROBE_SYMBOL(klp_entry_pending);
#endif
