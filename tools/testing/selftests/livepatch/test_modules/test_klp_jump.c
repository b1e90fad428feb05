// SPDX-License-Identifier: GPL-2.0
/*
 * Replaces two functions, the first of which ends with a jump to the second.
 * The second one, old or new, returns 1 if the first one is of the other
 * universe.
 */
#include <linux/delay.h>

#include "test_klp.h"

/* Built into the kernel: kernel/livepatch/tests/test_functions.c */
int klp_test_jump_inner(int universe);

static int new_inner(int universe)
{
	mdelay(1);
	return universe != 1;
}

static int new_outer(void)
{
	mdelay(4);
	return klp_test_jump_inner(1);
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_jump_inner", .new_func = new_inner },
	{ .old_name = "klp_test_jump_outer", .new_func = new_outer },
	{ }
};

TEST_KLP_VMLINUX(funcs);
