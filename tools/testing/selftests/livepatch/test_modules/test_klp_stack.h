/* SPDX-License-Identifier: GPL-2.0 */
/* One of several patches of one function, which prints TEST_KLP_STACK */
#include <linux/seq_file.h>

#include "test_klp.h"

#ifndef TEST_KLP_SYMPOS
#define TEST_KLP_SYMPOS 0
#endif

static int test_klp_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, TEST_KLP_STACK "\n");
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = test_klp_cmdline_proc_show,
		.old_sympos = TEST_KLP_SYMPOS,
	},
	{ }
};

TEST_KLP_VMLINUX(funcs);
