// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: where the functions in a module's code begin and end.
 *
 * The symbols are collected once per module. kallsyms would go through all of
 * them for each function.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bsearch.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/livepatch_module.h>
#include <linux/module.h>
#include <linux/module_symbol.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "lookup.h"
#include "symtab.h"

/* Names of the sections for out-of-line parts begin with this. */
#define KLP_COLD_PREFIX ".text.unlikely"

/**
 * struct klp_symtab_walk - a walk over the symbols of a module
 * @symtab:	The symbols that have been collected.
 * @object:	The module's name.
 * @lookup:	If not NULL: collect out-of-line parts only of functions that
 *		this patches.
 * @store:	Collect the symbols. Otherwise only count them.
 */
struct klp_symtab_walk {
	struct klp_symtab	*symtab;
	struct klp_word		object;
	const struct klp_lookup	*lookup;
	bool			store;
};

/* Tell whether a symbol is an out-of-line part that has to be collected. */
static bool klp_symtab_cold(const struct klp_symtab_walk *walk,
			    const char *name)
{
	struct klp_word word = klp_word(name);

	return klp_word_cold(&word) &&
	       (!walk->lookup ||
		klp_lookup_patches(walk->lookup, walk->object, word));
}

static int klp_symtab_symbol(void *data, const char *name, unsigned long addr)
{
	struct klp_symtab_walk *walk = data;
	struct klp_symtab *symtab = walk->symtab;

	if (addr < symtab->start || addr >= symtab->end)
		return 0;
	/* No function begins at these; kallsyms ignores them, too. */
	if (!*name || is_mapping_symbol(name))
		return 0;

	if (walk->store)
		symtab->addrs[symtab->nr] = addr;
	symtab->nr++;

	if (klp_symtab_cold(walk, name)) {
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

/**
 * klp_symtab_size - get the size of a function
 * @symtab: symbols of the function's module
 * @addr: where the function begins
 *
 * Context: Any.
 * Return: the size in bytes, 0 if no symbol is at @addr.
 */
unsigned long klp_symtab_size(const struct klp_symtab *symtab,
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

/*
 * Collect the sections with out-of-line parts, or only count them if @cold is
 * NULL: a stripped patch module has lost the names of the parts, but not those
 * of the sections.
 *
 * Return: the number of these sections.
 */
static unsigned int klp_symtab_cold_sections(const struct klp_symtab *symtab,
					     struct klp_span *cold)
{
	const struct klp_elf *elf = symtab->mod->klp_elf;
	unsigned int i, nr = 0;

	for (i = 1; elf && i < elf->nr_sections; i++) {
		const Elf_Shdr *shdr = &elf->sechdrs[i];

		if (!(shdr->sh_flags & SHF_ALLOC) || !shdr->sh_size ||
		    shdr->sh_addr < symtab->start ||
		    shdr->sh_addr >= symtab->end ||
		    !strstarts(elf->secstrings + shdr->sh_name, KLP_COLD_PREFIX))
			continue;
		if (cold)
			cold[nr] = (struct klp_span) {
				shdr->sh_addr, shdr->sh_size
			};
		nr++;
	}
	return nr;
}

/**
 * klp_symtab_load - collect the symbols in a module's code
 * @symtab: to be filled in; to be freed with klp_symtab_free() on success
 * @mod: the module, which must stay loaded meanwhile
 * @lookup: if not NULL: a lookup that has been run; out-of-line parts are
 *	collected only of functions that it patches
 *
 * Context: Process, may sleep; takes module_mutex.
 * Return: 0 or -ENOMEM.
 */
int klp_symtab_load(struct klp_symtab *symtab, struct module *mod,
		    const struct klp_lookup *lookup)
{
	struct module_memory *text = &mod->mem[MOD_TEXT];
	struct klp_symtab_walk walk = {
		.symtab = symtab,
		.object = klp_word(mod->name),
		.lookup = lookup,
	};
	unsigned int i, nr;

	memset(symtab, 0, sizeof(*symtab));
	symtab->mod = mod;
	symtab->start = (unsigned long)text->base;
	symtab->end = symtab->start + text->size;
	module_kallsyms_on_each_symbol(mod->name, klp_symtab_symbol, &walk);
	symtab->nr_cold += klp_symtab_cold_sections(symtab, NULL);

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
	symtab->nr_cold += klp_symtab_cold_sections(symtab, symtab->cold + i);
	return 0;
}

/*
 * Find the code around @addr: from the last symbol at or before it to the next
 * one. Return: false if @addr is not in the module's code.
 */
static bool klp_symtab_enclosing(const struct klp_symtab *symtab,
				 unsigned long addr, struct klp_span *span)
{
	unsigned int low = 0, high = symtab->nr;
	unsigned long end;

	if (addr < symtab->start || addr >= symtab->end)
		return false;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (symtab->addrs[middle] <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	span->start = low ? symtab->addrs[low - 1] : symtab->start;
	end = low < symtab->nr ? symtab->addrs[low] : symtab->end;
	span->size = end - span->start;
	return true;
}

/**
 * klp_symtab_function - find the code of a replacement
 * @symtab: symbols of the patch module
 * @addr: where the replacement begins
 * @name: name of the function it replaces
 * @span: filled in; contains the replacement, and begins before it if the
 *	module was stripped of the replacement's own symbol
 *
 * A replacement is nearly always in the patch module. If it is elsewhere,
 * kallsyms is asked, which is slow. Logs one line on failure.
 *
 * Context: Process.
 * Return: 0, -ENOENT if the size is not known, or -EINVAL if the replacement is
 * in init code, which is freed after loading.
 */
int klp_symtab_function(const struct klp_symtab *symtab, unsigned long addr,
			const char *name, struct klp_span *span)
{
	unsigned long offset;

	if (klp_symtab_enclosing(symtab, addr, span))
		return 0;
	if (within_module_init(addr, symtab->mod)) {
		pr_err("the replacement of '%s' is in an init section\n", name);
		return -EINVAL;
	}
	span->start = addr;
	if (kallsyms_lookup_size_offset(addr, &span->size, &offset) && !offset)
		return 0;

	pr_err("kallsyms size lookup failed for '%s' replacement\n", name);
	return -ENOENT;
}

/**
 * klp_symtab_free - free what klp_symtab_load() has allocated
 * @symtab: the symbols; pointers in it may be NULL
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
