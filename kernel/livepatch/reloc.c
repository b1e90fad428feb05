// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: relocations of patch modules to symbols that only live
 * patching can find.
 *
 * The relocations of an object are made together and undone together. Undoing
 * restores what was in the patch module's file, so that they can be made again
 * when the object is loaded again at another address.
 *
 * Relocations are undone when the object is unloaded, and stay when the patch
 * is disabled: until the patch module is unloaded its code may run, for a
 * parameter or in its exit function.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/livepatch_module.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/moduleloader.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "find.h"
#include "klp.h"
#include "reloc.h"
#include "section.h"

/**
 * struct klp_relocated - relocations of a patch module that have been made
 * @list:	In klp_relocated_list.
 * @mod:	The patch module.
 * @object:	Name of the module that the relocations refer to.
 */
struct klp_relocated {
	struct list_head	list;
	struct module		*mod;
	char			object[MODULE_NAME_LEN];
};

/* Protected by klp_mutex */
static LIST_HEAD(klp_relocated_list);

/* Note the symbols that a section's relocations refer to. */
static int klp_relocs_scan(struct klp_relocs *relocs, unsigned int section)
{
	const struct klp_elf *elf = relocs->elf;
	const Elf_Shdr *shdr = &elf->sechdrs[section];
	const Elf_Rela *rela = (const Elf_Rela *)shdr->sh_addr;
	unsigned int i, symbol;

	for (i = 0; i < shdr->sh_size / sizeof(*rela); i++) {
		symbol = ELF_R_SYM(rela[i].r_info);
		if (symbol >= relocs->nr_symbols) {
			pr_err("section %s refers to symbol %u, which does not exist\n",
			       elf->secstrings + shdr->sh_name, symbol);
			return -EINVAL;
		}
		if (!__test_and_set_bit(symbol, relocs->used))
			relocs->nr_used++;
	}
	return 0;
}

/**
 * klp_reloc_init - find the symbols that an object's relocations refer to
 * @relocs: filled in; to be freed with klp_reloc_free(), also on error
 * @elf: the patch module's file; NULL if there is nothing to relocate
 * @object: "vmlinux" or the name of a module
 *
 * Logs one line if a section is malformed.
 *
 * Context: Process, may sleep.
 * Return: 0, -EINVAL if a section is malformed, -ENOMEM.
 */
int klp_reloc_init(struct klp_relocs *relocs, const struct klp_elf *elf,
		   const char *object)
{
	unsigned int section;
	int ret;

	*relocs = (struct klp_relocs) { .elf = elf, .object = object };
	if (!elf)
		return 0;

	relocs->nr_symbols = elf->sechdrs[elf->symindex].sh_size /
			     sizeof(Elf_Sym);
	relocs->used = bitmap_zalloc(relocs->nr_symbols, GFP_KERNEL);
	if (!relocs->used)
		return -ENOMEM;
	klp_for_each_section(section, elf, object) {
		ret = klp_relocs_scan(relocs, section);
		if (ret)
			return ret;
	}
	return 0;
}

static int klp_relocs_want_symbol(const struct klp_relocs *relocs,
				  const Elf_Sym *sym,
				  struct klp_lookup *lookup)
{
	const struct klp_word vmlinux = klp_word("vmlinux");
	const char *name = relocs->elf->strtab + sym->st_name;
	struct klp_word object, symbol;
	unsigned long sympos;

	if (sym->st_shndx != SHN_LIVEPATCH) {
		pr_err("symbol %s is not marked as a livepatch symbol\n", name);
		return -EINVAL;
	}
	if (klp_section_parse_symbol(name, &object, &symbol, &sympos)) {
		pr_err("symbol %s has an incorrectly formatted name\n", name);
		return -EINVAL;
	}
	/* It belongs in a section for vmlinux, which is relocated earlier. */
	if (!klp_word_cmp(&object, &vmlinux) &&
	    strcmp(relocs->object, "vmlinux")) {
		pr_err("invalid access to vmlinux symbol '%.*s' from module-specific livepatch relocation section\n",
		       symbol.len, symbol.start);
		return -EINVAL;
	}
	klp_lookup_add(lookup, object, symbol, sympos, false);
	return 0;
}

/**
 * klp_reloc_want - ask for the symbols that relocations refer to
 * @relocs: the relocations
 * @lookup: the lookup, with room for &klp_relocs.nr_used more symbols
 *
 * Logs one line if a symbol is malformed.
 *
 * Return: 0, or -EINVAL if a symbol is malformed.
 */
int klp_reloc_want(const struct klp_relocs *relocs, struct klp_lookup *lookup)
{
	unsigned int i;
	int ret;

	for_each_set_bit(i, relocs->used, relocs->nr_symbols) {
		ret = klp_relocs_want_symbol(relocs,
					     klp_section_symbols(relocs->elf) + i,
					     lookup);
		if (ret)
			return ret;
	}
	return 0;
}

/* Clear the relocations of an object in sections below @end. */
static void klp_relocs_clear_below(const struct klp_elf *elf,
				   const char *object, unsigned int end,
				   struct module *mod)
{
	unsigned int section;

	klp_for_each_section(section, elf, object) {
		if (section >= end)
			break;
		clear_relocate_add(elf->sechdrs, elf->strtab, elf->symindex,
				   section, mod);
	}
}

static struct klp_relocated *klp_relocated_find(const struct module *mod,
						const char *object)
{
	struct klp_relocated *done;

	list_for_each_entry(done, &klp_relocated_list, list)
		if (done->mod == mod && !strcmp(done->object, object))
			return done;
	return NULL;
}

static void klp_relocated_free(struct klp_relocated *done)
{
	list_del(&done->list);
	kfree(done);
}

/* Write the relocations of an object. On error none is written. */
static int klp_relocs_write(const struct klp_relocs *relocs,
			    const struct klp_wanted *found, struct module *mod)
{
	const struct klp_elf *elf = relocs->elf;
	unsigned int i, section;
	int ret;

	for_each_set_bit(i, relocs->used, relocs->nr_symbols)
		klp_section_symbols(elf)[i].st_value = found++->addr;

	klp_for_each_section(section, elf, relocs->object) {
		ret = apply_relocate_add(elf->sechdrs, elf->strtab,
					 elf->symindex, section, mod);
		if (ret) {
			/* It has undone the relocations of this section. */
			klp_relocs_clear_below(elf, relocs->object, section,
					       mod);
			return ret;
		}
	}
	return 0;
}

/**
 * klp_reloc_apply - make the relocations to a module
 * @relocs: the relocations
 * @found: the symbols that klp_reloc_want() has added, after the lookup
 * @mod: the patch module
 *
 * If the relocations were made before, when the patch was enabled earlier, they
 * are made anew.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, -ENOMEM, or an errno of apply_relocate_add(), which has logged
 * why. On error the relocations are cleared.
 */
int klp_reloc_apply(const struct klp_relocs *relocs,
		    const struct klp_wanted *found, struct module *mod)
{
	struct klp_relocated *done;
	int ret;

	lockdep_assert_held(&klp_mutex);

	if (!relocs->nr_used)
		return 0;

	klp_reloc_clear(mod, relocs->object);
	done = kzalloc(sizeof(*done), GFP_KERNEL);
	if (!done)
		return -ENOMEM;
	ret = klp_relocs_write(relocs, found, mod);
	if (ret) {
		kfree(done);
		return ret;
	}
	done->mod = mod;
	strscpy(done->object, relocs->object, sizeof(done->object));
	list_add(&done->list, &klp_relocated_list);
	return 0;
}

static void klp_relocated_clear(struct klp_relocated *done)
{
	const struct klp_elf *elf = done->mod->klp_elf;

	klp_relocs_clear_below(elf, done->object, elf->nr_sections, done->mod);
	klp_relocated_free(done);
}

/**
 * klp_reloc_clear - undo klp_reloc_apply()
 * @mod: the patch module
 * @object: name of the module that the relocations refer to; they may have been
 *	cleared already, or never been made
 *
 * Context: Process, may sleep; klp_mutex held; no task runs the relocated code.
 */
void klp_reloc_clear(const struct module *mod, const char *object)
{
	struct klp_relocated *done;

	lockdep_assert_held(&klp_mutex);

	done = klp_relocated_find(mod, object);
	if (done)
		klp_relocated_clear(done);
}

/**
 * klp_reloc_unload - forget a module that is being unloaded
 * @mod: the module, whose code no task runs any more
 *
 * Clears the relocations that patch modules have to @mod, and drops the records
 * of those in @mod itself.
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_reloc_unload(const struct module *mod)
{
	struct klp_relocated *done, *next;

	lockdep_assert_held(&klp_mutex);

	list_for_each_entry_safe(done, next, &klp_relocated_list, list) {
		if (done->mod == mod)
			klp_relocated_free(done);
		else if (!strcmp(done->object, mod->name))
			klp_relocated_clear(done);
	}
}

/**
 * klp_reloc_free - free what klp_reloc_init() has allocated
 * @relocs: the relocations
 */
void klp_reloc_free(struct klp_relocs *relocs)
{
	bitmap_free(relocs->used);
	relocs->used = NULL;
}

/**
 * klp_reloc_vmlinux - make a patch module's relocations to vmlinux
 * @mod: the module, none of whose code has been run or read yet
 * @elf: its file
 *
 * Also validates the sections with its relocations to modules. Logs one line if
 * a section or symbol is at fault.
 *
 * Context: Process, may sleep; called by the module loader for every module.
 * Return: 0, also if @mod has no livepatch relocations; -EINVAL if a section or
 * a symbol is malformed, a symbol cannot be found, or @mod has such relocations
 * and is no patch module; -ENOMEM, or the error of apply_relocate_add().
 */
int klp_reloc_vmlinux(struct module *mod, const struct klp_elf *elf)
{
	struct klp_lookup lookup = { };
	struct klp_relocs relocs;
	int ret;

	/* Ordinary modules have no such sections. */
	ret = klp_section_check_all(elf, mod);
	if (ret <= 0)
		return ret;
	ret = klp_reloc_init(&relocs, elf, "vmlinux");
	if (ret)
		goto out;
	ret = klp_lookup_init(&lookup, relocs.nr_used);
	if (ret)
		goto out;
	ret = klp_reloc_want(&relocs, &lookup);
	if (ret)
		goto out;
	ret = klp_find_symbols(&lookup, false);
	if (ret)
		goto out;
	ret = klp_relocs_write(&relocs, lookup.wanted, mod);
out:
	klp_lookup_free(&lookup);
	klp_reloc_free(&relocs);
	return ret;
}
