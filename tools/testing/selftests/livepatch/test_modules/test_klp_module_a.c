// SPDX-License-Identifier: GPL-2.0
/*
 * A patch of a module, and of a function of vmlinux that tasks sleep in, so
 * that they can block its transitions. Tasks sleep in the replacements, too.
 */
#include "test_klp_sleep.h"

static int new_test_sleep(bool kthread)
{
	return test_klp_sleep_interruptible();
}

static int new_target_sleep(void)
{
	return test_klp_sleep_interruptible();
}

static int new_value(void)
{
	return 11;
}

#define TEST_KLP_FUNCS \
	{ .old_name = "klp_test_sleeper", .new_func = new_test_sleep }
#define TEST_KLP_TARGET_FUNCS \
	{ .old_name = "klp_target_value", .new_func = new_value }, \
	{ \
		.old_name = "klp_target_sleeper", \
		.new_func = new_target_sleep, \
	}
#include "test_klp_callbacks.h"
