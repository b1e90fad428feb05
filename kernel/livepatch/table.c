// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the redirect table.
 *
 * Filled before it is published, and never changed afterwards but for the
 * targets: readers need no protection except that it is not freed under them.
 */
#include <linux/bug.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "table.h"

/**
 * klp_table_alloc - allocate an empty table
 * @nr: how many functions it is for
 *
 * Context: Process, may sleep.
 * Return: the table, to be freed with klp_table_free(), or NULL without memory.
 */
struct klp_table *klp_table_alloc(unsigned int nr)
{
	unsigned int size = roundup_pow_of_two(max(2 * nr, 4U));
	struct klp_table *table;

	table = kvzalloc(struct_size(table, entry, size), GFP_KERNEL);
	if (!table)
		return NULL;
	table->shift = 64 - ilog2(size);
	table->mask = size - 1;
	return table;
}

/**
 * klp_table_insert - add a function to a table that is not published yet
 * @table: the table, with room for it
 * @key: return address of its call into ftrace, not in the table yet
 *
 * Return: the new entry, which leads to the original in both universes.
 */
struct klp_entry *klp_table_insert(struct klp_table *table, unsigned long key)
{
	unsigned int i = (key * GOLDEN_RATIO_64) >> table->shift;

	while (table->entry[i & table->mask].key)
		i++;
	table->entry[i & table->mask].key = key;
	return &table->entry[i & table->mask];
}

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
