// SPDX-License-Identifier: GPL-2.0
/* A kprobe with a post handler: ftrace treats it as an IPMODIFY user. */
#include <linux/kprobes.h>
#include <linux/module.h>

static void test_klp_post(struct kprobe *p, struct pt_regs *regs,
			  unsigned long flags)
{
}

static struct kprobe test_klp_kprobe = {
	.symbol_name = "klp_test_outer",
	.post_handler = test_klp_post,
};

static int __init test_klp_kprobe_init(void)
{
	return register_kprobe(&test_klp_kprobe);
}

static void __exit test_klp_kprobe_exit(void)
{
	unregister_kprobe(&test_klp_kprobe);
}

module_init(test_klp_kprobe_init);
module_exit(test_klp_kprobe_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
