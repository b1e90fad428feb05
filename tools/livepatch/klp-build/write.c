// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: writing an object file.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "emit.h"
#include "report.h"

static void write_section(struct emitter *emitter, struct out_section *section, const char *name,
			  uint32_t link, uint32_t info)
{
	Elf_Scn *scn = elf_newscn(emitter->elf);
	Elf_Data *data = elf_newdata(scn);
	GElf_Shdr shdr;

	gelf_getshdr(scn, &shdr);
	shdr.sh_name = bytes_add(emitter->pool, &emitter->names, name, strlen(name) + 1);
	shdr.sh_type = section->type;
	shdr.sh_flags = section->flags;
	shdr.sh_addralign = section->align;
	shdr.sh_entsize = section->entsize;
	shdr.sh_link = link;
	shdr.sh_info = info;
	data->d_align = section->align;
	data->d_size = section->bytes.nr;
	data->d_buf = section->type == SHT_NOBITS ? NULL : section->bytes.at;
	data->d_type = section->type == SHT_SYMTAB ? ELF_T_SYM :
		       section->type == SHT_RELA ? ELF_T_RELA : ELF_T_BYTE;
	section->index = elf_ndxscn(scn);
	gelf_update_shdr(scn, &shdr);
	section->scn = scn;
}

/* Local symbols come first. Return how many there are. */
static unsigned int number_symbols(struct emitter *emitter)
{
	struct out_symbol *symbol;
	unsigned int nr = 1, locals;
	size_t i;

	for_each(&emitter->symbols, i, symbol)
		if (!symbol->global)
			symbol->index = nr++;
	locals = nr;
	for_each(&emitter->symbols, i, symbol)
		if (symbol->global)
			symbol->index = nr++;
	return locals;
}

static void make_symtab(struct emitter *emitter, struct out_section *symtab)
{
	struct out_symbol *symbol;
	Elf64_Sym sym, *table;
	size_t i;

	bytes_add(emitter->pool, &symtab->bytes, NULL, (emitter->symbols.nr + 1) * sizeof(sym));
	table = (Elf64_Sym *)symtab->bytes.at;
	bytes_add(emitter->pool, &emitter->strings, "", 1);
	for_each(&emitter->symbols, i, symbol) {
		memset(&sym, 0, sizeof(sym));
		if (symbol->name[0])
			sym.st_name = bytes_add(emitter->pool, &emitter->strings, symbol->name,
						strlen(symbol->name) + 1);
		sym.st_info = ELF64_ST_INFO(symbol->global ? STB_GLOBAL : STB_LOCAL, symbol->type);
		sym.st_shndx = symbol->section ? symbol->section->index : SHN_UNDEF;
		sym.st_value = symbol->value;
		sym.st_size = symbol->size;
		table[symbol->index] = sym;
	}
}

static void write_relocs(struct emitter *emitter, struct out_section *section,
			 unsigned int symtab)
{
	struct out_section rela = {
		.type = SHT_RELA, .flags = SHF_INFO_LINK, .align = 8,
		.entsize = sizeof(Elf64_Rela),
	};
	struct out_reloc *reloc;
	Elf64_Rela entry;
	size_t i;

	if (!section->relocs.nr)
		return;
	for_each(&section->relocs, i, reloc) {
		entry.r_offset = reloc->offset;
		entry.r_info = ELF64_R_INFO((uint64_t)reloc->symbol->index, reloc->type);
		entry.r_addend = reloc->addend;
		bytes_add(emitter->pool, &rela.bytes, &entry, sizeof(entry));
	}
	write_section(emitter, &rela, pool_printf(emitter->pool, ".rela%s", section->name),
		      symtab, section->index);
}

static void write_sections(struct emitter *emitter)
{
	struct out_section symtab = {
		.type = SHT_SYMTAB, .align = 8, .entsize = sizeof(Elf64_Sym),
	}, strtab = { .type = SHT_STRTAB, .align = 1 }, names = strtab;
	struct out_section *section;
	unsigned int locals;
	GElf_Shdr shdr;
	GElf_Ehdr ehdr;
	size_t i;

	bytes_add(emitter->pool, &emitter->names, "", 1);
	for_each(&emitter->sections, i, section)
		write_section(emitter, section, section->name,
			      section->order ? section->order->index : 0, 0);
	locals = number_symbols(emitter);
	make_symtab(emitter, &symtab);
	strtab.bytes = emitter->strings;
	write_section(emitter, &strtab, ".strtab", 0, 0);
	write_section(emitter, &symtab, ".symtab", strtab.index, locals);
	for_each(&emitter->sections, i, section)
		write_relocs(emitter, section, symtab.index);
	bytes_add(emitter->pool, &emitter->names, ".shstrtab", strlen(".shstrtab") + 1);
	names.bytes = emitter->names;
	names.bytes.nr = emitter->names.nr;
	write_section(emitter, &names, "", 0, 0);
	gelf_getshdr(names.scn, &shdr);
	shdr.sh_name = names.bytes.nr - strlen(".shstrtab") - 1;
	gelf_update_shdr(names.scn, &shdr);
	gelf_getehdr(emitter->elf, &ehdr);
	ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr.e_type = ET_REL;
	ehdr.e_machine = EM_X86_64;
	ehdr.e_version = EV_CURRENT;
	ehdr.e_shstrndx = names.index;
	gelf_update_ehdr(emitter->elf, &ehdr);
}

/**
 * write_file - write the object file
 * @emitter: its sections and symbols
 * @path: its name
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status write_file(struct emitter *emitter, const char *path)
{
	enum status status = KB_OK;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return error("%s: %s", path, strerror(errno));
	elf_version(EV_CURRENT);
	emitter->elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (!emitter->elf || !gelf_newehdr(emitter->elf, ELFCLASS64)) {
		status = error("%s: %s", path, elf_errmsg(-1));
	} else {
		write_sections(emitter);
		if (elf_update(emitter->elf, ELF_C_WRITE) < 0)
			status = error("%s: %s", path, elf_errmsg(-1));
	}
	elf_end(emitter->elf);
	close(fd);
	return status;
}
