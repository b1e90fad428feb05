// SPDX-License-Identifier: GPL-2.0
/*
 * A module that is marked as a patch, and that needs nothing of live patching.
 * For a kernel without live patching: see scripts/without.
 */
#include <linux/module.h>

static int __init test_klp_idle_init(void)
{
	return 0;
}

static void __exit test_klp_idle_exit(void)
{
}

module_init(test_klp_idle_init);
module_exit(test_klp_idle_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
#ifndef NO_PATCH
MODULE_INFO(livepatch, "Y");
#endif
