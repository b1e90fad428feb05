// SPDX-License-Identifier: GPL-2.0
/*
 * A function that tasks sleep in, replaced by one that they sleep in too. Both
 * have a symbol in the middle that is no function, before they sleep.
 */
#include "test_klp.h"
#include "test_klp_target.h"

static int new_target_sleeper(void)
{
	TEST_KLP_LABEL("new_target_sleeper");
	return test_klp_sleep_interruptible();
}

static struct klp_func funcs[] = {
	{
		.old_name = "klp_target_sleeper",
		.new_func = new_target_sleeper,
	},
	{ }
};

static struct klp_object objs[] = {
	{ .name = "test_klp_target", .funcs = funcs },
	{ }
};

TEST_KLP_PATCH(objs, NULL);
