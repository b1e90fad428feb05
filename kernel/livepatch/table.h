/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TABLE_H
#define _KLP_TABLE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "reap.h"

/**
 * struct klp_entry - where calls of one patched function go
 * @key:	Return address of the function's call into ftrace, 0 if unused.
 *		Invariant: constant once the table is published.
 * @target:	For each universe the code to run; the same as @key, which is to
 *		go on, for the original. Changes while other CPUs read it, but
 *		only in the universe that no task is in, to the value that the
 *		other one has, or while no task can call the function: its
 *		module is about to come, or to go.
 * @pending:	In place of a target, for a task that may switch here; the place is
 *		KLP_SLOT_PENDING. Constant. Also makes the size a power of two.
 */
struct klp_entry {
	unsigned long	key;
	unsigned long	target[2];
	unsigned long	pending;
};

/* What &klp_task.slot selects: a target by the universe, or the third place */
#define KLP_SLOT_PENDING	2

/**
 * struct klp_table - all patched functions, for the code that redirects
 * @mask:	Number of slots, a power of two, less one, in bytes: where the
 *		search for a key begins is its hash and this.
 * @retiree:	For freeing after quiescence.
 * @unused:	Aligns the entries.
 * @entry:	Open addressing, linear probing without wrapping: the slots,
 *		twice as many as functions or more, then one for each function
 *		that may be pushed off the end, and two that stay empty. So
 *		every search ends, even if it looks at the first slot for the
 *		key only, and at all others for the end as well.
 *
 * arch/ knows the layout, and the hash.
 */
struct klp_table {
	unsigned long		mask;
	struct klp_retiree	retiree;
	unsigned long		unused;
	struct klp_entry	entry[];
};

/*
 * Fits the immediate operand of a multiplication. Of some thousand that were tried,
 * this spreads functions at equal distances of up to 4096 well: table_kunit.c.
 */
#define KLP_TABLE_HASH		0x5e636063UL
#define KLP_TABLE_HASH_SHIFT	23

static __always_inline struct klp_entry *
klp_table_slot(struct klp_table *table, unsigned long key)
{
	unsigned long hash = (key * KLP_TABLE_HASH) >> KLP_TABLE_HASH_SHIFT;

	return (void *)table->entry + (hash & table->mask);
}

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
	struct klp_entry *entry = klp_table_slot(table, key);

	for (; entry->key; entry++)
		if (entry->key == key)
			return entry;
	return NULL;
}

/**
 * klp_original - where an entry leads to if it leads to the original function
 * @entry: the entry
 *
 * Return: what is in &klp_entry.target then.
 */
static inline unsigned long klp_original(const struct klp_entry *entry)
{
	return entry->key;
}

/**
 * klp_entry_reset - let an entry lead to the original, in both universes
 * @entry: the entry
 */
static inline void klp_entry_reset(struct klp_entry *entry)
{
	/* Read by klp_entry_handler() at any time */
	WRITE_ONCE(entry->target[0], klp_original(entry));
	WRITE_ONCE(entry->target[1], klp_original(entry));
}

/* Has no function in it. For when there are none. */
extern struct klp_table klp_table_empty;

struct klp_table *klp_table_alloc(unsigned int nr);
struct klp_entry *klp_table_insert(struct klp_table *table, unsigned long key);
void klp_table_free(struct klp_table *table);

#endif /* _KLP_TABLE_H */
