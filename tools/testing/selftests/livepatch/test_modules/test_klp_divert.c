// SPDX-License-Identifier: GPL-2.0
/*
 * Sends calls of a function elsewhere, where they return 2. Nobody can tell that from
 * outside, unless the user says that it does such things.
 *
 * Parameters: kind: "kprobe", "post" for a kprobe that has a post handler, too, "ftrace"
 * or "fprobe"; symbol: the function; idle: leave the calls alone
 */
#include <linux/fprobe.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

static char *kind = "kprobe";
module_param(kind, charp, 0444);

static char *symbol = "klp_test_effect";
module_param(symbol, charp, 0444);

static bool idle;
module_param(idle, bool, 0644);

static noinline int test_klp_elsewhere(void)
{
	barrier_data(NULL);
	return 2;
}

static int test_klp_pre(struct kprobe *p, struct pt_regs *regs)
{
	if (idle)
		return 0;
	instruction_pointer_set(regs, (unsigned long)test_klp_elsewhere);
	return 1;
}

static void test_klp_post(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static void notrace test_klp_tracer(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	if (!idle)
		ftrace_regs_set_instruction_pointer(fregs, (unsigned long)test_klp_elsewhere);
}

static int test_klp_entry(struct fprobe *fp, unsigned long entry_ip, unsigned long ret_ip,
			  struct pt_regs *regs, void *entry_data)
{
	if (!idle)
		instruction_pointer_set(regs, (unsigned long)test_klp_elsewhere);
	return 0;
}

static struct kprobe probe = { .pre_handler = test_klp_pre };
static struct fprobe fprobe = { .entry_handler = test_klp_entry };
static struct ftrace_ops ops = {
	.func = test_klp_tracer,
	.flags = FTRACE_OPS_FL_SAVE_REGS,
};

static int __init test_klp_divert_init(void)
{
	int ret;

	if (!strcmp(kind, "fprobe"))
		return register_fprobe(&fprobe, symbol, NULL);
	if (!strcmp(kind, "ftrace")) {
		ret = ftrace_set_filter(&ops, symbol, strlen(symbol), 1);
		return ret ?: register_ftrace_function(&ops);
	}
	probe.symbol_name = symbol;
	if (!strcmp(kind, "post"))
		probe.post_handler = test_klp_post;
	return register_kprobe(&probe);
}

static void __exit test_klp_divert_exit(void)
{
	if (!strcmp(kind, "fprobe"))
		unregister_fprobe(&fprobe);
	else if (!strcmp(kind, "ftrace"))
		unregister_ftrace_function(&ops);
	else
		unregister_kprobe(&probe);
}

module_init(test_klp_divert_init);
module_exit(test_klp_divert_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
