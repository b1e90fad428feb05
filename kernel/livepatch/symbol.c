// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: from names to addresses.
 *
 * Symbols of vmlinux are found by binary search in kallsyms. A module has no
 * index: what is wanted of it is sorted, and its symbol table is gone through
 * once for all of that.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "symbol.h"

/**
 * klp_word - a whole string as a word
 * @string: the string, which has to stay
 *
 * Return: the word.
 */
struct klp_word klp_word(const char *string)
{
	return (struct klp_word) { .start = string, .len = strlen(string) };
}

/**
 * klp_word_cmp - compare two words
 * @a: one
 * @b: the other one
 *
 * Return: less than, equal to or greater than 0, as @a is before, equal to or
 * after @b in some order.
 */
int klp_word_cmp(const struct klp_word *a, const struct klp_word *b)
{
	return memcmp(a->start, b->start, min(a->len, b->len)) ?:
	       a->len - b->len;
}

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
 *
 * The words have to stay until klp_lookup_free().
 */
void klp_lookup_add(struct klp_lookup *lookup, struct klp_word object,
		    struct klp_word name, unsigned long sympos)
{
	if (WARN_ON_ONCE(lookup->nr == lookup->max))
		return;
	lookup->sorted[lookup->nr] = &lookup->wanted[lookup->nr];
	lookup->wanted[lookup->nr++] = (struct klp_wanted) {
		.object = object,
		.name = name,
		.sympos = sympos,
	};
}

static int klp_cmp_wanted(const void *a, const void *b)
{
	const struct klp_wanted *x = *(const struct klp_wanted **)a;
	const struct klp_wanted *y = *(const struct klp_wanted **)b;

	return klp_word_cmp(&x->object, &y->object) ?:
	       klp_word_cmp(&x->name, &y->name);
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
 * klp_lookup_wants - is a symbol among those that are wanted?
 * @lookup: after klp_lookup_run()
 * @object: the object it is in
 * @name: its name
 *
 * Context: Any.
 * Return: true if it is.
 */
bool klp_lookup_wants(const struct klp_lookup *lookup, struct klp_word object,
		      struct klp_word name)
{
	const struct klp_wanted wanted = { .object = object, .name = name };
	const struct klp_wanted *key = &wanted;
	unsigned int i = klp_lookup_first(lookup, key);

	return i < lookup->nr && !klp_cmp_wanted(&lookup->sorted[i], &key);
}

/* Symbols of one name are seen in the order that positions are counted in. */
static void klp_wanted_seen(struct klp_wanted *wanted, unsigned long addr)
{
	if (++wanted->seen == max(wanted->sympos, 1UL))
		wanted->addr = addr;
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

/**
 * struct klp_module_walk - going through the symbols of a module
 * @lookup:	What is wanted.
 * @object:	The module's name.
 * @mod:	The module. NULL before the first symbol.
 */
struct klp_module_walk {
	const struct klp_lookup	*lookup;
	struct klp_word		object;
	struct module		*mod;
};

/* Called with module_mutex held */
static int klp_module_symbol(void *data, const char *name, unsigned long addr)
{
	struct klp_module_walk *walk = data;
	const struct klp_wanted wanted = {
		.object = walk->object,
		.name = klp_word(name),
	};
	const struct klp_wanted *key = &wanted;
	const struct klp_lookup *lookup = walk->lookup;
	unsigned int i;

	if (!walk->mod)
		walk->mod = find_module(walk->object.start);
	/*
	 * What is only there while the module is being loaded must neither be
	 * patched nor change how others are counted.
	 */
	if (within_module_init(addr, walk->mod))
		return 0;

	for (i = klp_lookup_first(lookup, key);
	     i < lookup->nr && !klp_cmp_wanted(&lookup->sorted[i], &key); i++)
		klp_wanted_seen(lookup->sorted[i], addr);
	return 0;
}

/* Find all that is wanted of one module, if it is loaded. */
static void klp_lookup_module(const struct klp_lookup *lookup,
			      struct klp_word object)
{
	struct klp_module_walk walk = { .lookup = lookup };
	char name[MODULE_NAME_LEN];

	/* A name that is too long is not there. */
	if (object.len >= sizeof(name))
		return;
	memcpy(name, object.start, object.len);
	name[object.len] = '\0';
	walk.object = klp_word(name);
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
	if (!wanted->addr) {
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
 *
 * One walk over the symbol table of each module, however many are wanted. Logs
 * one line on failure.
 *
 * Context: Process, may sleep; takes module_mutex. Addresses in a module are
 * good as long as the caller keeps that from going.
 * Return: 0, or -EINVAL if a symbol does not exist, if with a position of 0
 * there is more than one, or if the module is not loaded.
 */
int klp_lookup_run(struct klp_lookup *lookup)
{
	struct klp_wanted *wanted, *before = NULL;
	unsigned int i;
	int ret;

	sort(lookup->sorted, lookup->nr, sizeof(*lookup->sorted),
	     klp_cmp_wanted, NULL);

	for (i = 0; i < lookup->nr; before = wanted, i++) {
		wanted = lookup->sorted[i];
		if (klp_word_is(&wanted->object, "vmlinux"))
			klp_lookup_vmlinux(wanted);
		else if (!before ||
			 klp_word_cmp(&before->object, &wanted->object))
			klp_lookup_module(lookup, wanted->object);
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
	*lookup = (struct klp_lookup) { };
}

struct klp_cold_walk {
	klp_span_fn	fn;
	void		*arg;
};

static int klp_cold_symbol(void *data, unsigned long addr)
{
	struct klp_cold_walk *walk = data;
	struct klp_span span = { .start = addr };
	unsigned long offset;

	if (!kallsyms_lookup_size_offset(addr, &span.size, &offset))
		return 0;
	return walk->fn(span, walk->arg);
}

/**
 * klp_visit_cold_parts - visit the out-of-line parts of a vmlinux function
 * @name: its name
 * @fn: called with each; an error ends the walk
 * @arg: passed to @fn
 *
 * A task in the cold part of a function has no return address in the function
 * proper. With several functions of the same name nothing tells whose part is
 * whose, and all are visited: who waits for tasks to leave may wait for too
 * many.
 *
 * Context: Process.
 * Return: 0 or the error of @fn.
 */
int klp_visit_cold_parts(const char *name, klp_span_fn fn, void *arg)
{
	struct klp_cold_walk walk = { .fn = fn, .arg = arg };
	char cold[KSYM_NAME_LEN];

	/* A name that leaves no room for the suffix has no such symbol. */
	if (snprintf(cold, sizeof(cold), "%s" KLP_COLD_SUFFIX, name) >=
	    sizeof(cold))
		return 0;

	return kallsyms_on_each_match_symbol(klp_cold_symbol, cold, &walk);
}
