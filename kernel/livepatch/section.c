// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the sections with relocations in a patch module's file.
 *
 *   section  .klp.rela.<object>.<section>	relocate when <object> is loaded
 *   symbol   .klp.sym.<object>.<symbol>,<sympos>
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kstrtox.h>
#include <linux/livepatch_module.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "section.h"

#define KLP_SECTION_PREFIX	".klp.rela."
#define KLP_SYMBOL_PREFIX	".klp.sym."

/* Take "<prefix><object>." from a name. Return: what follows, or NULL. */
static const char *klp_section_parse_object(const char *name, const char *prefix,
					    struct klp_word *object)
{
	size_t len = strlen(prefix);

	if (strncmp(name, prefix, len))
		return NULL;
	object->start = name + len;
	object->len = strcspn(object->start, ".");
	if (!object->len || object->len >= MODULE_NAME_LEN ||
	    !object->start[object->len])
		return NULL;
	return object->start + object->len + 1;
}

/**
 * klp_section_parse - parse the name of a relocation section
 * @name: the name
 * @object: set to the object in it
 *
 * Return: 0 or -EINVAL.
 */
int klp_section_parse(const char *name, struct klp_word *object)
{
	const char *section;

	section = klp_section_parse_object(name, KLP_SECTION_PREFIX, object);
	return section && *section ? 0 : -EINVAL;
}

/**
 * klp_section_parse_symbol - parse the name of a symbol
 * @name: the name
 * @object: set to the object in it
 * @symbol: set to the symbol's name in that object
 * @sympos: set to the position among the symbols of that name
 *
 * Return: 0 or -EINVAL.
 */
int klp_section_parse_symbol(const char *name, struct klp_word *object,
			     struct klp_word *symbol, unsigned long *sympos)
{
	const char *comma;

	symbol->start = klp_section_parse_object(name, KLP_SYMBOL_PREFIX, object);
	if (!symbol->start)
		return -EINVAL;
	comma = strchr(symbol->start, ',');
	if (!comma || comma == symbol->start ||
	    comma - symbol->start >= KSYM_NAME_LEN)
		return -EINVAL;
	symbol->len = comma - symbol->start;
	/* kstrtoul() alone would accept a sign. */
	if (!isdigit(comma[1]) || kstrtoul(comma + 1, 10, sympos))
		return -EINVAL;
	return 0;
}

/**
 * klp_section_symbols - get the symbol table of a patch module's file
 * @elf: the file
 *
 * Context: Any.
 * Return: the symbols, which &struct klp_relocs counts.
 */
Elf_Sym *klp_section_symbols(const struct klp_elf *elf)
{
	return (Elf_Sym *)elf->sechdrs[elf->symindex].sh_addr;
}

/*
 * Tell whether a section is meant to have livepatch relocations. The flag alone
 * is not enough, because other tools use the same bit for sections of other
 * kinds.
 */
static bool klp_section_is_rela(const struct klp_elf *elf, const Elf_Shdr *shdr)
{
	/* The loader has not checked the name of a section without a type. */
	if (!(shdr->sh_flags & SHF_RELA_LIVEPATCH) || shdr->sh_type == SHT_NULL)
		return false;
	if (strstarts(elf->secstrings + shdr->sh_name, KLP_SECTION_PREFIX))
		return true;
	/* The loader has skipped these by the flag, whatever the name. */
	return (shdr->sh_type == SHT_RELA || shdr->sh_type == SHT_REL) &&
	       shdr->sh_info < elf->nr_sections &&
	       elf->sechdrs[shdr->sh_info].sh_flags & SHF_ALLOC;
}

/**
 * klp_section_next - find the next section with relocations of an object
 * @elf: the patch module's file
 * @section: index of the section where the search begins
 * @name: "vmlinux" or the name of a module
 *
 * All such sections were checked when the patch module was loaded.
 *
 * Context: Any.
 * Return: the index of the section, or the number of sections.
 */
unsigned int klp_section_next(const struct klp_elf *elf,
			      unsigned int section, const char *name)
{
	const struct klp_word wanted = klp_word(name);
	struct klp_word object;

	for (; section < elf->nr_sections; section++) {
		const Elf_Shdr *shdr = &elf->sechdrs[section];

		if (klp_section_is_rela(elf, shdr) &&
		    !klp_section_parse(elf->secstrings + shdr->sh_name,
					     &object) &&
		    !klp_word_cmp(&object, &wanted))
			break;
	}
	return section;
}

/* Validate a section that is meant to have livepatch relocations. */
static int klp_section_check(const struct klp_elf *elf, const Elf_Shdr *shdr,
			     struct module *mod)
{
	const struct klp_word vmlinux = klp_word("vmlinux");
	const char *name = elf->secstrings + shdr->sh_name;
	struct klp_word object;
	const Elf_Shdr *target;

	/* module_livepatch_keep() keeps the file of livepatch modules only. */
	if (!is_livepatch_module(mod)) {
		pr_err("module %s is not marked as a livepatch module, but has the section %s\n",
		       mod->name, name);
		return -EINVAL;
	}
	if (klp_section_parse(name, &object)) {
		pr_err("section %s has an incorrectly formatted name\n", name);
		return -EINVAL;
	}
	if (shdr->sh_type != SHT_RELA || !(shdr->sh_flags & SHF_ALLOC) ||
	    shdr->sh_info >= elf->nr_sections) {
		pr_err("section %s is not a livepatch relocation section\n",
		       name);
		return -EINVAL;
	}
	target = &elf->sechdrs[shdr->sh_info];
	if (!(target->sh_flags & SHF_ALLOC) ||
	    (klp_word_cmp(&object, &vmlinux) &&
	     !within_module_core(target->sh_addr, mod))) {
		pr_err("section %s is for something that does not stay in memory\n",
		       name);
		return -EINVAL;
	}
	return 0;
}

/**
 * klp_section_check_all - validate all sections with livepatch relocations
 * @elf: the file of a module
 * @mod: the module, which need not be a patch module
 *
 * Logs one line if a section is at fault.
 *
 * Context: Process.
 * Return: 1 if there are livepatch relocations, 0 if not, -EINVAL if a section is
 * malformed, or @mod is no patch module.
 */
int klp_section_check_all(const struct klp_elf *elf, struct module *mod)
{
	unsigned int i;
	int ret, found = 0;

	for (i = 1; i < elf->nr_sections; i++) {
		if (!klp_section_is_rela(elf, &elf->sechdrs[i]))
			continue;
		ret = klp_section_check(elf, &elf->sechdrs[i], mod);
		if (ret)
			return ret;
		found = 1;
	}
	return found;
}
