// SPDX-License-Identifier: GPL-2.0
/* All the generated functions, each returning 1 instead of 0 */
#include "test_klp.h"
#include "test_klp_many.h"

#define NEW(n)								\
	static noinline int test_klp_bulk_##n(void)			\
	{								\
		barrier_data(NULL);					\
		return 1;						\
	}
#define FUNC(n)								\
	{								\
		.old_name = "klp_test_bulk_" #n,			\
		.new_func = test_klp_bulk_##n,				\
	},

FIVE_HUNDRED(NEW)

static struct klp_func funcs[] = {
	FIVE_HUNDRED(FUNC)
	{ }
};

TEST_KLP_VMLINUX(funcs);
