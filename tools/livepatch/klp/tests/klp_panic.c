// SPDX-License-Identifier: GPL-2.0
/* A patch that makes the machine panic, for tests of what klp does at the next boot */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/panic.h>

static int klp_panic(struct klp_object *obj)
{
	panic("test: a patch that panics");
}

static struct klp_func funcs[] = { { } };
static struct klp_object objs[] = {
	{ .funcs = funcs, .callbacks = { .pre_patch = klp_panic } },
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

static int __init klp_panic_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit klp_panic_exit(void)
{
}

module_init(klp_panic_init);
module_exit(klp_panic_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Panics");
MODULE_INFO(livepatch, "Y");
