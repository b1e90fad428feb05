/* SPDX-License-Identifier: GPL-2.0 */
/* What the test patches have in common. */
#ifndef _TEST_KLP_H
#define _TEST_KLP_H

#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "test_klp_sleep.h"

/* Built into the kernel: kernel/livepatch/tests/test_functions.c */
int klp_test_inner(void);

/*
 * Let this allocation of klp_enable_patch(), counted from 1, fail. If the
 * number is not 0 afterwards, there were not so many allocations.
 */
static unsigned int fail_nth;
module_param(fail_nth, uint, 0644);

static inline int test_klp_enable(struct klp_patch *patch)
{
	int ret;

#ifdef CONFIG_FAULT_INJECTION
	current->fail_nth = fail_nth;
#endif
	ret = klp_enable_patch(patch);
#ifdef CONFIG_FAULT_INJECTION
	fail_nth = current->fail_nth;
	current->fail_nth = 0;
#endif
	return ret;
}

/* The patch, once the module has been loaded */
static struct klp_patch *test_klp_loaded;

/* The patch's consistency: an enum klp_consistency */
static unsigned int consistency;
module_param(consistency, uint, 0644);

/* Writing to "enable" enables the patch again, without loading it again. */
static int test_klp_again(const char *val, const struct kernel_param *kp)
{
	if (!test_klp_loaded)
		return -EAGAIN;
	test_klp_loaded->consistency = consistency;
	return test_klp_enable(test_klp_loaded);
}

static const struct kernel_param_ops test_klp_again_ops = {
	.set = test_klp_again,
};

module_param_cb(enable, &test_klp_again_ops, NULL, 0200);

/* Loading the module does not enable the patch yet. */
static bool later;
module_param(later, bool, 0444);

/* The patch replaces all others. */
static bool replace;
module_param(replace, bool, 0444);

/* The patch is immediate. */
static bool immediate;
module_param(immediate, bool, 0444);

/* A patch of functions of vmlinux and nothing else */
#define TEST_KLP_VMLINUX(_funcs)					\
	static struct klp_object test_klp_objs[] = {			\
		{ .funcs = _funcs },					\
		{ }							\
	};								\
	TEST_KLP_PATCH(test_klp_objs, NULL)

/*
 * A patch of any objects, with TEST_KLP_PREPARE before it is enabled, and
 * TEST_KLP_CLEANUP when the module is unloaded
 */
#ifndef TEST_KLP_PREPARE
#define TEST_KLP_PREPARE do { } while (0)
#endif
#ifndef TEST_KLP_CLEANUP
#define TEST_KLP_CLEANUP do { } while (0)
#endif
#define TEST_KLP_PATCH(_objs, _states)					\
	static struct klp_patch test_klp_patch = {			\
		.mod = THIS_MODULE,					\
		.objs = _objs,						\
		.states = _states,					\
	};								\
	static int __init test_klp_init(void)				\
	{								\
		TEST_KLP_PREPARE;					\
		test_klp_patch.replace = replace;			\
		test_klp_patch.consistency = consistency;		\
		test_klp_patch.immediate = immediate;			\
		test_klp_loaded = &test_klp_patch;			\
		return later ? 0 : test_klp_enable(&test_klp_patch);	\
	}								\
	static void __exit test_klp_exit(void)				\
	{								\
		TEST_KLP_CLEANUP;					\
	}								\
	module_init(test_klp_init);					\
	module_exit(test_klp_exit);					\
	MODULE_DESCRIPTION("Livepatch selftest");			\
	MODULE_LICENSE("GPL");						\
	MODULE_INFO(livepatch, "Y")

#endif /* _TEST_KLP_H */
