// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: from names to addresses.
 *
 * What is wanted of a module is sorted, and its symbol table is gone through once
 * for all of that. So is vmlinux's, if it is much. If it is little, the binary
 * search of kallsyms is faster.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "symbol.h"

/*
 * From how many symbols on all of vmlinux is gone through. With 100,000 symbols
 * there that costs what a thousand searches do.
 */
#define KLP_LOOKUP_MANY	1000

/* Bits of a symbol's hash that most others are told by not to be wanted */
#define KLP_FILTER_BITS	16

static bool klp_word_is(const struct klp_word *word, const char *string)
{
	const struct klp_word other = klp_word(string);

	return !klp_word_cmp(word, &other);
}

/**
 * klp_lookup_init - get ready to look up symbols
 * @lookup: to be freed with klp_lookup_free(), also on error
 * @max: how many there will be at most
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
 * klp_lookup_add - want one more symbol
 * @lookup: of which there is room for it
 * @object: "vmlinux" or the name of a module
 * @name: its name there
 * @sympos: which of that name, from 1; 0 if there must be only one
 * @patched: it is a function that is patched, and not only referred to
 *
 * The words have to stay until klp_lookup_free().
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

static int klp_cmp_wanted(const void *a, const void *b)
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

/* Index in @sorted of the first that is not before @key */
static unsigned int klp_lookup_first(const struct klp_lookup *lookup,
				     const struct klp_wanted *key)
{
	unsigned int low = 0, high = lookup->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (klp_cmp_wanted(&lookup->sorted[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * klp_lookup_patches - is a symbol among the functions that are patched?
 * @lookup: after klp_lookup_run()
 * @object: the object it is in
 * @name: its name
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
	     i < lookup->nr && !klp_cmp_wanted(&lookup->sorted[i], &key); i++)
		if (lookup->sorted[i]->patched)
			return true;
	return false;
}

/* Symbols of one name are seen in the order that positions are counted in. */
static void klp_wanted_seen(struct klp_wanted *wanted, unsigned long addr)
{
	if (++wanted->seen == max(wanted->sympos, 1UL))
		wanted->addr = addr;
}

/* A symbol has been found by going through all of an object's. */
static void klp_lookup_seen(const struct klp_lookup *lookup,
			    struct klp_word object, struct klp_word name,
			    u32 hash, unsigned long addr)
{
	const struct klp_wanted wanted = {
		.object = object,
		.name = name,
		.hash = hash,
	};
	const struct klp_wanted *key = &wanted;
	unsigned int i;

	for (i = klp_lookup_first(lookup, key);
	     i < lookup->nr && !klp_cmp_wanted(&lookup->sorted[i], &key); i++)
		klp_wanted_seen(lookup->sorted[i], addr);
}

static int klp_lookup_add_cold(struct klp_lookup *lookup, unsigned long addr)
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

static int klp_vmlinux_symbol(void *data, unsigned long addr)
{
	struct klp_wanted *wanted = data;

	klp_wanted_seen(wanted, addr);
	/* Go on until the answer, or the ambiguity, is certain. */
	return wanted->seen > max(wanted->sympos, 1UL);
}

static void klp_lookup_vmlinux(struct klp_wanted *wanted)
{
	char name[KSYM_NAME_LEN];

	/* A name that is too long is not there. */
	if (wanted->name.len < sizeof(name)) {
		memcpy(name, wanted->name.start, wanted->name.len);
		name[wanted->name.len] = '\0';
		kallsyms_on_each_match_symbol(klp_vmlinux_symbol, name, wanted);
	}
}

static int klp_cold_symbol(void *lookup, unsigned long addr)
{
	return klp_lookup_add_cold(lookup, addr);
}

/* Find the out-of-line parts of one function. */
static int klp_lookup_vmlinux_cold(struct klp_lookup *lookup,
				   const struct klp_wanted *wanted)
{
	char cold[KSYM_NAME_LEN];

	/* A name that leaves no room for the suffix has no such symbol. */
	if (snprintf(cold, sizeof(cold), "%.*s" KLP_COLD_SUFFIX,
		     wanted->name.len, wanted->name.start) >= sizeof(cold))
		return 0;
	return kallsyms_on_each_match_symbol(klp_cold_symbol, cold, lookup);
}

/**
 * struct klp_vmlinux_walk - going through the symbols of vmlinux
 * @lookup:	What is wanted.
 * @object:	"vmlinux".
 * @cold:	Out-of-line parts are wanted, too.
 * @filter:	Bits of the hashes that are wanted.
 */
struct klp_vmlinux_walk {
	struct klp_lookup	*lookup;
	struct klp_word		object;
	bool			cold;
	unsigned long		*filter;
};

static int klp_vmlinux_any_symbol(void *data, const char *name,
				  unsigned long addr)
{
	struct klp_vmlinux_walk *walk = data;
	struct klp_word word = klp_word(name);
	u32 hash = klp_word_hash(&word);

	if (test_bit(hash >> (32 - KLP_FILTER_BITS), walk->filter))
		klp_lookup_seen(walk->lookup, walk->object, word, hash, addr);
	if (walk->cold && klp_word_cold(&word) &&
	    klp_lookup_patches(walk->lookup, walk->object, word))
		return klp_lookup_add_cold(walk->lookup, addr);
	return 0;
}

/* Find sorted[first] to sorted[end - 1] in one walk over vmlinux's symbols. */
static int klp_lookup_walk_vmlinux(struct klp_vmlinux_walk *walk,
				   unsigned int first, unsigned int end)
{
	unsigned int i;
	int ret;

	walk->filter = bitmap_zalloc(1 << KLP_FILTER_BITS, GFP_KERNEL);
	if (!walk->filter)
		return -ENOMEM;
	for (i = first; i < end; i++)
		__set_bit(walk->lookup->sorted[i]->hash >>
			  (32 - KLP_FILTER_BITS), walk->filter);
	ret = kallsyms_on_each_symbol(klp_vmlinux_any_symbol, walk);
	bitmap_free(walk->filter);
	return ret;
}

/* Find all that is wanted of vmlinux, sorted[first] and those behind it. */
static int klp_lookup_all_vmlinux(struct klp_lookup *lookup,
				  unsigned int first, bool cold)
{
	struct klp_vmlinux_walk walk = {
		.lookup = lookup,
		.object = lookup->sorted[first]->object,
		.cold = cold,
	};
	unsigned int i, end = first;
	int ret = 0;

	while (end < lookup->nr &&
	       !klp_word_cmp(&lookup->sorted[end]->object, &walk.object))
		end++;
	if (end - first >= KLP_LOOKUP_MANY)
		return klp_lookup_walk_vmlinux(&walk, first, end);

	for (i = first; i < end && !ret; i++) {
		klp_lookup_vmlinux(lookup->sorted[i]);
		if (cold)
			ret = klp_lookup_vmlinux_cold(lookup,
						      lookup->sorted[i]);
	}
	return ret;
}

/**
 * struct klp_module_walk - going through the symbols of a module
 * @lookup:	What is wanted.
 * @object:	The module's name.
 * @name:	The same, as a string.
 * @mod:	The module. NULL before the first symbol.
 */
struct klp_module_walk {
	const struct klp_lookup	*lookup;
	struct klp_word		object;
	const char		*name;
	struct module		*mod;
};

/* Called with module_mutex held */
static int klp_module_symbol(void *data, const char *name, unsigned long addr)
{
	struct klp_module_walk *walk = data;
	struct klp_word word = klp_word(name);

	if (!walk->mod)
		walk->mod = find_module(walk->name);
	/*
	 * What is only there while the module is being loaded must neither be
	 * patched nor change how others are counted.
	 */
	if (!within_module_init(addr, walk->mod))
		klp_lookup_seen(walk->lookup, walk->object, word,
				klp_word_hash(&word), addr);
	return 0;
}

/* Find all that is wanted of one module, if it is loaded. */
static void klp_lookup_module(const struct klp_lookup *lookup,
			      struct klp_word object)
{
	struct klp_module_walk walk = { .lookup = lookup, .object = object };
	char name[MODULE_NAME_LEN];

	/* A name that is too long is not there. */
	if (object.len >= sizeof(name))
		return;
	memcpy(name, object.start, object.len);
	name[object.len] = '\0';
	walk.name = name;
	module_kallsyms_on_each_symbol(name, klp_module_symbol, &walk);
}

static int klp_wanted_check(const struct klp_wanted *wanted)
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
 * klp_lookup_run - find all symbols that are wanted
 * @lookup: the symbols; their addresses are filled in
 * @cold: find the out-of-line parts of vmlinux's functions among them as well. With
 *	several functions of the same name nothing tells whose part is whose, and
 *	all are found
 *
 * One walk over the symbol table of each object at most, however many are wanted.
 * Logs one line if a symbol is at fault.
 *
 * Context: Process, may sleep; takes module_mutex. Addresses in a module are
 * good as long as the caller keeps that from going.
 * Return: 0, or -EINVAL if a symbol does not exist, if with a position of 0
 * there is more than one, or if the module is not loaded, -ENOMEM.
 */
int klp_lookup_run(struct klp_lookup *lookup, bool cold)
{
	struct klp_wanted *wanted, *before = NULL;
	unsigned int i;
	int ret = 0;

	sort(lookup->sorted, lookup->nr, sizeof(*lookup->sorted),
	     klp_cmp_wanted, NULL);

	for (i = 0; i < lookup->nr; before = wanted, i++) {
		wanted = lookup->sorted[i];
		if (before && !klp_word_cmp(&before->object, &wanted->object))
			continue;
		if (!klp_word_is(&wanted->object, "vmlinux"))
			klp_lookup_module(lookup, wanted->object);
		else
			ret = klp_lookup_all_vmlinux(lookup, i, cold);
		if (ret)
			return ret;
	}

	for (i = 0; i < lookup->nr; i++) {
		ret = klp_wanted_check(&lookup->wanted[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * klp_lookup_free - free what klp_lookup_init() has allocated
 * @lookup: the symbols
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
