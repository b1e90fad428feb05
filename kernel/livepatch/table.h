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
 * @target:	For each universe the code to run. @key means the original,
 *		which goes on there. Other CPUs may read it while it changes. If
 *		tasks have to be consistent, it changes only in a universe that
 *		no task is in, while the machine is stopped, or while the
 *		function's module is being loaded or unloaded, when no task can
 *		call the function.
 * @pending:	What a task with &klp_task.slot KLP_SLOT_PENDING runs instead of
 *		a target: klp_trampoline_pending(), which lets the task switch.
 *		Constant. Also makes the size of an entry a power of two.
 */
struct klp_entry {
	unsigned long	key;
	unsigned long	target[2];
	unsigned long	pending;
};

/* Value of &klp_task.slot that selects &klp_entry.pending, not a target */
#define KLP_SLOT_PENDING	2

/**
 * struct klp_table - all patched functions, for the code that redirects
 * @mask:	Size in bytes of all slots but one. The number of slots is a
 *		power of two, so the hash of a key, masked with this, is the
 *		offset of the slot where the search for the key begins.
 * @retiree:	For freeing after quiescence.
 * @end:	The first of the entries that stay empty. Read only while the table is
 *		filled.
 * @entry:	Open addressing, linear probing without wrapping. First the
 *		slots, at least twice as many as functions, then some entries for
 *		functions that are pushed off the end, then two entries that
 *		stay empty. One is not enough for the trampoline, which
 *		tests for an empty entry only from the second one on.
 *
 * The trampoline in arch/ knows the layout and the hash: see table.c.
 */
struct klp_table {
	unsigned long		mask;
	struct klp_retiree	retiree;
	struct klp_entry	*end;
	struct klp_entry	entry[];
};

/*
 * Fits the immediate operand of a multiplication. Found by trying some thousand
 * numbers: spreads functions at equal distances of up to 4096 well, which
 * tests/table_kunit.c tests.
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
 * klp_original - get the target that means the original function
 * @entry: the function's entry
 *
 * Return: the value for &klp_entry.target.
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

/* The table that is published while no function is patched */
extern struct klp_table klp_table_empty;

/*
 * Room for functions that are pushed off the end. Half of the slots are empty, so more
 * hardly ever are.
 */
#define KLP_TABLE_SPILL		32U

struct klp_table *klp_table_alloc(unsigned int nr, unsigned int spill);
struct klp_entry *klp_table_insert(struct klp_table *table, unsigned long key);
void klp_table_free(struct klp_table *table);

#endif /* _KLP_TABLE_H */
