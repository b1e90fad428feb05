// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: redirecting calls. The only user of ftrace.
 *
 * One ftrace_ops serves all patched functions, and one table tells where each
 * of them goes. A patch operation changes both once, whatever its size.
 *
 * What a task does at the entry of a patched function, and why it is right at
 * any moment of a change:
 *
 * - It reads its universe, which does not change before it has arrived in the
 *   code that it chooses here (invariant 2: the return address of the call
 *   into ftrace, or the chosen code's first byte in its place, is on its
 *   stack until then, and klp_left_ranges() makes both count).
 * - It reads the table pointer. Any table that it can find leads to the same
 *   code in its universe: a new table starts as a copy, and targets are only
 *   changed in the universe that nobody is in.
 * - A function that the table does not have goes to the original: that is how
 *   functions enter and leave ftrace's filter before and after they matter.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "klp.h"
#include "redirect.h"
#include "report.h"
#include "table.h"

/* What the handler reads. Written under klp_mutex, freed by the reaper. */
static struct klp_table __rcu *klp_table;

/*
 * What a call is found by: the return address that ftrace's trampoline has on
 * the stack, so that the unwinder finds it too.
 */
static __always_inline unsigned long klp_key(unsigned long ip)
{
	return ip + MCOUNT_INSN_SIZE;
}

static void notrace klp_ftrace_handler(unsigned long ip,
				       unsigned long parent_ip,
				       struct ftrace_ops *ops,
				       struct ftrace_regs *fregs)
{
	struct klp_entry *entry;
	struct klp_table *table;
	unsigned long target;

	/* Not an RCU read section: the reaper waits for us in other ways. */
	table = rcu_dereference_raw(klp_table);
	if (unlikely(!table))
		return;
	entry = klp_table_find(table, klp_key(ip));
	if (unlikely(!entry))
		return;

	/* Targets before goal, and goal before universe: (A) in task.c */
	target = READ_ONCE(entry->target[READ_ONCE(current->klp.universe)]);
	if (target)
		ftrace_regs_set_instruction_pointer(fregs, target);
}

static struct ftrace_ops klp_ftrace_ops = {
	.func	= klp_ftrace_handler,
	.flags	= FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
		  FTRACE_OPS_FL_SAVE_REGS |
#endif
		  0,
};

static bool klp_ftrace_registered;

/**
 * klp_redirect_location - where a function calls into ftrace
 * @addr: the function
 *
 * Return: the ftrace location, 0 if ftrace does not know the function.
 */
unsigned long klp_redirect_location(unsigned long addr)
{
	return ftrace_location(addr);
}

/**
 * klp_redirect_key - what a call into ftrace is found by in the table
 * @ip: its ftrace location
 *
 * Return: the key of its entry.
 */
unsigned long klp_redirect_key(unsigned long ip)
{
	return klp_key(ip);
}

/**
 * klp_redirect_add - make functions call the handler
 * @ips: their ftrace locations
 * @nr: how many, at least one
 * @registering: on error, whether it was registering that failed, as it does if
 *	others use a function, and not setting the filter
 *
 * One pass of ftrace over its records, all or nothing.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or the error of ftrace.
 */
int klp_redirect_add(unsigned long *ips, unsigned int nr, bool *registering)
{
	int ret;

	lockdep_assert_held(&klp_mutex);

	klp_count(KLP_COUNT_FTRACE_UPDATES);
	if (klp_ftrace_registered) {
		ret = ftrace_set_filter_ips(&klp_ftrace_ops, ips, nr, 0, 0);
		/* It is registration that fails if others use the function. */
		*registering = ret == -EBUSY;
		return ret;
	}

	*registering = false;
	ret = ftrace_set_filter_ips(&klp_ftrace_ops, ips, nr, 0, 1);
	if (ret)
		return ret;
	*registering = true;
	ret = register_ftrace_function(&klp_ftrace_ops);
	if (!ret)
		klp_ftrace_registered = true;
	return ret;
}

/**
 * klp_redirect_del - make functions no longer call the handler
 * @ips: their ftrace locations
 * @nr: how many
 * @last: nothing stays: an empty filter would mean every function, so the ops
 *	has to go. @ips does not matter then
 *
 * One pass of ftrace over its records, all or nothing.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or the error of ftrace.
 */
int klp_redirect_del(unsigned long *ips, unsigned int nr, bool last)
{
	int ret;

	lockdep_assert_held(&klp_mutex);

	klp_count(KLP_COUNT_FTRACE_UPDATES);
	if (!last)
		return ftrace_set_filter_ips(&klp_ftrace_ops, ips, nr, 1, 0);

	/*
	 * The filter stays as it is until the next klp_redirect_add() replaces
	 * it: ftrace_free_filter() would leave a dangling pointer to it.
	 */
	ret = unregister_ftrace_function(&klp_ftrace_ops);
	if (!ret)
		klp_ftrace_registered = false;
	return ret;
}

/**
 * klp_redirect_blame - find out because of which function ftrace has refused
 * @ips: what klp_redirect_add() was called with
 * @nr: how many
 * @error: what it returned; replaced by the error for the culprit alone
 * @registering: likewise
 *
 * ftrace does not say. The shortest beginning of @ips that it refuses ends with
 * the culprit.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: the culprit's index in @ips.
 */
unsigned int klp_redirect_blame(unsigned long *ips, unsigned int nr,
				int *error, bool *registering)
{
	bool others = klp_ftrace_registered;
	unsigned int good = 0, bad = nr;

	while (bad - good > 1) {
		unsigned int half = good + (bad - good) / 2;
		bool step;
		int ret;

		ret = klp_redirect_add(ips, half, &step);
		if (ret) {
			bad = half;
			*error = ret;
			*registering = step;
			continue;
		}
		/* If it cannot go on, blame what is certain. */
		if (klp_redirect_del(ips, half, !others))
			break;
		good = half;
	}
	return bad - 1;
}

/**
 * klp_redirect_active - does ftrace call the handler for anything?
 *
 * Context: klp_mutex held.
 * Return: true if it does.
 */
bool klp_redirect_active(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_ftrace_registered;
}

static void klp_table_release(struct klp_retiree *retiree)
{
	klp_table_free(container_of(retiree, struct klp_table, retiree));
}

/**
 * klp_redirect_publish - make a table the one that is read
 * @table: the table, or NULL for none
 *
 * The old one is left to tasks that have already found it, and retired.
 *
 * Context: Process; klp_mutex held.
 */
void klp_redirect_publish(struct klp_table *table)
{
	struct klp_table *old;

	old = rcu_replace_pointer(klp_table, table,
				  lockdep_is_held(&klp_mutex));
	if (old)
		klp_retire(&old->retiree, klp_table_release);
}
