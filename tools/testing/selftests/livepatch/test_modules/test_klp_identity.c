// SPDX-License-Identifier: GPL-2.0
/* A patch of vmlinux and of test_klp_rich; parameters say what it was made for. */
#include <linux/kstrtox.h>
#include <linux/string.h>

static char *vmlinux_id;
static char *module_id;
static char *hash = "";
static unsigned int size;
static unsigned int masks[128];
static unsigned int nr_masks;

#define TEST_KLP_PREPARE test_klp_describe()
static void test_klp_describe(void);

#include "test_klp.h"

module_param(vmlinux_id, charp, 0);
module_param(module_id, charp, 0);
module_param(hash, charp, 0);
module_param(size, uint, 0);
/* Offset, size, offset, size, … */
module_param_array(masks, uint, &nr_masks, 0);

static int test_klp_inner_new(void)
{
	return 1;
}

static int test_klp_outer_new(void)
{
	return klp_test_inner() != 1;
}

static int test_klp_rich_new(int number)
{
	return number;
}

static struct klp_identity identity = {
	.masks = (struct klp_mask *)masks,
};

static struct klp_func vmlinux_funcs[] = {
	{ .old_name = "klp_test_inner", .new_func = test_klp_inner_new },
	{ .old_name = "klp_test_outer", .new_func = test_klp_outer_new },
	{ }
};

static struct klp_func module_funcs[] = {
	{ .old_name = "klp_rich", .new_func = test_klp_rich_new },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = vmlinux_funcs },
	{ .name = "test_klp_rich", .funcs = module_funcs },
	{ }
};

static void test_klp_describe(void)
{
	objs[0].build_id = vmlinux_id;
	objs[1].build_id = module_id;
	if (kstrtoull(hash, 0, &identity.hash))
		return;
	identity.size = size;
	identity.nr_masks = nr_masks / 2;
	module_funcs[0].identity = &identity;
}

TEST_KLP_PATCH(objs, NULL);
