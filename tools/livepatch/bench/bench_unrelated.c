// SPDX-License-Identifier: GPL-2.0
/* livepatch benchmark: a module that is not patched */
#include <linux/module.h>

static int __init bench_unrelated_init(void)
{
	return 0;
}

static void __exit bench_unrelated_exit(void)
{
}

module_init(bench_unrelated_init);
module_exit(bench_unrelated_exit);
MODULE_DESCRIPTION("Livepatch benchmark: an unrelated module");
MODULE_LICENSE("GPL");
