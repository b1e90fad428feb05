/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: the interface with the module loader.
 */
#ifndef _LINUX_LIVEPATCH_MODULE_H
#define _LINUX_LIVEPATCH_MODULE_H

#include <linux/buildid.h>
#include <linux/elf.h>
#include <linux/types.h>

/* Elf_Shdr */
#include <asm/module.h>

struct module;

/**
 * struct klp_elf - what is kept of a module's ELF file
 * @sechdrs:	Section headers; sh_addr is the present address of a section.
 * @nr_sections: Number of @sechdrs.
 * @secstrings:	Names of sections.
 * @symindex:	Index of the section with the symbol table.
 * @strtab:	Names of symbols.
 * @build_id:	Which build of the module this is, 0 if not known. Zeroes follow an id that
 *		is shorter.
 *
 * All but @build_id is for relocations, and empty unless the module is a patch. The
 * symbol table is complete and in the order of the file. Live patching
 * writes the values of the symbols that it finds, under klp_mutex or while the
 * module is being loaded.
 */
struct klp_elf {
	Elf_Shdr	*sechdrs;
	unsigned int	nr_sections;
	const char	*secstrings;
	unsigned int	symindex;
	const char	*strtab;
	unsigned char	build_id[BUILD_ID_SIZE_MAX];
};

#ifdef CONFIG_LIVEPATCH

int klp_module_coming(struct module *mod);
void klp_module_exited(struct module *mod);
void klp_module_going(struct module *mod);
int klp_reloc_vmlinux(struct module *mod, const struct klp_elf *elf);

#else

static inline int klp_module_coming(struct module *mod)
{
	return 0;
}

static inline void klp_module_exited(struct module *mod)
{
}

static inline void klp_module_going(struct module *mod)
{
}

#endif /* CONFIG_LIVEPATCH */

#endif /* _LINUX_LIVEPATCH_MODULE_H */
