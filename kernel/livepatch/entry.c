// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: at the entry of a patched function, from the call to the code
 * that the current task is to run.
 *
 * ftrace calls klp_entry_handler(). Where no other user has attached to the
 * function, ftrace calls klp_trampoline() of the architecture instead, which
 * does the same. For a task that may switch here, the trampoline takes
 * klp_trampoline_pending() as the target, which calls klp_entry_pending().
 *
 * Why task T gets the right code at any moment of a change:
 *
 * - While T looks for its table, its entry, its universe and its target, no
 *   other task switches T, in any transition (invariant 2): klp_stack_check()
 *   sees T in the trampoline, and the handler here cannot be preempted. A
 *   softirq on top of either may call a patched function. klp_task_enter() does
 *   not switch T there, because klp_stack_check() sees the frame of the
 *   trampoline or of the handler. So T's universe is still right when T reads
 *   the target.
 * - Any table that T can find leads to the same code in T's universe: a new
 *   table starts as a copy, and targets change only in the universe that no
 *   task is in, or while no task is here, or for functions that need not be
 *   consistent. If T switches itself here, T looks for the table afterwards: in
 *   an older one the goal's targets may be missing.
 * - A function that is missing in the table goes to the original. That is right
 *   for a function on its way into ftrace's filter or out of it: no patch has
 *   changed it yet, or any more.
 * - From the choice until T has arrived there, T's stack has the return address
 *   of the call into ftrace, or the first byte of the chosen code in its place.
 *   klp_affected_ranges() adds both. A transition of other functions may switch
 *   T: that does not change what T has chosen.
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
 * Read the current task's target. With preemption disabled, or the trampoline
 * on the stack, no other task changes the universe between the two reads.
 */
static __always_inline unsigned long
klp_entry_target(const struct klp_entry *entry)
{
	/* Targets before goal, and goal before universe: (A) in switch.c */
	return READ_ONCE(entry->target[READ_ONCE(current->klp.universe)]);
}

static __always_inline struct klp_entry *klp_entry_find(unsigned long key)
{
	/* No RCU read section: reap.c says why the table is not freed here. */
	return klp_table_find(rcu_dereference_raw(klp_redirect_table), key);
}

/**
 * klp_entry_handler - redirect a call, as ftrace's callback
 * @ip: the ftrace location
 * @parent_ip: unused
 * @ops: unused
 * @fregs: registers of the call; its instruction pointer is set to the target
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

/**
 * klp_entry_peek - tell where the current task would go at a function's entry
 * @ip: the ftrace location
 *
 * Without preemption the answer holds until the handler chooses, unless the task
 * switches there.
 *
 * Context: Any, NMI and code where RCU does not watch included; preemption disabled.
 * Return: the replacement or the return address of the call, 0 if the function is not
 * in the table.
 */
unsigned long notrace klp_entry_peek(unsigned long ip)
{
	struct klp_entry *entry = klp_entry_find(klp_redirect_key(ip));

	return entry ? klp_entry_target(entry) : 0;
}

NOKPROBE_SYMBOL(klp_entry_peek);

#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
/**
 * klp_entry_pending - try to switch a pending task, then redirect its call
 * @key: return address of the call into ftrace
 *
 * Context: Any; called by klp_trampoline_pending(), which keeps the arguments
 * of the function.
 * Return: the address to go on at.
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
