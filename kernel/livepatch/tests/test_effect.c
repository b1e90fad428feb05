// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: a function for the tests of what keeps calls from a replacement.
 *
 * In debugfs, livepatch_test/effect: reading calls klp_test_effect() and shows what the
 * caller gets.
 */
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/error-injection.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/seq_file.h>

#include "test_functions.h"

KLP_TEST_FUNC int klp_test_effect(void)
{
	/* Keep the compiler from knowing what callers get. */
	barrier_data(NULL);
	return 0;
}
EXPORT_SYMBOL_GPL(klp_test_effect);
/* Lets fmod_ret and kprobe programs of BPF, and fail_function, override the function */
ALLOW_ERROR_INJECTION(klp_test_effect, ERRNO);

static int effect_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d\n", klp_test_effect());
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(effect);

static int __init klp_test_effect_init(void)
{
	struct dentry *dir = debugfs_lookup("livepatch_test", NULL);

	debugfs_create_file("effect", 0444, dir, NULL, &effect_fops);
	dput(dir);
	return 0;
}

/* After test_functions.c, which makes the folder */
late_initcall_sync(klp_test_effect_init);
