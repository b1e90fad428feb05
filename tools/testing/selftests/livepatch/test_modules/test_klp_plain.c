// SPDX-License-Identifier: GPL-2.0
/* A patch in a module that is not marked as a patch */
#include <linux/livepatch.h>
#include <linux/module.h>

static int new_inner(void)
{
	return 0;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_inner", .new_func = new_inner },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = funcs },
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init test_klp_plain_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit test_klp_plain_exit(void)
{
}

module_init(test_klp_plain_init);
module_exit(test_klp_plain_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
