/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TEST_KLP_BUSY_H
#define _TEST_KLP_BUSY_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/moduleparam.h>
#include <linux/sched/clock.h>
#include <linux/sysfs.h>
#include <linux/time64.h>
#include <linux/types.h>

/*
 * Keep the CPU busy for so many milliseconds. Not mdelay(): its instructions are
 * the dearest of all to emulate.
 */
static __always_inline void klp_busy_for(unsigned int ms)
{
	u64 end = local_clock() + ms * NSEC_PER_MSEC;
	unsigned int i;

	while (local_clock() < end)
		for (i = 0; i < 5000; i++)
			barrier();
}

/* A parameter that is read while a task counts */
static int klp_busy_count_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops klp_busy_count_ops = {
	.get = klp_busy_count_get,
};

#define KLP_BUSY_COUNT(_name)						\
	static atomic_t _name;						\
	module_param_cb(_name, &klp_busy_count_ops, &_name, 0444)

#endif /* _TEST_KLP_BUSY_H */
