// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: which symbols are wanted, and which of them have been seen.
 *
 * How the symbols of an object are gone through is in find.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "lookup.h"

/**
 * klp_lookup_init - allocate room for wanted symbols
 * @lookup: the set; to be freed with klp_lookup_free(), also on error
 * @max: number of symbols at most
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int klp_lookup_init(struct klp_lookup *lookup, unsigned int max)
{
	*lookup = (struct klp_lookup) {
		.wanted = kvcalloc(max, sizeof(*lookup->wanted), GFP_KERNEL),
		.sorted = kvcalloc(max, sizeof(*lookup->sorted), GFP_KERNEL),
		.max = max,
	};
	return lookup->wanted && lookup->sorted ? 0 : -ENOMEM;
}

/**
 * klp_lookup_add - add a wanted symbol
 * @lookup: the set, with room for the symbol
 * @object: "vmlinux" or the name of a module
 * @name: its name there
 * @sympos: position among symbols of that name, from 1; 0 if there must be only one
 * @patched: the symbol is a function to be patched, and not only referred to
 *
 * The strings of the words must stay until klp_lookup_free().
 */
void klp_lookup_add(struct klp_lookup *lookup, struct klp_word object,
		    struct klp_word name, unsigned long sympos, bool patched)
{
	if (WARN_ON_ONCE(lookup->nr == lookup->max))
		return;
	lookup->sorted[lookup->nr] = &lookup->wanted[lookup->nr];
	lookup->wanted[lookup->nr++] = (struct klp_wanted) {
		.object = object,
		.name = name,
		.hash = klp_word_hash(&name),
		.sympos = sympos,
		.patched = patched,
	};
}

static int klp_lookup_cmp(const void *a, const void *b)
{
	const struct klp_wanted *x = *(const struct klp_wanted **)a;
	const struct klp_wanted *y = *(const struct klp_wanted **)b;

	int ret = klp_word_cmp(&x->object, &y->object);

	if (ret)
		return ret;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return klp_word_cmp(&x->name, &y->name);
}

/**
 * klp_lookup_sort - get ready for klp_lookup_seen() and klp_lookup_patches()
 * @lookup: the wanted symbols, complete
 *
 * Context: Process.
 */
void klp_lookup_sort(struct klp_lookup *lookup)
{
	sort(lookup->sorted, lookup->nr, sizeof(*lookup->sorted),
	     klp_lookup_cmp, NULL);
}

/* Index in @sorted of the first symbol that is not before @key */
static unsigned int klp_lookup_first(const struct klp_lookup *lookup,
				     const struct klp_wanted *key)
{
	unsigned int low = 0, high = lookup->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (klp_lookup_cmp(&lookup->sorted[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * klp_lookup_patches - tell whether a name is that of a function to be patched
 * @lookup: the wanted symbols, sorted
 * @object: the object that has the symbol
 * @name: the symbol's name
 *
 * Context: Any.
 * Return: true if it is.
 */
bool klp_lookup_patches(const struct klp_lookup *lookup,
			struct klp_word object, struct klp_word name)
{
	const struct klp_wanted wanted = {
		.object = object,
		.name = name,
		.hash = klp_word_hash(&name),
	};
	const struct klp_wanted *key = &wanted;
	unsigned int i;

	for (i = klp_lookup_first(lookup, key);
	     i < lookup->nr && !klp_lookup_cmp(&lookup->sorted[i], &key); i++)
		if (lookup->sorted[i]->patched)
			return true;
	return false;
}

/**
 * klp_lookup_count - count a symbol that has the name of a wanted one
 * @wanted: the wanted symbol
 * @addr: address of the symbol
 *
 * To be called for symbols of one name in the order in which positions are counted.
 *
 * Context: Any.
 */
void klp_lookup_count(struct klp_wanted *wanted, unsigned long addr)
{
	if (++wanted->seen == max(wanted->sympos, 1UL))
		wanted->addr = addr;
}

/**
 * klp_lookup_seen - compare a symbol with all that are wanted
 * @lookup: the wanted symbols, sorted
 * @object: the object that has the symbol
 * @name: the symbol's name
 * @hash: hash of the name
 * @addr: the symbol's address
 *
 * Context: Any.
 */
void klp_lookup_seen(const struct klp_lookup *lookup, struct klp_word object,
		     struct klp_word name, u32 hash, unsigned long addr)
{
	const struct klp_wanted wanted = {
		.object = object,
		.name = name,
		.hash = hash,
	};
	const struct klp_wanted *key = &wanted;
	unsigned int i;

	for (i = klp_lookup_first(lookup, key);
	     i < lookup->nr && !klp_lookup_cmp(&lookup->sorted[i], &key); i++)
		klp_lookup_count(lookup->sorted[i], addr);
}

/**
 * klp_lookup_add_cold - keep an out-of-line part of a function that is wanted
 * @lookup: the wanted symbols
 * @addr: address of the part; ignored if kallsyms does not know its size
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int klp_lookup_add_cold(struct klp_lookup *lookup, unsigned long addr)
{
	struct klp_span *cold = lookup->cold;
	unsigned long offset, size;

	if (!kallsyms_lookup_size_offset(addr, &size, &offset))
		return 0;
	if (lookup->nr_cold == lookup->max_cold) {
		unsigned int max = lookup->max_cold ? 2 * lookup->max_cold : 16;

		cold = kvrealloc(cold, array_size(max, sizeof(*cold)),
				 GFP_KERNEL);
		if (!cold)
			return -ENOMEM;
		lookup->cold = cold;
		lookup->max_cold = max;
	}
	cold[lookup->nr_cold++] = (struct klp_span) { addr, size };
	return 0;
}

static int klp_lookup_check_one(const struct klp_wanted *wanted)
{
	if (!wanted->seen) {
		pr_err("symbol '%.*s' not found in symbol table\n",
		       wanted->name.len, wanted->name.start);
		return -EINVAL;
	}
	if (!wanted->sympos && wanted->seen > 1) {
		pr_err("unresolvable ambiguity for symbol '%.*s' in object '%.*s'\n",
		       wanted->name.len, wanted->name.start,
		       wanted->object.len, wanted->object.start);
		return -EINVAL;
	}
	if (wanted->seen < wanted->sympos) {
		pr_err("symbol position %lu for symbol '%.*s' in object '%.*s' not found\n",
		       wanted->sympos, wanted->name.len, wanted->name.start,
		       wanted->object.len, wanted->object.start);
		return -EINVAL;
	}
	return 0;
}

/**
 * klp_lookup_check - find out whether all wanted symbols have been found
 * @lookup: the wanted symbols, all symbols of their objects compared
 *
 * Logs one line if a symbol is at fault.
 *
 * Context: Process.
 * Return: 0, or -EINVAL if a symbol does not exist, or if with a position of 0
 * there is more than one.
 */
int klp_lookup_check(const struct klp_lookup *lookup)
{
	unsigned int i;
	int ret;

	for (i = 0; i < lookup->nr; i++) {
		ret = klp_lookup_check_one(&lookup->wanted[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * klp_lookup_free - free what klp_lookup_init() has allocated
 * @lookup: the wanted symbols
 *
 * Context: Process, may sleep.
 */
void klp_lookup_free(struct klp_lookup *lookup)
{
	kvfree(lookup->wanted);
	kvfree(lookup->sorted);
	kvfree(lookup->cold);
	*lookup = (struct klp_lookup) { };
}
