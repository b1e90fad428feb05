// SPDX-License-Identifier: GPL-2.0
/*
 * A second module for the tests of the patch builder: one that uses a function of
 * the first one, and has a function of the same name as one there.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "build_target.h"

static BT_FUNC int bt_twin(void)
{
	barrier_data(NULL);
	return 500;
}

static int twin_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", bt_twin());
}

static const struct kernel_param_ops twin_ops = { .get = twin_get };
module_param_cb(twin, &twin_ops, NULL, 0444);

static BT_FUNC int bt_second_uses(int x)
{
	return bt_exported(x) + 600;
}

static int uses_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", bt_second_uses(7));
}

static const struct kernel_param_ops uses_ops = { .get = uses_get };
module_param_cb(uses, &uses_ops, NULL, 0444);

static int __init test_klp_build_second_init(void)
{
	return 0;
}

static void __exit test_klp_build_second_exit(void)
{
}

module_init(test_klp_build_second_init);
module_exit(test_klp_build_second_exit);
MODULE_DESCRIPTION("Livepatch selftest: a second module for the patch builder");
MODULE_LICENSE("GPL");
