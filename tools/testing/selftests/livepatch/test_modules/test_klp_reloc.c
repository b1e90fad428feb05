// SPDX-License-Identifier: GPL-2.0
/*
 * A patch that uses what is not exported, of vmlinux and of test_klp_target.
 *
 * References to the symbols below are weak, so that it can be built. The script
 * "relocate" turns them into livepatch relocations, right ones and wrong ones.
 *
 * Parameters, besides those in test_klp.h:
 *
 *   pointee	shows the address of klp_target_pointee, 0 without relocation;
 *		writing replaces it by the address of a variable of this patch
 *   seen	shows klp_target_hidden, which code reaches through a relocation
 *   refuse	pre_patch of test_klp_target refuses with this errno
 */
#include <linux/jump_label.h>
#include <linux/printk.h>
#include <linux/seq_file.h>

#include "test_klp.h"

/* kernel/livepatch/tests/test_functions.c */
extern u32 klp_test_hidden, klp_test_twin_value;
extern struct static_key_false klp_test_hidden_key;
u32 klp_test_secret(void);
#pragma weak klp_test_hidden
#pragma weak klp_test_twin_value
#pragma weak klp_test_hidden_key
#pragma weak klp_test_secret

/* test_klp_target_main.c, test_klp_target_twin.c */
extern int klp_target_hidden;
int klp_target_secret(void);
int klp_target_twin(void);
#pragma weak klp_target_hidden
#pragma weak klp_target_secret
#pragma weak klp_target_twin

/*
 * Two entries of one relocation section. The second one is too narrow for an
 * address: only the relocation of a symbol that is 0 can be applied.
 */
asm("	.pushsection .data\n"
	"	.balign	8\n"
	"test_klp_pointee:\n"
	"	.quad	klp_target_pointee\n"
	"	.long	klp_test_narrow\n"
	"	.weak	klp_target_pointee, klp_test_narrow\n"
	"	.popsection\n");
extern ulong test_klp_pointee;

static int test_klp_own = 4;

static int pointee_set(const char *val, const struct kernel_param *kp)
{
	WRITE_ONCE(test_klp_pointee, (ulong)&test_klp_own);
	return 0;
}

static const struct kernel_param_ops pointee_ops = {
	.set = pointee_set,
	.get = param_get_ulong,
};

module_param_cb(pointee, &pointee_ops, &test_klp_pointee, 0644);

static int seen_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(klp_target_hidden));
}

static const struct kernel_param_ops seen_ops = {
	.get = seen_get,
};

module_param_cb(seen, &seen_ops, NULL, 0444);

static int refuse;
module_param(refuse, int, 0644);

static int test_klp_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_printf(m, "hidden %u secret %u twin %u key %s\n", klp_test_hidden,
		   klp_test_secret(), klp_test_twin_value,
		   static_branch_unlikely(&klp_test_hidden_key) ? "on" : "off");
	return 0;
}

/* klp_target_hidden, and one decimal digit of each of the others */
static int test_klp_target_value(void)
{
	int *pointee = (int *)READ_ONCE(test_klp_pointee);

	return klp_target_hidden * 1000 + *pointee * 100 +
	       klp_target_secret() * 10 + klp_target_twin();
}

/* Callbacks may use what is relocated. */
static void say(const char *callback)
{
	int *pointee = (int *)READ_ONCE(test_klp_pointee);

	pr_info("test: %s: %s finds %d\n", KBUILD_MODNAME, callback,
		pointee ? *pointee : 0);
}

static int pre_patch(struct klp_object *obj)
{
	say("pre_patch");
	return refuse;
}

static void post_patch(struct klp_object *obj)
{
	say("post_patch");
}

static void pre_unpatch(struct klp_object *obj)
{
	say("pre_unpatch");
}

static void post_unpatch(struct klp_object *obj)
{
	say("post_unpatch");
}

static struct klp_func vmlinux_funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = test_klp_cmdline_proc_show,
	},
	{ }
};

static struct klp_func target_funcs[] = {
	{
		.old_name = "klp_target_value",
		.new_func = test_klp_target_value,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = vmlinux_funcs,
	},
	{
		.name = "test_klp_target",
		.funcs = target_funcs,
		.callbacks = {
			.pre_patch = pre_patch,
			.post_patch = post_patch,
			.pre_unpatch = pre_unpatch,
			.post_unpatch = post_unpatch,
		},
	},
	{ }
};

TEST_KLP_PATCH(objs, NULL);
