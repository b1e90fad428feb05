/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TABLE_H
#define _KLP_TABLE_H

#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/types.h>

#include "reap.h"

/**
 * struct klp_entry - where calls of one patched function go
 * @key:	Return address of the function's call into ftrace, 0 if unused.
 *		Invariant: constant once the table is published.
 * @target:	For each universe the code to run, 0 for the original. Changes
 *		while other CPUs read it, but only in the universe that no task
 *		is in, or to a value that is the same for both.
 */
struct klp_entry {
	unsigned long	key;
	unsigned long	target[2];
};

/**
 * struct klp_table - all patched functions, for the code that redirects
 * @retiree:	For freeing after quiescence.
 * @shift:	64 - log2 of the number of entries.
 * @mask:	Number of entries, a power of two, - 1.
 * @entry:	Open addressing, linear probing, at most half full: every
 *		search ends.
 */
struct klp_table {
	struct klp_retiree	retiree;
	unsigned int		shift;
	unsigned int		mask;
	struct klp_entry	entry[];
};

/**
 * klp_table_find - look up a patched function
 * @table: the table
 * @key: return address of the call into ftrace
 *
 * Inline and without a call, because it runs where nothing may be traced.
 *
 * Context: Any, NMI and code where RCU does not watch included.
 * Return: the entry, NULL if there is none.
 */
static __always_inline struct klp_entry *
klp_table_find(struct klp_table *table, unsigned long key)
{
	unsigned int i = (key * GOLDEN_RATIO_64) >> table->shift;

	for (;; i++) {
		struct klp_entry *entry = &table->entry[i & table->mask];

		if (entry->key == key)
			return entry;
		if (!entry->key)
			return NULL;
	}
}

struct klp_table *klp_table_alloc(unsigned int nr);
struct klp_entry *klp_table_insert(struct klp_table *table, unsigned long key);
void klp_table_free(struct klp_table *table);

#endif /* _KLP_TABLE_H */
