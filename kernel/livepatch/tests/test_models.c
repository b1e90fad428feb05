// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what tells consistency models apart, in debugfs livepatch_test/.
 * Reading a file calls klp_test_value(), klp_test_slow() and klp_test_hand(), which
 * test_klp_model replaces, and shows how often results did not fit together:
 *
 *   slow	the function calls another patched one, sleeps, and calls it again
 *   twice	the system call calls a patched function, sleeps outside of patched
 *		functions, and calls it again
 *   handover	tasks that read the file hand a value to each other. Counts how often
 *		the value has changed: once for each transition if all tasks switch
 *		together.
 */
#include <linux/compiler.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "test_functions.h"

#define ROUNDS	10

static DEFINE_MUTEX(klp_test_handover_lock);
static int klp_test_handover_value;

/* The replacement returns 1. */
KLP_TEST_FUNC int klp_test_value(void)
{
	barrier_data(NULL);
	return 0;
}
EXPORT_SYMBOL_GPL(klp_test_value);

/* Return: 1 if the two values differ. */
KLP_TEST_FUNC int klp_test_slow(void)
{
	int before = klp_test_value();

	usleep_range(300, 400);
	return klp_test_value() != before;
}

/**
 * klp_test_handover - replace the value that another task has left
 *
 * Return: 1 if the values differ.
 */
int klp_test_handover(void)
{
	int value, changed;

	mutex_lock(&klp_test_handover_lock);
	value = klp_test_value();
	changed = value != klp_test_handover_value;
	klp_test_handover_value = value;
	mutex_unlock(&klp_test_handover_lock);
	return changed;
}
EXPORT_SYMBOL_GPL(klp_test_handover);

/* While a task sleeps here, tasks elsewhere may switch before it does. */
KLP_TEST_FUNC int klp_test_hand(void)
{
	usleep_range(300, 400);
	return klp_test_handover();
}

static int slow_show(struct seq_file *m, void *unused)
{
	int i, bad = 0;

	for (i = 0; i < ROUNDS; i++) {
		bad += klp_test_slow();
		usleep_range(1000, 1500);
	}
	seq_printf(m, "%d\n", bad);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(slow);

static int twice_show(struct seq_file *m, void *unused)
{
	int before = klp_test_value();

	usleep_range(3000, 5000);
	seq_printf(m, "%d\n", klp_test_value() != before);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(twice);

static int handover_show(struct seq_file *m, void *unused)
{
	int i, changes = 0;

	for (i = 0; i < ROUNDS; i++) {
		changes += klp_test_hand();
		usleep_range(500, 1000);
		changes += klp_test_handover();
		usleep_range(500, 1000);
	}
	seq_printf(m, "%d\n", changes);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(handover);

static int __init klp_test_models_init(void)
{
	struct dentry *dir = debugfs_lookup("livepatch_test", NULL);

	debugfs_create_file("slow", 0444, dir, NULL, &slow_fops);
	debugfs_create_file("twice", 0444, dir, NULL, &twice_fops);
	debugfs_create_file("handover", 0444, dir, NULL, &handover_fops);
	dput(dir);
	return 0;
}
late_initcall(klp_test_models_init);
