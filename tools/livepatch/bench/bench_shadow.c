// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch benchmark: shadow variables. Creates "nr" of them when it is
 * loaded. "hit" is the time of a lookup that finds a variable, "miss" that of
 * one that finds none, in hundredths of a nanosecond.
 */
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#define BENCH_ID	0x4b4c50
#define BENCH_GETS	1000

static unsigned int nr = 1;
module_param(nr, uint, 0444);
static unsigned long hit, miss;
module_param(hit, ulong, 0444);
module_param(miss, ulong, 0444);

/* An object is only an address. There is no memory behind it. */
static void *bench_object(unsigned int i)
{
	return (void *)(0x10000UL + 64UL * i);
}

static unsigned long bench_get(unsigned long id)
{
	unsigned int i, step = max(nr / BENCH_GETS, 1U);
	unsigned long flags, found = 0;
	u64 start, end;

	local_irq_save(flags);
	start = ktime_get_mono_fast_ns();
	for (i = 0; i < BENCH_GETS; i++)
		found += !!klp_shadow_get(bench_object(i * step % nr), id);
	end = ktime_get_mono_fast_ns();
	local_irq_restore(flags);
	if (found != (id == BENCH_ID ? BENCH_GETS : 0))
		return 0;
	return (end - start) * 100 / BENCH_GETS;
}

static int __init bench_shadow_init(void)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!klp_shadow_alloc(bench_object(i), BENCH_ID, 8, GFP_KERNEL,
				      NULL, NULL)) {
			klp_shadow_free_all(BENCH_ID, NULL);
			return -ENOMEM;
		}
	}
	/* Warm up: the emulator translates the code in the first round. */
	bench_get(BENCH_ID);
	hit = bench_get(BENCH_ID);
	bench_get(BENCH_ID + 1);
	miss = bench_get(BENCH_ID + 1);
	return 0;
}

static void __exit bench_shadow_exit(void)
{
	klp_shadow_free_all(BENCH_ID, NULL);
}

module_init(bench_shadow_init);
module_exit(bench_shadow_exit);
MODULE_DESCRIPTION("Livepatch benchmark: shadow variables");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
