// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: from names to addresses and sizes.
 *
 * Symbols of vmlinux are found by binary search in kallsyms; those of a module
 * have to be collected in one walk over its symbol table.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bsearch.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "symbol.h"

/* What the compiler appends to the name of a function's unlikely part */
#define KLP_COLD_SUFFIX ".cold"

struct klp_match {
	unsigned long sympos;
	unsigned long seen;
	unsigned long addr;
};

/* kallsyms calls this for all symbols of a name, by ascending address. */
static int klp_match_symbol(void *data, unsigned long addr)
{
	struct klp_match *match = data;

	match->seen++;
	if (match->seen == max(match->sympos, 1UL))
		match->addr = addr;

	/* Go on until the answer, or the ambiguity, is certain. */
	return match->seen > max(match->sympos, 1UL);
}

/**
 * klp_find_function - find a function of vmlinux
 * @name: its name
 * @sympos: which of that name, from 1; 0 if there must be only one
 * @span: filled in with its address and size
 *
 * Logs one line on failure.
 *
 * Context: Process.
 * Return: 0, -EINVAL if there is no such function, or more than one with
 * @sympos 0, -ENOENT if its size is not known.
 */
int klp_find_function(const char *name, unsigned long sympos,
		      struct klp_span *span)
{
	struct klp_match match = { .sympos = sympos };
	unsigned long offset;

	kallsyms_on_each_match_symbol(klp_match_symbol, name, &match);

	if (!match.seen) {
		pr_err("symbol '%s' not found in symbol table\n", name);
		return -EINVAL;
	}
	if (!sympos && match.seen > 1) {
		pr_err("unresolvable ambiguity for symbol '%s' in object '%s'\n",
		       name, "vmlinux");
		return -EINVAL;
	}
	if (!match.addr) {
		pr_err("symbol position %lu for symbol '%s' in object '%s' not found\n",
		       sympos, name, "vmlinux");
		return -EINVAL;
	}
	if (!kallsyms_lookup_size_offset(match.addr, &span->size, &offset)) {
		pr_err("kallsyms size lookup failed for '%s'\n", name);
		return -ENOENT;
	}
	span->start = match.addr;
	return 0;
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

struct klp_symtab_walk {
	struct klp_symtab	*symtab;
	unsigned long		start;
	bool			store;
};

static int klp_symtab_symbol(void *data, const char *name, unsigned long addr)
{
	struct klp_symtab_walk *walk = data;
	struct klp_symtab *symtab = walk->symtab;
	size_t len = strlen(name);

	if (addr < walk->start || addr >= symtab->end)
		return 0;

	if (walk->store)
		symtab->addrs[symtab->nr] = addr;
	symtab->nr++;

	if (len > strlen(KLP_COLD_SUFFIX) &&
	    !strcmp(name + len - strlen(KLP_COLD_SUFFIX), KLP_COLD_SUFFIX)) {
		if (walk->store)
			symtab->cold[symtab->nr_cold].start = addr;
		symtab->nr_cold++;
	}
	return 0;
}

static int klp_cmp_addr(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static unsigned long klp_symtab_size(const struct klp_symtab *symtab,
				     unsigned long addr)
{
	unsigned long *at = bsearch(&addr, symtab->addrs, symtab->nr,
				    sizeof(addr), klp_cmp_addr);

	if (!at)
		return 0;
	if (at + 1 == symtab->addrs + symtab->nr)
		return symtab->end - addr;
	return at[1] - addr;
}

/**
 * klp_symtab_load - collect the symbols in a module's code
 * @symtab: to be filled in; to be freed with klp_symtab_free() on success
 * @mod: the module, which must not go meanwhile
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int klp_symtab_load(struct klp_symtab *symtab, struct module *mod)
{
	struct module_memory *text = &mod->mem[MOD_TEXT];
	struct klp_symtab_walk walk = {
		.symtab = symtab,
		.start = (unsigned long)text->base,
	};
	unsigned int i, nr;

	memset(symtab, 0, sizeof(*symtab));
	symtab->end = walk.start + text->size;
	module_kallsyms_on_each_symbol(mod->name, klp_symtab_symbol, &walk);

	symtab->addrs = kvcalloc(symtab->nr, sizeof(*symtab->addrs),
				 GFP_KERNEL);
	symtab->cold = kvcalloc(symtab->nr_cold, sizeof(*symtab->cold),
				GFP_KERNEL);
	if (!symtab->addrs || !symtab->cold) {
		klp_symtab_free(symtab);
		return -ENOMEM;
	}

	symtab->nr = 0;
	symtab->nr_cold = 0;
	walk.store = true;
	module_kallsyms_on_each_symbol(mod->name, klp_symtab_symbol, &walk);

	sort(symtab->addrs, symtab->nr, sizeof(*symtab->addrs), klp_cmp_addr,
	     NULL);
	for (i = 1, nr = !!symtab->nr; i < symtab->nr; i++)
		if (symtab->addrs[i] != symtab->addrs[nr - 1])
			symtab->addrs[nr++] = symtab->addrs[i];
	symtab->nr = nr;

	for (i = 0; i < symtab->nr_cold; i++)
		symtab->cold[i].size = klp_symtab_size(symtab,
						       symtab->cold[i].start);
	return 0;
}

/**
 * klp_symtab_function - address and size of a replacement
 * @symtab: symbols of the patch module
 * @addr: where the replacement begins
 * @name: name of the function it replaces
 * @span: filled in
 *
 * A replacement is nearly always in the patch module. If it is not, the slow
 * way through kallsyms is taken. Logs one line on failure.
 *
 * Context: Process.
 * Return: 0 or -ENOENT if the size is not known.
 */
int klp_symtab_function(const struct klp_symtab *symtab, unsigned long addr,
			const char *name, struct klp_span *span)
{
	unsigned long offset;

	span->start = addr;
	span->size = klp_symtab_size(symtab, addr);
	if (span->size)
		return 0;
	if (kallsyms_lookup_size_offset(addr, &span->size, &offset) && !offset)
		return 0;

	pr_err("kallsyms size lookup failed for '%s' replacement\n", name);
	return -ENOENT;
}

/**
 * klp_symtab_free - free what klp_symtab_load() has allocated
 * @symtab: the symbols; those that are NULL already are no harm
 *
 * Context: Process, may sleep.
 */
void klp_symtab_free(struct klp_symtab *symtab)
{
	kvfree(symtab->addrs);
	kvfree(symtab->cold);
	symtab->addrs = NULL;
	symtab->cold = NULL;
}
