// SPDX-License-Identifier: GPL-2.0
/*
 * Two replacements without symbols of their own: the script "relocate" makes
 * stripped.ko of this, without the symbols that no relocation needs.
 *
 * The sleeper's replacement sleeps in its out-of-line part.
 */
#include <linux/seq_file.h>

#include "test_klp.h"

/* Global, so that their symbols stay */
int test_klp_stripped_helper(struct seq_file *m);
void test_klp_stripped_rare(void);

noinline int test_klp_stripped_helper(struct seq_file *m)
{
	seq_puts(m, "stripped\n");
	return 0;
}

/* Cold, so that paths which call this count as unlikely */
noinline TEST_KLP_COLD void test_klp_stripped_rare(void)
{
	barrier_data(NULL);
}

static int test_klp_cmdline_proc_show(struct seq_file *m, void *v)
{
	int ret = test_klp_stripped_helper(m);

	/* Not a tail call */
	barrier_data(&ret);
	return ret;
}

static int test_klp_sleeper(bool kthread)
{
	if (kthread)
		return 0;

	test_klp_stripped_rare();
	return TEST_KLP_SLEEP(signal_pending(current),
			      test_klp_stripped_rare());
}

static struct klp_func funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = test_klp_cmdline_proc_show,
	},
	{ .old_name = "klp_test_sleeper", .new_func = test_klp_sleeper },
	{ }
};

TEST_KLP_VMLINUX(funcs);
