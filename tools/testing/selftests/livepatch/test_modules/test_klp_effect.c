// SPDX-License-Identifier: GPL-2.0
/* Replaces a function that returns 0 by one that returns 1, and that can be overridden. */
#include <linux/error-injection.h>

#include "test_klp.h"

static noinline int test_klp_effect_new(void)
{
	barrier_data(NULL);
	return 1;
}
ALLOW_ERROR_INJECTION(test_klp_effect_new, ERRNO);

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_effect", .new_func = test_klp_effect_new },
	{ }
};

TEST_KLP_VMLINUX(funcs);
