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
 * struct klp_jumps - the ways into affected functions
 * @way:	By ascending @key, after klp_jumps_sort().
 * @nr:		How many.
 * @max:	How many there is room for.
 * @anywhere:	Affected code jumps to addresses that are not known.
 * @shared_jumps: Code that may belong to any of the functions jumps to other code.
 *
 * Filled by one owner, then only read: no locking.
 */
struct klp_jumps {
	unsigned int	nr;
	unsigned int	max;
	bool		anywhere;
	bool		shared_jumps;
	struct klp_way	way[] __counted_by(max);
};

struct klp_jumps *klp_jumps_alloc(unsigned int max);
void klp_jumps_add(struct klp_jumps *jumps, const struct klp_site *site);
void klp_jumps_sort(struct klp_jumps *jumps);
int klp_jumps_scan(struct klp_jumps *jumps, struct klp_span code,
		   unsigned long key);
bool klp_jumps_closed(const struct klp_jumps *jumps, unsigned long key);
bool klp_jumps_direct(const struct klp_jumps *jumps, unsigned long key,
		      unsigned long caller);
void klp_jumps_free(struct klp_jumps *jumps);

#endif /* _KLP_JUMPS_H */
