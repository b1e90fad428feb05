// SPDX-License-Identifier: GPL-2.0
/*
 * Module loader: what it does for live patching.
 *
 * A patch module may have relocations whose symbols are not exported, or whose
 * target is not there yet. The first are made when all others are. For the
 * second ones the parts of the ELF file that they need are kept, since those of
 * the file itself go when the module has been loaded.
 */
#include <linux/livepatch_module.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

static struct klp_elf load_info_elf(const struct load_info *info)
{
	return (struct klp_elf) {
		.sechdrs = info->sechdrs,
		.nr_sections = info->hdr->e_shnum,
		.secstrings = info->secstrings,
		.symindex = info->index.sym,
		.strtab = info->strtab,
	};
}

/**
 * module_livepatch_relocate - make a module's relocations to hidden symbols
 * @mod: the module, all other relocations of which have been made
 * @info: its file
 *
 * Only those to vmlinux; others wait until what they refer to is there.
 *
 * Context: Process, may sleep; while @mod is being loaded.
 * Return: 0 or the error of klp_reloc_vmlinux().
 */
int module_livepatch_relocate(struct module *mod, const struct load_info *info)
{
	const struct klp_elf elf = load_info_elf(info);

	return klp_reloc_vmlinux(mod, &elf);
}

static void *copy_section(const Elf_Shdr *shdr)
{
	return kvmemdup((void *)shdr->sh_addr, shdr->sh_size, GFP_KERNEL);
}

/**
 * module_livepatch_keep - keep what later relocations of a patch module need
 * @mod: the module, relocated
 * @info: its file
 *
 * Context: Process, may sleep; while @mod is being loaded.
 * Return: 0 or -ENOMEM. In any case module_livepatch_free() is to be called
 * before the module goes.
 */
int module_livepatch_keep(struct module *mod, const struct load_info *info)
{
	const Elf_Shdr *symtab = &info->sechdrs[info->index.sym];
	const Elf_Shdr *strtab = &info->sechdrs[info->index.str];
	struct klp_elf *elf;
	void *symbols;

	if (!is_livepatch_module(mod))
		return 0;

	elf = kmalloc(sizeof(*elf), GFP_KERNEL);
	if (!elf)
		return -ENOMEM;
	mod->klp_elf = elf;
	*elf = load_info_elf(info);

	elf->sechdrs = kvmemdup(info->sechdrs, array_size(elf->nr_sections,
							  sizeof(Elf_Shdr)),
				GFP_KERNEL);
	elf->secstrings = kvmemdup(info->secstrings,
				   info->sechdrs[info->hdr->e_shstrndx].sh_size,
				   GFP_KERNEL);
	elf->strtab = copy_section(strtab);
	/* Where the loader has put it, it goes after the module's init. */
	symbols = copy_section(symtab);
	if (!elf->sechdrs || !elf->secstrings || !elf->strtab || !symbols) {
		kvfree(symbols);
		kvfree(elf->sechdrs);
		elf->sechdrs = NULL;
		return -ENOMEM;
	}
	elf->sechdrs[elf->symindex].sh_addr = (unsigned long)symbols;
	return 0;
}

/**
 * module_livepatch_free - free what was kept
 * @mod: the module; for one that nothing was kept of, this does nothing
 *
 * Context: Process, may sleep; nobody uses @mod any more.
 */
void module_livepatch_free(struct module *mod)
{
	struct klp_elf *elf = mod->klp_elf;

	if (!elf)
		return;
	if (elf->sechdrs)
		kvfree((void *)elf->sechdrs[elf->symindex].sh_addr);
	kvfree(elf->sechdrs);
	kvfree(elf->secstrings);
	kvfree(elf->strtab);
	kfree(elf);
	mod->klp_elf = NULL;
}
