// SPDX-License-Identifier: GPL-2.0
/*
 * Module loader: what it does for live patching.
 *
 * A patch module may have relocations to symbols of vmlinux that are not
 * exported, and to symbols of modules that are not loaded yet. The former are
 * made when all other relocations are. For the latter, the parts of the ELF
 * file that they need are copied, because the loader frees its own when the
 * patch module has been loaded.
 *
 * Of each module the build id is kept, for patches that were made for one build only.
 */
#include <linux/buildid.h>
#include <linux/elf.h>
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
 * module_livepatch_relocate - make a module's livepatch relocations to vmlinux
 * @mod: the module; its ordinary relocations have been made
 * @info: its file
 *
 * Relocations to other modules are made when these are loaded and patched.
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

/* Find the note with the build id. @build_id stays as it is if there is none. */
static void find_build_id(const struct load_info *info, unsigned char *build_id)
{
	unsigned int i;

	for (i = 1; i < info->hdr->e_shnum; i++) {
		const Elf_Shdr *shdr = &info->sechdrs[i];

		if (shdr->sh_type == SHT_NOTE && (shdr->sh_flags & SHF_ALLOC) &&
		    !build_id_parse_buf((void *)shdr->sh_addr, build_id, shdr->sh_size))
			return;
	}
}

/**
 * module_livepatch_keep - keep what patching a module and relocating a patch need
 * @mod: the module, relocated
 * @info: its file
 *
 * Context: Process, may sleep; while @mod is being loaded.
 * Return: 0 or -ENOMEM. In both cases the caller calls module_livepatch_free()
 * before the module is freed.
 */
int module_livepatch_keep(struct module *mod, const struct load_info *info)
{
	const Elf_Shdr *symtab = &info->sechdrs[info->index.sym];
	const Elf_Shdr *strtab = &info->sechdrs[info->index.str];
	struct klp_elf *elf;
	void *symbols;

	elf = kzalloc(sizeof(*elf), GFP_KERNEL);
	if (!elf)
		return -ENOMEM;
	mod->klp_elf = elf;
	find_build_id(info, elf->build_id);
	if (!is_livepatch_module(mod))
		return 0;

	elf->nr_sections = info->hdr->e_shnum;
	elf->symindex = info->index.sym;

	elf->sechdrs = kvmemdup(info->sechdrs, array_size(elf->nr_sections,
							  sizeof(Elf_Shdr)),
				GFP_KERNEL);
	elf->secstrings = kvmemdup(info->secstrings,
				   info->sechdrs[info->hdr->e_shstrndx].sh_size,
				   GFP_KERNEL);
	elf->strtab = copy_section(strtab);
	/* The loader's own copy is freed after the module's init function. */
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
 * module_livepatch_free - free what module_livepatch_keep() has kept
 * @mod: the module; does nothing if nothing of it was kept
 *
 * Context: Process, may sleep; @mod is no longer in use.
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
