/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A patch of do_exit(), and of a function that do_exit() calls when the task
 * has been unhashed.
 *
 * Both replacements call the original behind its call into ftrace, which is
 * where it is redirected. So a task that dies is in this module from its first
 * step to its last, and some tasks sleep in this module after they have been
 * unhashed.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/panic.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/static_call.h>

#include "test_klp.h"
#include "test_klp_count.h"

/* Each "every"-th dying task sleeps for "linger" milliseconds. */
static uint linger;
module_param(linger, uint, 0444);
static uint every = 1;
module_param(every, uint, 0444);

static atomic_t dying;

/* How many tasks sleep now, and how many were unhashed when they had slept */
TEST_KLP_COUNT(lingering);
TEST_KLP_COUNT(unhashed);

/* Static calls are direct: CET could refuse the target of an indirect call. */
static void do_exit_body(long code)
{
}

static void exit_task_stack_account_body(struct task_struct *task)
{
}

DEFINE_STATIC_CALL(test_klp_do_exit, do_exit_body);
DEFINE_STATIC_CALL(test_klp_account, exit_task_stack_account_body);

static void test_klp_do_exit(long code)
{
	static_call(test_klp_do_exit)(code);
	/* And so the call above is no tail call. */
	panic("do_exit() has returned\n");
}

static void test_klp_linger(void)
{
	atomic_inc(&lingering);
	msleep(linger);
	if (!pid_alive(current))
		atomic_inc(&unhashed);
	atomic_dec(&lingering);
}

static void test_klp_exit_task_stack_account(struct task_struct *task)
{
	/* Not a task that a failed fork frees */
	if (task == current && linger && atomic_inc_return(&dying) % every == 0)
		test_klp_linger();
	static_call(test_klp_account)(task);
	/* No tail call: this crashes if the module has been freed. */
	barrier();
}

static struct klp_func funcs[] = {
	{ .old_name = "do_exit", .new_func = test_klp_do_exit },
	{
		.old_name = "exit_task_stack_account",
		.new_func = test_klp_exit_task_stack_account,
	},
	{ }
};

/* Return: the instruction behind the call into ftrace; NULL if not known */
static void *past_ftrace(const char *name)
{
	struct kprobe probe = {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	void *call;

	if (register_kprobe(&probe))
		return NULL;
	call = probe.addr;
	unregister_kprobe(&probe);
	return call + MCOUNT_INSN_SIZE;
}

/* Before any task can be in the replacements */
static int prepare(void)
{
	void *exit = past_ftrace("do_exit");
	void *account = past_ftrace("exit_task_stack_account");

	if (!exit || !account)
		return -ENOENT;
	static_call_update(test_klp_do_exit, exit);
	static_call_update(test_klp_account, account);
	return 0;
}

#undef TEST_KLP_PREPARE
#define TEST_KLP_PREPARE do {						\
		int ret = prepare();					\
		if (ret)						\
			return ret;					\
	} while (0)
TEST_KLP_VMLINUX(funcs);
