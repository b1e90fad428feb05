// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: finding the addresses of wanted symbols.
 *
 * The wanted symbols are sorted, and the symbol table of a module is gone through
 * once for all of them. So is vmlinux's if many of its symbols are wanted. If few
 * are, the binary search of kallsyms is faster.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "find.h"

/*
 * If so many symbols of vmlinux are wanted, its whole table is gone through. With
 * 100,000 symbols that costs as much as a thousand searches.
 */
#define KLP_LOOKUP_MANY	1000

/* So many bits of a symbol's hash tell for most symbols that they are not wanted */
#define KLP_FILTER_BITS	16

static bool klp_word_is(const struct klp_word *word, const char *string)
{
	const struct klp_word other = klp_word(string);

	return !klp_word_cmp(word, &other);
}

static int klp_find_same_name(void *data, unsigned long addr)
{
	struct klp_wanted *wanted = data;

	klp_lookup_count(wanted, addr);
	/* Stop when the symbol has been found, or is known to be ambiguous. */
	return wanted->seen > max(wanted->sympos, 1UL);
}

static void klp_find_one(struct klp_wanted *wanted)
{
	char name[KSYM_NAME_LEN];

	/* No symbol has a name that is too long. */
	if (wanted->name.len < sizeof(name)) {
		memcpy(name, wanted->name.start, wanted->name.len);
		name[wanted->name.len] = '\0';
		kallsyms_on_each_match_symbol(klp_find_same_name, name, wanted);
	}
}

static int klp_find_cold_symbol(void *lookup, unsigned long addr)
{
	return klp_lookup_add_cold(lookup, addr);
}

/* Find the out-of-line parts of one function. */
static int klp_find_cold(struct klp_lookup *lookup,
			 const struct klp_wanted *wanted)
{
	char cold[KSYM_NAME_LEN];

	/* A name that leaves no room for the suffix has no such symbol. */
	if (snprintf(cold, sizeof(cold), "%.*s" KLP_COLD_SUFFIX,
		     wanted->name.len, wanted->name.start) >= sizeof(cold))
		return 0;
	return kallsyms_on_each_match_symbol(klp_find_cold_symbol, cold, lookup);
}

/**
 * struct klp_vmlinux_walk - a walk over the symbols of vmlinux
 * @lookup:	The wanted symbols.
 * @object:	"vmlinux".
 * @cold:	Out-of-line parts are wanted, too.
 * @filter:	Bitmap of the first bits of the hashes of wanted symbols.
 */
struct klp_vmlinux_walk {
	struct klp_lookup	*lookup;
	struct klp_word		object;
	bool			cold;
	unsigned long		*filter;
};

static int klp_find_vmlinux_symbol(void *data, const char *name,
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
static int klp_find_by_walk(struct klp_vmlinux_walk *walk,
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
	ret = kallsyms_on_each_symbol(klp_find_vmlinux_symbol, walk);
	bitmap_free(walk->filter);
	return ret;
}

/* Find the wanted symbols of vmlinux, the first of which is sorted[first]. */
static int klp_find_in_vmlinux(struct klp_lookup *lookup,
			       unsigned int first, bool cold)
{
	struct klp_vmlinux_walk walk = {
		.lookup = lookup,
		.object = lookup->sorted[first]->object,
		.cold = cold,
	};
	unsigned int i, end = first;
	int ret;

	while (end < lookup->nr &&
	       !klp_word_cmp(&lookup->sorted[end]->object, &walk.object))
		end++;
	if (end - first >= KLP_LOOKUP_MANY)
		return klp_find_by_walk(&walk, first, end);

	for (i = first; i < end; i++) {
		klp_find_one(lookup->sorted[i]);
		if (!cold)
			continue;
		ret = klp_find_cold(lookup, lookup->sorted[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * struct klp_module_walk - a walk over the symbols of a module
 * @lookup:	The wanted symbols.
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
static int klp_find_module_symbol(void *data, const char *name, unsigned long addr)
{
	struct klp_module_walk *walk = data;
	struct klp_word word = klp_word(name);

	if (!walk->mod)
		walk->mod = find_module(walk->name);
	/*
	 * Symbols of init code, which is freed when the module has been loaded, must
	 * neither be patched nor be counted.
	 */
	if (!within_module_init(addr, walk->mod))
		klp_lookup_seen(walk->lookup, walk->object, word,
				klp_word_hash(&word), addr);
	return 0;
}

/* Find the wanted symbols of a module, if it is loaded. */
static void klp_find_in_module(const struct klp_lookup *lookup,
			       struct klp_word object)
{
	struct klp_module_walk walk = { .lookup = lookup, .object = object };
	char name[MODULE_NAME_LEN];

	/* No module has a name that is too long. */
	if (object.len >= sizeof(name))
		return;
	memcpy(name, object.start, object.len);
	name[object.len] = '\0';
	walk.name = name;
	module_kallsyms_on_each_symbol(name, klp_find_module_symbol, &walk);
}

/**
 * klp_find_symbols - find all symbols that are wanted
 * @lookup: the wanted symbols; their addresses are filled in
 * @cold: find the out-of-line parts of vmlinux's functions among them as well. Of
 *	several functions with one name, nothing tells which part belongs to which
 *	function: all parts are found
 *
 * At most one walk over the symbol table of each object, however many symbols are
 * wanted. Logs one line if a symbol is at fault.
 *
 * Context: Process, may sleep; takes module_mutex. The caller has to keep the
 * modules from being unloaded as long as it uses the addresses.
 * Return: 0, -EINVAL if a symbol does not exist, if with a position of 0 there is
 * more than one, or if the module is not loaded; -ENOMEM.
 */
int klp_find_symbols(struct klp_lookup *lookup, bool cold)
{
	struct klp_wanted *wanted, *before = NULL;
	unsigned int i;
	int ret;

	klp_lookup_sort(lookup);
	for (i = 0; i < lookup->nr; before = wanted, i++) {
		wanted = lookup->sorted[i];
		if (before && !klp_word_cmp(&before->object, &wanted->object))
			continue;
		if (!klp_word_is(&wanted->object, "vmlinux")) {
			klp_find_in_module(lookup, wanted->object);
			continue;
		}
		ret = klp_find_in_vmlinux(lookup, i, cold);
		if (ret)
			return ret;
	}
	return klp_lookup_check(lookup);
}
