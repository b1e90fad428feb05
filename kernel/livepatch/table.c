// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the redirect table.
 *
 * A table is filled before it is published. Afterwards only the targets change,
 * so readers need no lock. It is freed when no task can be reading it.
 */
#include <linux/build_bug.h>
#include <linux/error-injection.h>
#include <linux/livepatch_types.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "klp.h"
#include "table.h"

#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
#include <asm/livepatch.h>

/* What the trampolines assume beside the numbers that they are given */
static_assert(offsetof(struct klp_entry, pending) ==
	      offsetof(struct klp_entry, target[KLP_SLOT_PENDING]));
static_assert(sizeof_field(struct klp_task, slot) == 4);
#endif

/*
 * Slots of a small table, 4 KiB. A function that is not in its own slot costs each
 * call three instructions more: with a few functions that is rare then.
 */
#define KLP_TABLE_MIN	128U

struct klp_table klp_table_empty = { .entry = { { }, { } } };

/**
 * klp_table_alloc - allocate an empty table
 * @nr: number of functions that have to find their slots
 * @spill: how many of these to make room for that are pushed off the end. @nr is
 *	always enough
 *
 * Context: Process, may sleep.
 * Return: the table, to be freed with klp_table_free(), or NULL without memory.
 */
struct klp_table *klp_table_alloc(unsigned int nr, unsigned int spill)
{
	size_t slots = roundup_pow_of_two(max(2 * nr, KLP_TABLE_MIN));
	struct klp_table *table;
	size_t size;

	spill = min(spill, nr);
	size = struct_size(table, entry, slots + spill + 2);
	table = size > KLP_KMALLOC_MAX ? vzalloc(size) : kzalloc(size, GFP_KERNEL);
	if (!table)
		return NULL;
	table->mask = (slots - 1) * sizeof(table->entry[0]);
	table->end = table->entry + slots + spill;
	return table;
}

/**
 * klp_table_insert - add a function to a table that is not published yet
 * @table: the table
 * @key: return address of the function's call into ftrace, not in @table yet
 *
 * Return: the new entry, which leads to the original in both universes; NULL if the
 * function is pushed off the end and finds no room there.
 */
struct klp_entry *klp_table_insert(struct klp_table *table, unsigned long key)
{
	struct klp_entry *entry = klp_table_slot(table, key);

	for (; entry->key; entry++)
		;
	if (entry == table->end)
		return NULL;
	entry->key = key;
	entry->target[0] = key;
	entry->target[1] = key;
#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
	entry->pending = (unsigned long)klp_trampoline_pending;
#endif
	return entry;
}
ALLOW_ERROR_INJECTION(klp_table_insert, NULL);

/**
 * klp_table_free - free a table
 * @table: the table, which no task can be reading any more; may be NULL
 *
 * Context: Process, may sleep.
 */
void klp_table_free(struct klp_table *table)
{
	kvfree(table);
}
