// SPDX-License-Identifier: GPL-2.0
/* A patch of vmlinux and of test_klp_rich; parameters say what it was made for. */
#include <linux/kstrtox.h>
#include <linux/livepatch.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

static char *vmlinux_id;
static char *module_id;

/* What parameters say about a function */
struct test_klp_said {
	char *hash;
	unsigned int size;
	unsigned int masks[1024];
	unsigned int nr_masks;
	struct klp_identity identity;
};

static struct test_klp_said rich, outer, probe;

/* A function of vmlinux that must never be replaced */
static char *probe_name;

#define TEST_KLP_PREPARE test_klp_describe()
static void test_klp_describe(void);

#include "test_klp.h"

module_param(vmlinux_id, charp, 0);
module_param(module_id, charp, 0);
module_param(probe_name, charp, 0);

/* The masks are: offset, size, offset, size, … */
#define TEST_KLP_SAID(_said)						\
	module_param_named(_said##_hash, _said.hash, charp, 0);		\
	module_param_named(_said##_size, _said.size, uint, 0);		\
	module_param_array_named(_said##_masks, _said.masks, uint,	\
				 &_said.nr_masks, 0)

TEST_KLP_SAID(rich);
TEST_KLP_SAID(outer);
TEST_KLP_SAID(probe);

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

static struct klp_func vmlinux_funcs[] = {
	/* Left out without probe_name. The patch is refused for another function. */
	{ .new_func = test_klp_outer_new },
	{ .old_name = "klp_test_inner", .new_func = test_klp_inner_new },
	{ .old_name = "klp_test_outer", .new_func = test_klp_outer_new },
	{ }
};

static struct klp_func module_funcs[] = {
	{ .old_name = "klp_rich", .new_func = test_klp_rich_new },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = vmlinux_funcs + 1 },
	{ .name = "test_klp_rich", .funcs = module_funcs },
	{ }
};

static void test_klp_identify(struct klp_func *func, struct test_klp_said *said)
{
	if (!said->hash || kstrtoull(said->hash, 0, &said->identity.hash))
		return;
	said->identity.size = said->size;
	said->identity.masks = (struct klp_mask *)said->masks;
	said->identity.nr_masks = said->nr_masks / 2;
	func->identity = &said->identity;
}

static void test_klp_describe(void)
{
	objs[0].build_id = vmlinux_id;
	objs[1].build_id = module_id;
	test_klp_identify(&module_funcs[0], &rich);
	test_klp_identify(&vmlinux_funcs[2], &outer);
	if (!probe_name)
		return;
	vmlinux_funcs[0].old_name = probe_name;
	test_klp_identify(&vmlinux_funcs[0], &probe);
	objs[0].funcs = vmlinux_funcs;
}

TEST_KLP_PATCH(objs, NULL);
