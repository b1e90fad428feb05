// SPDX-License-Identifier: GPL-2.0
/* The second of several functions with the same name, chosen by position */
#include "test_klp.h"

static int test_klp_twin(void)
{
	return 2;
}

static struct klp_func funcs[] = {
	{
		.old_name = "klp_test_twin",
		.new_func = test_klp_twin,
		.old_sympos = 2,
	},
	{ }
};

TEST_KLP_VMLINUX(funcs);
