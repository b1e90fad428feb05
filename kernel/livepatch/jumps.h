/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_JUMPS_H
#define _KLP_JUMPS_H

#include <linux/types.h>

#include "ranges.h"

struct klp_site;

/**
 * struct klp_way - the ways into one affected function
 * @key:	Return address of its call into ftrace.
 * @start:	Lowest address that a call or a jump to the function goes to.
 * @jumped_to:	Affected code jumps there: that code is on no stack any more, and
 *		goes on in this function nevertheless.
 * @jumps:	The function's code jumps to other code.
 */
struct klp_way {
	unsigned long	key;
	unsigned long	start;
	bool		jumped_to;
	bool		jumps;
};

/**
 * struct klp_ways - the ways into affected functions
 * @way:	By ascending @key, after klp_ways_sort().
 * @nr:		How many.
 * @max:	How many there is room for.
 * @anywhere:	Affected code jumps to addresses that are not known.
 * @shared_jumps: Code that may belong to any of the functions jumps to other code.
 *
 * Filled by one owner, then only read: no locking.
 */
struct klp_ways {
	unsigned int	nr;
	unsigned int	max;
	bool		anywhere;
	bool		shared_jumps;
	struct klp_way	way[] __counted_by(max);
};

struct klp_ways *klp_ways_alloc(unsigned int max);
void klp_ways_add(struct klp_ways *ways, const struct klp_site *site);
void klp_ways_sort(struct klp_ways *ways);
int klp_ways_scan(struct klp_ways *ways, struct klp_span code,
		  unsigned long key);
bool klp_ways_closed(const struct klp_ways *ways, unsigned long key);
bool klp_ways_direct(const struct klp_ways *ways, unsigned long key,
		     unsigned long caller);
void klp_ways_free(struct klp_ways *ways);

#endif /* _KLP_JUMPS_H */
