// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: reading an object file. The only user of libelf for reading objects.
 *
 * All that is in a file may be wrong: each index and each size is checked here, once.
 */
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <unistd.h>

#include "elf.h"
#include "report.h"

/* What is being read */
struct reader {
	struct pool	*pool;
	struct object	*object;
	Elf		*elf;
	size_t		names;
	Elf_Scn		*symtab;
};

/*
 * Larger than any place in a kernel, and small enough for sums of some of them: what is
 * beyond is damage.
 */
#define LIMIT	0x10000000000LL

static enum status bad(const struct reader *reader, const char *what)
{
	return error("%s: not a usable object file: %s", reader->object->path, what);
}

static bool is_wanted(const struct section *section)
{
	return section->flags & SHF_ALLOC || str_starts(section->name, ".discard.");
}

static enum status read_section(struct reader *reader, Elf_Scn *scn)
{
	unsigned int index = elf_ndxscn(scn);
	struct section *section = &reader->object->sections[index];
	GElf_Shdr shdr;
	Elf_Data *data;

	if (!gelf_getshdr(scn, &shdr))
		return bad(reader, elf_errmsg(-1));
	section->name = elf_strptr(reader->elf, reader->names, shdr.sh_name);
	if (!section->name)
		return bad(reader, "a section without a name");
	section->name = pool_printf(reader->pool, "%s", section->name);
	section->index = index;
	section->type = shdr.sh_type;
	section->flags = shdr.sh_flags;
	section->address = reader->object->linked ? shdr.sh_addr : 0;
	section->align = shdr.sh_addralign;
	section->entsize = shdr.sh_entsize;
	section->size = shdr.sh_size;
	if (shdr.sh_type == SHT_SYMTAB)
		reader->symtab = scn;
	if (shdr.sh_flags & SHF_COMPRESSED && shdr.sh_flags & SHF_ALLOC)
		return bad(reader, "a compressed section");
	if (section->size > LIMIT)
		return bad(reader, "the size of a section");
	if (shdr.sh_type == SHT_NOBITS || shdr.sh_type == SHT_NULL || !shdr.sh_size)
		return KB_OK;
	if (!is_wanted(section))
		return KB_OK;
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || data->d_size != shdr.sh_size)
		return bad(reader, "a section is outside of the file");
	section->data = pool_copy(reader->pool, data->d_buf, data->d_size);
	return KB_OK;
}

static enum status read_sections(struct reader *reader)
{
	struct object *object = reader->object;
	Elf_Scn *scn = NULL;
	enum status status;
	size_t nr;

	if (elf_getshdrnum(reader->elf, &nr) || elf_getshdrstrndx(reader->elf, &reader->names))
		return bad(reader, elf_errmsg(-1));
	object->nr_sections = nr;
	object->sections = pool_alloc(reader->pool, nr * sizeof(*object->sections));
	if (nr)
		object->sections[0].name = "";
	while ((scn = elf_nextscn(reader->elf, scn))) {
		if (elf_ndxscn(scn) >= nr)
			return bad(reader, "the number of sections");
		status = read_section(reader, scn);
		if (status)
			return status;
	}
	return reader->symtab ? KB_OK : bad(reader, "there is no symbol table");
}

static enum status read_symbol(struct reader *reader, Elf_Data *data, size_t strings,
			       Elf_Data *extended, unsigned int i)
{
	struct object *object = reader->object;
	struct symbol *symbol = &object->symbols[i];
	Elf32_Word shndx = 0;
	const char *name;
	GElf_Sym sym;

	if (!gelf_getsymshndx(data, extended, i, &sym, &shndx))
		return bad(reader, elf_errmsg(-1));
	if (sym.st_shndx != SHN_XINDEX)
		shndx = sym.st_shndx;
	name = elf_strptr(reader->elf, strings, sym.st_name);
	if (!name)
		return bad(reader, "a symbol without a name");
	symbol->name = pool_printf(reader->pool, "%s", name);
	symbol->value = sym.st_value;
	symbol->size = sym.st_size;
	symbol->type = GELF_ST_TYPE(sym.st_info);
	symbol->bind = GELF_ST_BIND(sym.st_info);
	symbol->shndx = shndx;
	if (shndx == SHN_COMMON)
		return bad(reader, "a common symbol: compile with -fno-common");
	if (shndx == SHN_UNDEF || (shndx >= SHN_LORESERVE && sym.st_shndx != SHN_XINDEX))
		return KB_OK;
	if (shndx >= object->nr_sections)
		return bad(reader, "a symbol is in no section");
	symbol->section = &object->sections[shndx];
	symbol->value -= symbol->section->address;
	/* The linker script's symbols may lie outside of the section. */
	if (symbol->type == STT_SECTION || object->linked)
		return KB_OK;
	if (symbol->value > symbol->section->size ||
	    symbol->size > symbol->section->size - symbol->value)
		return bad(reader, "a symbol is outside of its section");
	return KB_OK;
}

static Elf_Data *extended_indexes(Elf *elf, size_t symtab)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB_SHNDX &&
		    shdr.sh_link == symtab)
			return elf_getdata(scn, NULL);
	return NULL;
}

static enum status read_symbols(struct reader *reader)
{
	Elf_Data *data = elf_getdata(reader->symtab, NULL), *extended;
	struct object *object = reader->object;
	const char *file = NULL;
	enum status status;
	GElf_Shdr shdr;
	unsigned int i;

	if (!data || !gelf_getshdr(reader->symtab, &shdr) || !shdr.sh_entsize)
		return bad(reader, "the symbol table");
	extended = extended_indexes(reader->elf, elf_ndxscn(reader->symtab));
	if (shdr.sh_link >= object->nr_sections)
		return bad(reader, "the symbol table");
	object->nr_symbols = data->d_size / sizeof(Elf64_Sym);
	object->symbols = pool_alloc(reader->pool,
				     (object->nr_symbols + 1) * sizeof(*object->symbols));
	for (i = 0; i < object->nr_symbols; i++) {
		status = read_symbol(reader, data, shdr.sh_link, extended, i);
		if (status)
			return status;
		if (object->symbols[i].type == STT_FILE)
			file = object->symbols[i].name;
		if (object->symbols[i].bind == STB_LOCAL)
			object->symbols[i].file = file;
	}
	return KB_OK;
}

/* How many bytes a relocation writes, 0 if its type is unknown */
static unsigned int width(unsigned int type)
{
	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return 4;
	default:
		return 0;
	}
}

static int by_offset(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* @more: there may be several sections with relocations for @section. */
static enum status read_relocs(struct reader *reader, struct section *section, Elf_Scn *scn,
			       bool more)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	struct object *object = reader->object;
	struct reloc *reloc = section->relocs;
	GElf_Rela rela;
	size_t i, nr;

	if (!data)
		return bad(reader, "a relocation section");
	if (section->nr_relocs && !more)
		return bad(reader, "two relocation sections for one section");
	nr = data->d_size / sizeof(Elf64_Rela);
	section->relocs = pool_alloc(reader->pool,
				     (section->nr_relocs + nr) * sizeof(*section->relocs));
	if (section->nr_relocs)
		memcpy(section->relocs, reloc, section->nr_relocs * sizeof(*reloc));
	for (i = 0; i < nr; i++) {
		if (!gelf_getrela(data, i, &rela))
			return bad(reader, elf_errmsg(-1));
		if (GELF_R_TYPE(rela.r_info) == R_X86_64_NONE)
			continue;
		reloc = &section->relocs[section->nr_relocs++];
		reloc->offset = rela.r_offset;
		reloc->type = GELF_R_TYPE(rela.r_info);
		reloc->addend = rela.r_addend;
		if (reloc->addend > LIMIT || reloc->addend < -LIMIT)
			return bad(reader, "a relocation leads to nowhere");
		if (!width(reloc->type))
			return error("%s: section %s has a relocation of type %u, which is unknown",
				     object->path, section->name, reloc->type);
		if (GELF_R_SYM(rela.r_info) >= object->nr_symbols)
			return bad(reader, "a relocation without a symbol");
		if (!section->data || reloc->offset > section->size ||
		    section->size - reloc->offset < width(reloc->type))
			return bad(reader, "a relocation is outside of its section");
		reloc->symbol = &object->symbols[GELF_R_SYM(rela.r_info)];
	}
	qsort(section->relocs, section->nr_relocs, sizeof(*section->relocs), by_offset);
	return KB_OK;
}

static enum status read_all_relocs(struct reader *reader)
{
	struct object *object = reader->object;
	struct section *section;
	Elf_Scn *scn = NULL;
	enum status status;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(reader->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			return bad(reader, elf_errmsg(-1));
		if (shdr.sh_type != SHT_RELA && shdr.sh_type != SHT_REL)
			continue;
		if (shdr.sh_info >= object->nr_sections)
			return bad(reader, "a relocation section for no section");
		section = &object->sections[shdr.sh_info];
		if (!is_wanted(section))
			continue;
		if (shdr.sh_type == SHT_REL || shdr.sh_link != elf_ndxscn(reader->symtab))
			return bad(reader, "a relocation section");
		/* Those of patch modules come last. */
		status = read_relocs(reader, section, scn, shdr.sh_flags & SHF_RELA_LIVEPATCH);
		if (status)
			return status;
	}
	return KB_OK;
}

static enum status read_elf(struct reader *reader)
{
	enum status status;
	GElf_Ehdr ehdr;

	if (!reader->elf || elf_kind(reader->elf) != ELF_K_ELF ||
	    !gelf_getehdr(reader->elf, &ehdr))
		return bad(reader, "no ELF file");
	if (ehdr.e_machine != EM_X86_64 || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(reader, "not for x86-64");
	reader->object->linked = ehdr.e_type != ET_REL;
	status = read_sections(reader);
	if (!status)
		status = read_symbols(reader);
	/* Those that a linked file has kept are for tools: the linker has applied them. */
	if (!status && !reader->object->linked)
		status = read_all_relocs(reader);
	return status;
}

/**
 * object_read - read an ELF file
 * @pool: the pool that owns the result
 * @path: its name
 * @result: set to its sections, symbols and relocations; it has no pieces yet
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status object_read(struct pool *pool, const char *path, struct object **result)
{
	struct reader reader = { .pool = pool };
	enum status status;
	int fd;

	reader.object = pool_alloc(pool, sizeof(*reader.object));
	reader.object->path = pool_printf(pool, "%s", path);
	*result = reader.object;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error("%s: %m", path);
	elf_version(EV_CURRENT);
	reader.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	status = read_elf(&reader);
	elf_end(reader.elf);
	close(fd);
	return status;
}
