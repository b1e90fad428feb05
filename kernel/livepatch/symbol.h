/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SYMBOL_H
#define _KLP_SYMBOL_H

#include <linux/types.h>

#include "ranges.h"

/* What the compiler appends to the name of a function's unlikely part */
#define KLP_COLD_SUFFIX ".cold"

/**
 * struct klp_word - a word somewhere in a string
 * @start:	Its first character.
 * @len:	Its length; nothing else ends it.
 */
struct klp_word {
	const char	*start;
	int		len;
};

struct klp_word klp_word(const char *string);
int klp_word_cmp(const struct klp_word *a, const struct klp_word *b);

/**
 * struct klp_wanted - a symbol to be found
 * @object:	"vmlinux" or the name of a module.
 * @name:	Its name there.
 * @sympos:	Which of that name, from 1; 0 if there must be only one.
 * @seen:	How many of that name have been seen.
 * @addr:	Its address once found, else 0.
 */
struct klp_wanted {
	struct klp_word	object;
	struct klp_word	name;
	unsigned long	sympos;
	unsigned long	seen;
	unsigned long	addr;
};

/**
 * struct klp_lookup - symbols that are looked up together
 * @wanted:	The symbols, in the order in which they were asked for.
 * @nr:		How many there are.
 * @max:	How many there is room for.
 * @sorted:	The same by object and name, during and after the search.
 *
 * Filled, run and read by one owner: no locking.
 */
struct klp_lookup {
	struct klp_wanted	*wanted;
	unsigned int		nr;
	unsigned int		max;
	struct klp_wanted	**sorted;
};

/* What is done to a piece of code by those who go over many */
typedef int (*klp_span_fn)(struct klp_span span, void *arg);

int klp_lookup_init(struct klp_lookup *lookup, unsigned int max);
void klp_lookup_add(struct klp_lookup *lookup, struct klp_word object,
		    struct klp_word name, unsigned long sympos);
int klp_lookup_run(struct klp_lookup *lookup);
bool klp_lookup_wants(const struct klp_lookup *lookup, struct klp_word object,
		      struct klp_word name);
void klp_lookup_free(struct klp_lookup *lookup);

int klp_visit_cold_parts(const char *name, klp_span_fn fn, void *arg);

#endif /* _KLP_SYMBOL_H */
