// SPDX-License-Identifier: GPL-2.0
/*
 * A module to be patched, not a patch itself.
 *
 * Parameters:
 *
 *   value	shows what klp_target_value() returns: 1 unpatched
 *   twins	shows what the two functions klp_target_twin() return: "8 2"
 *   hidden	shows and sets the static variable klp_target_hidden
 *   async	writing starts an asynchronous function that waits until something
 *		is written to livepatch_test/sleep, and then logs what
 *		klp_target_value() returns to it
 *   fail_init	loading fails with -ENODEV, in the module's init function
 *   unfail	loading with this parameter cancels an allocation failure
 *		that the task is still to have (see test_klp_callbacks.h); shows
 *		0 if the failure had happened already
 *
 * In debugfs, test_klp_target/:
 *
 *   sleep	reading sleeps in klp_target_sleeper() until there is a signal,
 *		or something is written to livepatch_test/sleep; the module
 *		cannot be unloaded while the file is open
 */
#include <linux/async.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "test_klp_sleep.h"
#include "test_klp_target.h"

/* No two functions here may be alike, or the compiler merges them. */

static bool fail_init;
module_param(fail_init, bool, 0444);

/* Static, so that a patch module needs relocations to reach them */
static int klp_target_hidden = 7;
module_param_named(hidden, klp_target_hidden, int, 0644);

static int klp_target_pointee __used = 4;

static KLP_TARGET_FUNC int __used klp_target_secret(void)
{
	barrier_data(NULL);
	return 3;
}

/* One of two of that name; the other one is in test_klp_target_twin.c. */
static KLP_TARGET_FUNC int klp_target_twin(void)
{
	barrier_data(NULL);
	return 8;
}

static KLP_TARGET_FUNC int klp_target_value(void)
{
	/* Keep the compiler from knowing what callers get. */
	barrier_data(NULL);
	return 1;
}

/* The same function by another name */
static __used __alias(klp_target_value) int klp_target_value_alias(void);

static int value_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", klp_target_value());
}

static const struct kernel_param_ops value_ops = {
	.get = value_get,
};

module_param_cb(value, &value_ops, NULL, 0444);

static unsigned int async_seen;

static void klp_target_async(void *unused, async_cookie_t cookie)
{
	wait_event(klp_test_wait, READ_ONCE(klp_test_let_go) != async_seen);
	pr_info("test: an asynchronous function sees %d\n", klp_target_value());
}

static int async_set(const char *val, const struct kernel_param *kp)
{
	async_seen = READ_ONCE(klp_test_let_go);
	async_schedule(klp_target_async, NULL);
	return 0;
}

static const struct kernel_param_ops async_ops = {
	.set = async_set,
};

module_param_cb(async, &async_ops, NULL, 0200);

static int twins_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d %d\n", klp_target_twin(),
			  klp_target_other_twin());
}

static const struct kernel_param_ops twins_ops = {
	.get = twins_get,
};

module_param_cb(twins, &twins_ops, NULL, 0444);

static KLP_TARGET_FUNC int klp_target_sleeper(void)
{
	TEST_KLP_LABEL("klp_target_sleeper");
	return test_klp_sleep_interruptible();
}

static unsigned int unfail;

/* Called after the module was patched, and before its init function */
static int unfail_set(const char *val, const struct kernel_param *kp)
{
#ifdef CONFIG_FAULT_INJECTION
	unfail = current->fail_nth;
	current->fail_nth = 0;
#endif
	return 0;
}

static const struct kernel_param_ops unfail_ops = {
	.set = unfail_set,
	.get = param_get_uint,
};

module_param_cb(unfail, &unfail_ops, &unfail, 0444);

static ssize_t sleep_read(struct file *file, char __user *buf, size_t count,
			  loff_t *ppos)
{
	return klp_target_sleeper();
}

static const struct file_operations sleep_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = sleep_read,
};

static struct dentry *dir;

static int __init test_klp_target_init(void)
{
	if (fail_init)
		return -ENODEV;
	dir = debugfs_create_dir("test_klp_target", NULL);
	debugfs_create_file("sleep", 0600, dir, NULL, &sleep_fops);
	return 0;
}

static void __exit test_klp_target_exit(void)
{
	debugfs_remove(dir);
}

module_init(test_klp_target_init);
module_exit(test_klp_target_exit);
MODULE_DESCRIPTION("Livepatch selftest: a module to be patched");
MODULE_LICENSE("GPL");
