// SPDX-License-Identifier: GPL-2.0
/*
 * Deliberately broken consistency: the inner function is replaced without the
 * outer one, as if it had been switched alone. klp_hammer must notice that.
 */
#include "test_klp.h"

static noinline int test_klp_inner(void)
{
	barrier_data(NULL);
	return 1;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_inner", .new_func = test_klp_inner },
	{ }
};

TEST_KLP_VMLINUX(funcs);
