// SPDX-License-Identifier: GPL-2.0
/*
 * A module to be patched: functions that the remains of weak functions follow.
 *
 * test_klp_weak_strong.c overrides the weak functions. Their code is still
 * here, with a call into ftrace of its own, but without a symbol: to kallsyms
 * it belongs to the function in front. Which of the two calls a binary search
 * of ftrace's records finds first depends on their places in the array. So
 * there are many such functions, at even and at odd places. (In vmlinux the
 * build drops such records.)
 *
 * The parameter "patched" shows how many of klp_front_0() to klp_front_9() are
 * patched by functions that return 1.
 */
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "test_klp_weak.h"

#define FRONT_FUNCTION(n)						\
	int klp_front_##n(void);					\
	noinline __noclone int klp_front_##n(void)			\
	{								\
		barrier_data(NULL);					\
		return 0;						\
	}								\
									\
	int __weak klp_weak_##n(void)					\
	{								\
		barrier_data(NULL);					\
		return n;						\
	}

/* A function without remains moves the following ones to other places. */
#define LONE_FUNCTION(n)						\
	int klp_lone_##n(void);						\
	noinline __noclone int klp_lone_##n(void)			\
	{								\
		barrier_data(NULL);					\
		return n;						\
	}

FRONT_FUNCTION(0)
FRONT_FUNCTION(1)
FRONT_FUNCTION(2)
LONE_FUNCTION(0)
FRONT_FUNCTION(3)
FRONT_FUNCTION(4)
FRONT_FUNCTION(5)
LONE_FUNCTION(1)
FRONT_FUNCTION(6)
FRONT_FUNCTION(7)
FRONT_FUNCTION(8)
FRONT_FUNCTION(9)

#define FRONT_CALL(n) sum += klp_front_##n();

static int patched_get(char *buf, const struct kernel_param *kp)
{
	int sum = 0;

	FRONTS(FRONT_CALL)
	return sysfs_emit(buf, "%d\n", sum);
}

static const struct kernel_param_ops patched_ops = {
	.get = patched_get,
};

module_param_cb(patched, &patched_ops, NULL, 0444);

static int __init test_klp_weak_init(void)
{
	return 0;
}

static void __exit test_klp_weak_exit(void)
{
}

module_init(test_klp_weak_init);
module_exit(test_klp_weak_exit);
MODULE_DESCRIPTION("Livepatch selftest: a module to be patched");
MODULE_LICENSE("GPL");
