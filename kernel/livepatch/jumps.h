/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_JUMPS_H
#define _KLP_JUMPS_H

#include <linux/types.h>

#include "ranges.h"

struct klp_site;

/**
 * struct klp_jumps_func - what is known of jumps to and from one affected function
 * @key:	Return address of the function's call into ftrace.
 * @start:	Lowest address that a call of the function, or a jump to it,
 *		goes to.
 * @jumped_to:	Affected code jumps to the function. The code that has jumped is
 *		on no stack any more, but goes on in this function.
 * @jumps:	The function's own code jumps to other code, or to its own
 *		entry.
 */
struct klp_jumps_func {
	unsigned long	key;
	unsigned long	start;
	bool		jumped_to;
	bool		jumps;
};

/**
 * struct klp_jumps - at which affected functions a task may have arrived by a
 *	jump from affected code
 * @nr:		Number of functions in @func.
 * @max:	Number of functions that @func has room for.
 * @anywhere:	Affected code has a jump whose destination is not in the
 *		instruction: it is in a register or in memory, or it changes, as
 *		in a static call. The jump may lead to any function in @func.
 * @shared_jumps: Affected code that may belong to any function in @func, for
 *		example a .cold part, jumps out of itself. With @anywhere: no
 *		task switches at any entry.
 * @func:	The affected functions, by ascending @key after
 *		klp_jumps_sort().
 *
 * Filled by one owner, then only read: no locking.
 */
struct klp_jumps {
	unsigned int	nr;
	unsigned int	max;
	bool		anywhere;
	bool		shared_jumps;
	struct klp_jumps_func	func[] __counted_by(max);
};

struct klp_jumps *klp_jumps_alloc(unsigned int max);
void klp_jumps_add(struct klp_jumps *jumps, const struct klp_site *site);
void klp_jumps_sort(struct klp_jumps *jumps);
int klp_jumps_scan(struct klp_jumps *jumps, struct klp_span code,
		   unsigned long key);
bool klp_jumps_jumped_to(const struct klp_jumps *jumps, unsigned long key);
bool klp_jumps_closed(const struct klp_jumps *jumps, unsigned long key);
bool klp_jumps_direct(const struct klp_jumps *jumps, unsigned long key,
		      unsigned long caller);
void klp_jumps_free(struct klp_jumps *jumps);

#endif /* _KLP_JUMPS_H */
