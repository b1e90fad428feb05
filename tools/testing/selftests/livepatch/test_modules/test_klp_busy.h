/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TEST_KLP_BUSY_H
#define _TEST_KLP_BUSY_H

#include <linux/compiler.h>
#include <linux/sched/clock.h>
#include <linux/time64.h>
#include <linux/types.h>

/*
 * Keep the CPU busy for so many milliseconds. Not mdelay(): no instructions
 * take longer to emulate than its own.
 */
static __always_inline void klp_busy_for(unsigned int ms)
{
	u64 end = local_clock() + ms * NSEC_PER_MSEC;
	unsigned int i;

	while (local_clock() < end)
		for (i = 0; i < 5000; i++)
			barrier();
}

#endif /* _TEST_KLP_BUSY_H */
