// SPDX-License-Identifier: GPL-2.0
/*
 * A direct caller of a function, as the trampolines of BPF are: it counts the
 * calls, and then returns to wherever its return address leads.
 */
#include <asm/asm-offsets.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

void test_klp_direct_trampoline(void);
void test_klp_direct_seen(void);

static unsigned int seen;
module_param(seen, uint, 0444);

__used void test_klp_direct_seen(void)
{
	seen++;
}

/* %rdi and %rsi hold the arguments of the function. */
asm("	.pushsection .text, \"ax\", @progbits\n"
	"	.type test_klp_direct_trampoline, @function\n"
	"	.globl test_klp_direct_trampoline\n"
	"test_klp_direct_trampoline:\n"
	ASM_ENDBR
	"	pushq %rbp\n"
	"	movq %rsp, %rbp\n"
	CALL_DEPTH_ACCOUNT
	"	pushq %rdi\n"
	"	pushq %rsi\n"
	"	call test_klp_direct_seen\n"
	"	popq %rsi\n"
	"	popq %rdi\n"
	"	leave\n"
	ASM_RET
	"	.size test_klp_direct_trampoline, .-test_klp_direct_trampoline\n"
	"	.popsection\n");

/* The direct caller can share a function with a user that redirects it. */
static int share(struct ftrace_ops *ops, enum ftrace_ops_cmd cmd)
{
	return 0;
}

static struct ftrace_ops ops = { .ops_func = share };

/* Registered only to find the address of the function. */
static struct kprobe probe = { .symbol_name = "cmdline_proc_show" };

static int __init test_klp_direct_init(void)
{
	unsigned long ip;
	int ret;

	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	ip = (unsigned long)probe.addr;
	unregister_kprobe(&probe);

	ret = ftrace_set_filter_ip(&ops, ip, 0, 0);
	return ret ?: register_ftrace_direct(&ops,
				(unsigned long)test_klp_direct_trampoline);
}

static void __exit test_klp_direct_exit(void)
{
	unregister_ftrace_direct(&ops,
				 (unsigned long)test_klp_direct_trampoline,
				 true);
}

module_init(test_klp_direct_init);
module_exit(test_klp_direct_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
