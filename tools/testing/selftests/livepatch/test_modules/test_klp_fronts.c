// SPDX-License-Identifier: GPL-2.0
/* Patches the functions of test_klp_weak that remains of weak ones follow. */
#include "test_klp.h"
#include "test_klp_weak.h"

static int test_klp_front(void)
{
	return 1;
}

#define FRONT(n) { .old_name = "klp_front_" #n, .new_func = test_klp_front },

static struct klp_func funcs[] = {
	FRONTS(FRONT)
	{ }
};

static struct klp_object objs[] = {
	{ .name = "test_klp_weak", .funcs = funcs },
	{ }
};

TEST_KLP_PATCH(objs, NULL);
