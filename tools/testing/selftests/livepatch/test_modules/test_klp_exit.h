/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A patch of do_exit(), and of what it calls when the task has been unhashed.
 *
 * Both new functions call the original past the call of ftrace, which is where
 * it is redirected. So whoever dies is in this module from its first step to
 * its last, and some of them sleep in it when nobody can find them any more.
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

/* So long, in milliseconds, every so many-th task stays among the undead. */
static uint linger;
module_param(linger, uint, 0444);
static uint every = 1;
module_param(every, uint, 0444);

static atomic_t dying;

/* How many do now, and how many have been there that nobody could have found */
TEST_KLP_COUNT(lingering);
TEST_KLP_COUNT(unhashed);

/* What is called directly cannot be refused as a target, as with CET. */
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
	/* Not a fork that has failed */
	if (task == current && linger && atomic_inc_return(&dying) % every == 0)
		test_klp_linger();
	static_call(test_klp_account)(task);
	/* Come back here: whoever has slept for too long does not get there. */
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

/* The original's first instruction that is its own; NULL if it is not known */
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

/* Before anybody is in the new functions */
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
