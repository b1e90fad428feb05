/* SPDX-License-Identifier: GPL-2.0 */
/*
 * livepatch-post-patch.h - what the patches of livepatch-post.c have in common
 *
 * Include this once, at the end, below "funcs" and a definition of
 * POST_CONSISTENCY, the consistency model that the patch needs.
 */
#include <linux/livepatch.h>
#include <linux/module.h>

static struct klp_object objs[] = {
	{
		.name = "livepatch_post",
		.funcs = funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.consistency = POST_CONSISTENCY,
};

static int __init post_patch_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit post_patch_exit(void)
{
}

module_init(post_patch_init);
module_exit(post_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
