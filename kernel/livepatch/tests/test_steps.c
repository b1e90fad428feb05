// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: step through a call of a patched function.
 *
 * Reading livepatch_test/steps in debugfs calls klp_test_inner() instruction by
 * instruction. At each instruction between the function's call into ftrace and
 * the code that is chosen, the stack is unwound as if the task had been
 * preempted there. The file shows the number of these instructions; how many
 * are in the architecture's trampoline; at how many the stack was unreliable,
 * which is safe; and how many were bad: the stack was called reliable, but did
 * not show where the task was, its caller, and either where the call into
 * ftrace came from or the code that was chosen (invariant 2).
 */
#include <linux/debugfs.h>
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kallsyms.h>
#include <linux/kdebug.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/stacktrace.h>

#include <asm/debugreg.h>
#include <asm/processor-flags.h>

#include "test_functions.h"

#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
#include <asm/livepatch.h>
#endif

/**
 * struct klp_steps - a call, step by step
 * @task:	The task that makes the call.
 * @caller:	Start and end of the function that makes the call.
 * @function:	Start of the function that is called.
 * @key:	Return address of the call into ftrace.
 * @started:	The call into ftrace has been made.
 * @arrived:	The code that was chosen has been reached.
 * @nr:		Number of instructions in between.
 * @nr_tramp:	Number of those in the architecture's trampoline.
 * @nr_unreliable: Number of those with an unreliable stack.
 * @nr_bad:	Number of those with a wrong stack.
 * @bad:	The last instruction with an unreliable or a wrong stack.
 */
struct klp_steps {
	struct task_struct	*task;
	unsigned long		caller[2];
	unsigned long		function;
	unsigned long		key;
	bool			started;
	bool			arrived;
	unsigned int		nr;
	unsigned int		nr_tramp;
	unsigned int		nr_unreliable;
	unsigned int		nr_bad;
	unsigned long		bad;
};

static struct klp_steps klp_steps;
static DEFINE_MUTEX(klp_steps_lock);

/* What a stack must show, and what it has shown */
struct klp_steps_stack {
	unsigned long	ip;
	bool		seen_ip;
	bool		seen_way;
	bool		seen_caller;
};

static bool klp_steps_frame(void *cookie, unsigned long addr)
{
	struct klp_steps_stack *stack = cookie;

	if (addr == stack->ip)
		stack->seen_ip = true;
	if (addr == klp_steps.key || is_module_text_address(addr))
		stack->seen_way = true;
	if (addr >= klp_steps.caller[0] && addr < klp_steps.caller[1])
		stack->seen_caller = true;
	return true;
}

static void klp_steps_unwind(unsigned long ip)
{
	struct klp_steps_stack stack = { .ip = ip };

	if (arch_stack_walk_reliable(klp_steps_frame, &stack, current))
		klp_steps.nr_unreliable++;
	else if (!stack.seen_ip || !stack.seen_way || !stack.seen_caller)
		klp_steps.nr_bad++;
	else
		return;
	klp_steps.bad = ip;
}

static bool klp_steps_in_trampoline(unsigned long ip)
{
#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
	return ip >= (unsigned long)klp_trampoline &&
	       ip < (unsigned long)klp_trampoline_end;
#else
	return false;
#endif
}

/* Look at the stack before the instruction at @ip is executed. */
static void klp_step(unsigned long ip)
{
	struct klp_steps *s = &klp_steps;

	if (s->arrived)
		return;
	if (!s->started) {
		/*
		 * Up to the call, the task is in the caller or in the function.
		 * The call may go through the padding, to count its depth.
		 */
		s->started = ip == s->key ||
			     ((ip < s->caller[0] || ip >= s->caller[1]) &&
			      (ip < s->function - CONFIG_FUNCTION_PADDING_BYTES ||
			       ip >= s->key));
		if (!s->started)
			return;
	}
	if (ip == s->key || is_module_text_address(ip)) {
		s->arrived = true;
		return;
	}

	s->nr++;
	s->nr_tramp += klp_steps_in_trampoline(ip);
	klp_steps_unwind(ip);
}

static int klp_steps_notify(struct notifier_block *nb, unsigned long val,
			    void *data)
{
	struct die_args *args = data;
	unsigned long *dr6;

	if (val != DIE_DEBUG || user_mode(args->regs) ||
	    current != READ_ONCE(klp_steps.task))
		return NOTIFY_DONE;
	dr6 = (unsigned long *)ERR_PTR(args->err);
	if (!(*dr6 & DR_STEP))
		return NOTIFY_DONE;

	klp_step(args->regs->ip);
	*dr6 &= ~DR_STEP;
	return NOTIFY_STOP;
}

static struct notifier_block klp_steps_nb = {
	.notifier_call = klp_steps_notify,
	/* First: other notifiers would take the debug exception for theirs. */
	.priority = INT_MAX,
};

static noinline int klp_steps_call(void)
{
	unsigned long flags;
	int ret;

	/* Step through this task only, without interrupts in between. */
	local_irq_save(flags);
	asm volatile("pushfq\n\t"
		     "orq %0, (%%rsp)\n\t"
		     "popfq" :: "i" (X86_EFLAGS_TF) : "memory", "cc");
	ret = klp_test_inner();
	asm volatile("pushfq\n\t"
		     "andq %0, (%%rsp)\n\t"
		     "popfq" :: "i" (~X86_EFLAGS_TF) : "memory", "cc");
	local_irq_restore(flags);
	return ret;
}

static int steps_show(struct seq_file *m, void *unused)
{
	unsigned long caller = (unsigned long)klp_steps_call;
	unsigned long size, offset;
	struct klp_steps *s = &klp_steps;
	int ret;

	if (!kallsyms_lookup_size_offset(caller, &size, &offset))
		return -ENOENT;

	mutex_lock(&klp_steps_lock);
	*s = (struct klp_steps) {
		.caller = { caller, caller + size },
		.function = (unsigned long)klp_test_inner,
		.key = ftrace_location((unsigned long)klp_test_inner) +
		       MCOUNT_INSN_SIZE,
	};
	WRITE_ONCE(s->task, current);
	ret = klp_steps_call();
	WRITE_ONCE(s->task, NULL);

	seq_printf(m, "returned %d\ninstructions %u\ntrampoline %u\n", ret,
		   s->nr, s->nr_tramp);
	seq_printf(m, "unreliable %u\nbad %u\n", s->nr_unreliable, s->nr_bad);
	if (s->bad)
		seq_printf(m, "last %pS\n", (void *)s->bad);
	mutex_unlock(&klp_steps_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(steps);

static int __init klp_steps_init(void)
{
	int ret = register_die_notifier(&klp_steps_nb);

	if (ret)
		return ret;
	debugfs_create_file("steps", 0400,
			    debugfs_lookup("livepatch_test", NULL), NULL,
			    &steps_fops);
	return 0;
}
late_initcall(klp_steps_init);
