/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_RELOC_H
#define _KLP_RELOC_H

#include <linux/types.h>

#include "lookup.h"

struct klp_elf;
struct module;

/**
 * struct klp_relocs - a patch module's relocations that belong to an object
 * @elf:	The patch module's file.
 * @object:	"vmlinux" or the name of a module.
 * @used:	Bitmap of the symbols that the relocations refer to, by index in
 *		the file's symbol table.
 * @nr_symbols:	Number of bits in @used.
 * @nr_used:	Number of bits in @used that are set.
 */
struct klp_relocs {
	const struct klp_elf	*elf;
	const char		*object;
	unsigned long		*used;
	unsigned int		nr_symbols;
	unsigned int		nr_used;
};

int klp_reloc_init(struct klp_relocs *relocs, const struct klp_elf *elf,
		   const char *object);
int klp_reloc_want(const struct klp_relocs *relocs,
		   struct klp_lookup *lookup);
int klp_reloc_apply(const struct klp_relocs *relocs,
		    const struct klp_wanted *found, struct module *mod);
void klp_reloc_clear(const struct module *mod, const char *object);
void klp_reloc_unload(const struct module *mod);
void klp_reloc_free(struct klp_relocs *relocs);

#endif /* _KLP_RELOC_H */
