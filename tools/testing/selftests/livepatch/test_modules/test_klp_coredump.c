// SPDX-License-Identifier: GPL-2.0
/*
 * A patch of the function that dumps core. Its replacement does nothing.
 */
#include <linux/coredump.h>

#include "test_klp.h"

static void new_do_coredump(const kernel_siginfo_t *siginfo)
{
}

static struct klp_func funcs[] = {
	{ .old_name = "do_coredump", .new_func = new_do_coredump },
	{ }
};

TEST_KLP_VMLINUX(funcs);
