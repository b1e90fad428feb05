// SPDX-License-Identifier: GPL-2.0
/* A patch of the functions that tell consistency models apart: see test_models.c. */
#include <linux/delay.h>

#include "test_klp.h"

/* Built into the kernel: kernel/livepatch/tests/test_models.c */
int klp_test_value(void);
int klp_test_handover(void);

static int new_value(void)
{
	return 1;
}

static int new_slow(void)
{
	int before = klp_test_value();

	usleep_range(300, 400);
	return klp_test_value() != before;
}

static int new_hand(void)
{
	usleep_range(300, 400);
	return klp_test_handover();
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_value", .new_func = new_value },
	{ .old_name = "klp_test_slow", .new_func = new_slow },
	{ .old_name = "klp_test_hand", .new_func = new_hand },
	{ }
};

TEST_KLP_VMLINUX(funcs);
