// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: sorted ranges of addresses.
 *
 * A set is built once for a transition, and searched for every frame of every
 * stack. The search is binary, so that the cost of checking a task hardly
 * depends on the size of the patch.
 */
#include <linux/bsearch.h>
#include <linux/errno.h>
#include <linux/error-injection.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "ranges.h"

/**
 * klp_ranges_add - add a range to a set that is not sealed yet
 * @ranges: the set; all zero is an empty one
 * @first: lowest address
 * @last: highest address, inclusive
 * @reason: the enum klp_reason to report for an address in it
 *
 * Context: Process, may sleep.
 * Return: 0, or -ENOMEM and the set is unchanged.
 */
int klp_ranges_add(struct klp_ranges *ranges, unsigned long first,
		   unsigned long last, unsigned int reason)
{
	if (ranges->nr == ranges->max) {
		unsigned int max = ranges->max ? 2 * ranges->max : 16;
		struct klp_range *range;

		range = kvrealloc(ranges->range, array_size(max, sizeof(*range)),
				  GFP_KERNEL);
		if (!range)
			return -ENOMEM;
		ranges->range = range;
		ranges->max = max;
	}
	ranges->range[ranges->nr++] = (struct klp_range) {
		.first = first,
		.last = last,
		.reason = reason,
	};
	return 0;
}

static int klp_cmp_range(const void *a, const void *b)
{
	const struct klp_range *x = a;
	const struct klp_range *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/**
 * klp_ranges_seal - make a set ready for klp_ranges_find()
 * @ranges: the set
 *
 * Ranges that overlap become one, with the reason of the lowest.
 *
 * Context: Process; takes time to sort.
 */
void klp_ranges_seal(struct klp_ranges *ranges)
{
	struct klp_range *range = ranges->range;
	unsigned int i, nr = 0;

	if (!ranges->nr)
		return;

	sort(range, ranges->nr, sizeof(*range), klp_cmp_range, NULL);
	for (i = 1; i < ranges->nr; i++) {
		if (range[i].first <= range[nr].last)
			range[nr].last = max(range[nr].last, range[i].last);
		else
			range[++nr] = range[i];
	}
	ranges->nr = nr + 1;
}

static int klp_cmp_addr_range(const void *key, const void *elem)
{
	unsigned long addr = *(const unsigned long *)key;
	const struct klp_range *range = elem;

	if (addr < range->first)
		return -1;
	return addr > range->last;
}

/**
 * klp_ranges_find - look up an address
 * @ranges: a sealed set
 * @addr: the address
 *
 * A function of its own, so that tests can let it find nothing.
 *
 * Context: Any.
 * Return: the range that contains @addr, NULL if there is none.
 */
noinline const struct klp_range *klp_ranges_find(const struct klp_ranges *ranges,
						 unsigned long addr)
{
	/* Most frames are outside of all ranges. */
	if (!ranges->nr || addr < ranges->range[0].first ||
	    addr > ranges->range[ranges->nr - 1].last)
		return NULL;

	return __inline_bsearch(&addr, ranges->range, ranges->nr,
				sizeof(*ranges->range), klp_cmp_addr_range);
}
ALLOW_ERROR_INJECTION(klp_ranges_find, NULL);

/**
 * klp_ranges_free - free a set
 * @ranges: the set; empty afterwards, and ready to be filled again
 *
 * Context: Process, may sleep.
 */
void klp_ranges_free(struct klp_ranges *ranges)
{
	kvfree(ranges->range);
	*ranges = (struct klp_ranges) { };
}
