/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_LOOKUP_H
#define _KLP_LOOKUP_H

#include <linux/types.h>

#include "ranges.h"
#include "word.h"

/**
 * struct klp_wanted - a symbol to be found
 * @object:	"vmlinux" or the name of a module.
 * @name:	The symbol's name there.
 * @hash:	Hash of @name, for a quick comparison.
 * @sympos:	Position among symbols of that name, from 1; 0 if there must be only
 *		one.
 * @patched:	The symbol is a function to be patched, and not only referred to.
 * @seen:	Number of symbols of that name that have been seen.
 * @addr:	Address of the symbol once found, else 0.
 */
struct klp_wanted {
	struct klp_word	object;
	struct klp_word	name;
	u32		hash;
	unsigned long	sympos;
	bool		patched;
	unsigned long	seen;
	unsigned long	addr;
};

/**
 * struct klp_lookup - symbols that are looked up together
 * @wanted:	The symbols, in the order in which they were added.
 * @nr:		Number of @wanted.
 * @max:	Number of @wanted that there is room for.
 * @sorted:	The same by object and name, after klp_lookup_sort().
 * @cold:	Out-of-line parts of functions of vmlinux that are wanted.
 * @nr_cold:	Number of @cold.
 * @max_cold:	Number of @cold that there is room for.
 *
 * Filled, searched for and read by one owner: no locking.
 */
struct klp_lookup {
	struct klp_wanted	*wanted;
	unsigned int		nr;
	unsigned int		max;
	struct klp_wanted	**sorted;
	struct klp_span		*cold;
	unsigned int		nr_cold;
	unsigned int		max_cold;
};

int klp_lookup_init(struct klp_lookup *lookup, unsigned int max);
void klp_lookup_add(struct klp_lookup *lookup, struct klp_word object,
		    struct klp_word name, unsigned long sympos, bool patched);
void klp_lookup_sort(struct klp_lookup *lookup);
void klp_lookup_count(struct klp_wanted *wanted, unsigned long addr);
void klp_lookup_seen(const struct klp_lookup *lookup, struct klp_word object,
		     struct klp_word name, u32 hash, unsigned long addr);
int klp_lookup_add_cold(struct klp_lookup *lookup, unsigned long addr);
int klp_lookup_check(const struct klp_lookup *lookup);
bool klp_lookup_patches(const struct klp_lookup *lookup,
			struct klp_word object, struct klp_word name);
void klp_lookup_free(struct klp_lookup *lookup);

#endif /* _KLP_LOOKUP_H */
