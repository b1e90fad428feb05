/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TEST_KLP_COUNT_H
#define _TEST_KLP_COUNT_H

#include <linux/atomic.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

static int test_klp_count_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops test_klp_count_ops = {
	.get = test_klp_count_get,
};

/* A counter that a parameter shows while tasks change it */
#define TEST_KLP_COUNT(_name)						\
	static atomic_t _name;						\
	module_param_cb(_name, &test_klp_count_ops, &_name, 0444)

#endif /* _TEST_KLP_COUNT_H */
