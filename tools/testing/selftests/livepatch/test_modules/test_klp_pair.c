// SPDX-License-Identifier: GPL-2.0
/* Two functions that belong together: outer returns 1 for any other inner. */
#include "test_klp.h"

static noinline int test_klp_inner(void)
{
	barrier_data(NULL);
	return 1;
}

static noinline int test_klp_outer(void)
{
	return klp_test_inner() != 1;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_outer", .new_func = test_klp_outer },
	{ .old_name = "klp_test_inner", .new_func = test_klp_inner },
	{ }
};

TEST_KLP_VMLINUX(funcs);
