// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the sections of a patch module.
 */
#include <linux/export.h>
#include <linux/livepatch.h>
#include <linux/livepatch_module.h>
#include <linux/module.h>
#include <linux/string.h>

/**
 * klp_find_section_by_name - find a section of a patch module in memory
 * @mod: the patch module
 * @name: the section's name
 * @sec_size: set to its size in bytes, to 0 if there is no such section
 *
 * For tables that a builder has put into a section of their own. A section
 * whose name begins with ".init" is in memory only until the module's init
 * function has returned.
 *
 * Context: Any; the caller keeps @mod from being unloaded.
 * Return: the section's address; NULL if no section has that name, if the
 * section is not in memory, or if @mod is not a patch module.
 */
void *klp_find_section_by_name(const struct module *mod, const char *name,
			       size_t *sec_size)
{
	const struct klp_elf *elf = mod->klp_elf;
	unsigned int i;

	*sec_size = 0;

	for (i = 1; elf && i < elf->nr_sections; i++) {
		const Elf_Shdr *shdr = &elf->sechdrs[i];

		/* Not in memory: no name, or a stale address */
		if (!(shdr->sh_flags & SHF_ALLOC) || shdr->sh_type == SHT_NULL ||
		    !within_module(shdr->sh_addr, mod) ||
		    strcmp(elf->secstrings + shdr->sh_name, name))
			continue;
		*sec_size = shdr->sh_size;
		return (void *)shdr->sh_addr;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(klp_find_section_by_name);
