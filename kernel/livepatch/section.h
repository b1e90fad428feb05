/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SECTION_H
#define _KLP_SECTION_H

#include <linux/module.h>

#include "word.h"

struct klp_elf;

int klp_section_parse(const char *name, struct klp_word *object);
int klp_section_parse_symbol(const char *name, struct klp_word *object,
			     struct klp_word *symbol, unsigned long *sympos);
Elf_Sym *klp_section_symbols(const struct klp_elf *elf);
unsigned int klp_section_next(const struct klp_elf *elf, unsigned int section,
			      const char *name);
int klp_section_check_all(const struct klp_elf *elf, struct module *mod);

/* All sections with relocations of an object, by index */
#define klp_for_each_section(section, elf, object) \
	for (section = klp_section_next(elf, 1, object); \
	     section < (elf)->nr_sections; \
	     section = klp_section_next(elf, section + 1, object))

#endif /* _KLP_SECTION_H */
