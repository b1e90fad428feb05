/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_RANGES_H
#define _KLP_RANGES_H

#include <linux/types.h>

/**
 * struct klp_span - a piece of code
 * @start:	Its first byte.
 * @size:	Its length in bytes.
 */
struct klp_span {
	unsigned long	start;
	unsigned long	size;
};

/**
 * struct klp_range - addresses that must not be on a stack
 * @first:	Lowest address.
 * @last:	Highest address, inclusive.
 * @reason:	The enum klp_reason of a task that has one on its stack.
 */
struct klp_range {
	unsigned long	first;
	unsigned long	last;
	unsigned int	reason;
};

/**
 * struct klp_ranges - a set of addresses
 * @range:	After klp_ranges_seal(): ascending and disjoint.
 * @nr:		Number of ranges.
 * @max:	Number of ranges that @range has room for.
 *
 * Filled by one owner, sealed, then only read: no locking.
 */
struct klp_ranges {
	struct klp_range	*range;
	unsigned int		nr;
	unsigned int		max;
};

int klp_ranges_add(struct klp_ranges *ranges, unsigned long first,
		   unsigned long last, unsigned int reason);
void klp_ranges_seal(struct klp_ranges *ranges);
const struct klp_range *klp_ranges_find(const struct klp_ranges *ranges,
					unsigned long addr);
void klp_ranges_free(struct klp_ranges *ranges);

#endif /* _KLP_RANGES_H */
