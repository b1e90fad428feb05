// SPDX-License-Identifier: GPL-2.0
/*
 * Turn relocations of a built module into livepatch relocations.
 *
 * usage: klp_relocate [-u] [-f SECTION] [-n NAMED] MODULE.ko
 *		[NAME SECTION SYMBOL]...
 *
 * NAME is an undefined symbol of the module. Relocations against it move from
 * ".rela.text" to a section whose name is SECTION and ".text", which is
 * appended if the module has none yet; the same for all other sections that are
 * loaded. The symbol is then called SYMBOL, and its section index is
 * SHN_LIVEPATCH. With -u the last symbol stays undefined and weak. -f gives an
 * existing section the flag SHF_RELA_LIVEPATCH. -n takes the name from the symbol
 * NAMED. For example:
 *
 *	klp_relocate patch.ko jiffies_lock .klp.rela.vmlinux. \
 *		.klp.sym.vmlinux.jiffies_lock,0
 *
 * SECTION and SYMBOL are not checked: they may be wrong on purpose.
 * The module is changed in place. Only for little-endian 64-bit ELF.
 */
#include <err.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Parts of the kernel's ABI that are not in libelf's headers */
#define SHN_LIVEPATCH		0xff20
#define SHF_RELA_LIVEPATCH	0x00100000

static const char *path;
static Elf *elf;
static Elf_Scn *symtab;

/* Give up with libelf's message if it has returned NULL. */
static void *elf_ok(void *result)
{
	if (!result)
		errx(1, "%s: %s", path, elf_errmsg(-1));
	return result;
}

static void *zalloc(size_t size)
{
	void *mem = calloc(1, size);

	if (!mem)
		err(1, "%s", path);
	return mem;
}

static Elf64_Shdr *header(Elf_Scn *scn)
{
	return elf_ok(elf64_getshdr(scn));
}

static Elf_Data *contents(Elf_Scn *scn)
{
	return elf_ok(elf_getdata(scn, NULL));
}

static Elf_Scn *section(size_t index)
{
	return elf_ok(elf_getscn(elf, index));
}

static size_t name_table(void)
{
	size_t index;

	if (elf_getshdrstrndx(elf, &index))
		elf_ok(NULL);
	return index;
}

/* Not elf_strptr(): strings that were appended are unknown to it. */
static const char *string_at(size_t table, size_t offset)
{
	Elf_Data *data = contents(section(table));

	if (offset >= data->d_size)
		errx(1, "%s: section %zu has no string at %zu", path, table,
		     offset);
	return (char *)data->d_buf + offset;
}

static const char *section_name(Elf_Scn *scn)
{
	return string_at(name_table(), header(scn)->sh_name);
}

/* Make a section's contents larger. Return: the new part, zeroed */
static void *append(Elf_Scn *scn, size_t size)
{
	Elf_Data *data = contents(scn);
	char *mem = zalloc(data->d_size + size);

	if (data->d_size)
		memcpy(mem, data->d_buf, data->d_size);
	data->d_buf = mem;
	data->d_size += size;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return mem + data->d_size - size;
}

/* Return: the offset of a new string in a string table */
static size_t append_string(size_t table, const char *text)
{
	size_t offset = contents(section(table))->d_size, size = strlen(text) + 1;

	memcpy(append(section(table), size), text, size);
	return offset;
}

/* Return: the index of a symbol that is undefined */
static size_t find_undefined(const char *name)
{
	Elf_Data *data = contents(symtab);
	Elf64_Sym *sym = data->d_buf;
	size_t i;

	for (i = 1; i < data->d_size / sizeof(*sym); i++)
		if (sym[i].st_shndx == SHN_UNDEF &&
		    !strcmp(name, string_at(header(symtab)->sh_link,
					    sym[i].st_name)))
			return i;
	errx(1, "%s: there is no undefined symbol %s", path, name);
}

/* Find or make the livepatch section that belongs to a relocation section. */
static Elf_Scn *livepatch_section(Elf_Scn *rela, const char *prefix)
{
	const char *target = section_name(section(header(rela)->sh_info));
	size_t size = strlen(prefix) + strlen(target) + 1;
	char *name = zalloc(size);
	Elf_Scn *scn = NULL;
	Elf64_Shdr *shdr;
	Elf_Data *data;

	snprintf(name, size, "%s%s", prefix, target);
	while ((scn = elf_nextscn(elf, scn)))
		if (!strcmp(section_name(scn), name))
			goto out;

	scn = elf_ok(elf_newscn(elf));
	data = elf_ok(elf_newdata(scn));
	data->d_type = ELF_T_RELA;
	data->d_align = 8;
	data->d_version = EV_CURRENT;

	shdr = header(scn);
	shdr->sh_name = append_string(name_table(), name);
	shdr->sh_type = SHT_RELA;
	shdr->sh_flags = SHF_ALLOC | SHF_RELA_LIVEPATCH;
	shdr->sh_link = elf_ndxscn(symtab);
	shdr->sh_info = header(rela)->sh_info;
	shdr->sh_addralign = 8;
	shdr->sh_entsize = sizeof(Elf64_Rela);
	elf_flagshdr(scn, ELF_C_SET, ELF_F_DIRTY);
out:
	free(name);
	return scn;
}

/* Move what refers to a symbol out of a section. Return: number of entries */
static size_t move_entries(Elf_Scn *rela, size_t symbol, const char *prefix)
{
	Elf_Data *data = contents(rela);
	Elf64_Rela *from = data->d_buf;
	size_t i, kept = 0, moved, count = data->d_size / sizeof(*from);

	for (i = 0; i < count; i++) {
		if (ELF64_R_SYM(from[i].r_info) == symbol)
			memcpy(append(livepatch_section(rela, prefix),
				      sizeof(*from)), &from[i], sizeof(*from));
		else
			from[kept++] = from[i];
	}
	moved = count - kept;
	if (moved) {
		data->d_size = kept * sizeof(*from);
		elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	}
	return moved;
}

static void relocate(const char *name, const char *prefix, const char *new_name,
		     bool marked)
{
	size_t symbol = find_undefined(name), moved = 0;
	Elf_Scn *scn = NULL;
	Elf64_Shdr *shdr;
	Elf64_Sym *sym;

	while ((scn = elf_nextscn(elf, scn))) {
		shdr = header(scn);
		if (shdr->sh_type == SHT_RELA &&
		    !(shdr->sh_flags & SHF_RELA_LIVEPATCH) &&
		    header(section(shdr->sh_info))->sh_flags & SHF_ALLOC)
			moved += move_entries(scn, symbol, prefix);
	}
	if (!moved)
		errx(1, "%s: nothing that is loaded refers to %s", path, name);

	sym = (Elf64_Sym *)contents(symtab)->d_buf + symbol;
	sym->st_name = append_string(header(symtab)->sh_link, new_name);
	if (marked) {
		sym->st_info = ELF64_ST_INFO(STB_GLOBAL,
					     ELF64_ST_TYPE(sym->st_info));
		sym->st_shndx = SHN_LIVEPATCH;
	}
	elf_flagdata(contents(symtab), ELF_C_SET, ELF_F_DIRTY);
}

static void flag_section(const char *name)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		if (strcmp(section_name(scn), name))
			continue;
		header(scn)->sh_flags |= SHF_RELA_LIVEPATCH;
		elf_flagshdr(scn, ELF_C_SET, ELF_F_DIRTY);
		return;
	}
	errx(1, "%s: there is no section %s", path, name);
}

static void unname_symbol(const char *name)
{
	Elf_Data *data = contents(symtab);
	Elf64_Sym *sym = data->d_buf;
	size_t i;

	for (i = 1; i < data->d_size / sizeof(*sym); i++) {
		if (strcmp(name, string_at(header(symtab)->sh_link,
					   sym[i].st_name)))
			continue;
		sym[i].st_name = 0;
		elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
		return;
	}
	errx(1, "%s: there is no symbol %s", path, name);
}

static _Noreturn void give_usage(void)
{
	fputs("usage: klp_relocate [-u] [-f SECTION] [-n NAMED] MODULE.ko\n"
	      "                    [NAME SECTION SYMBOL]...\n", stderr);
	exit(2);
}

static void open_module(void)
{
	int fd = open(path, O_RDWR);
	Elf64_Ehdr *ehdr;
	Elf_Scn *scn = NULL;

	if (fd < 0)
		err(1, "%s", path);
	elf_version(EV_CURRENT);
	elf = elf_ok(elf_begin(fd, ELF_C_RDWR, NULL));
	ehdr = elf64_getehdr(elf);
	if (!ehdr || ehdr->e_type != ET_REL ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB)
		errx(1, "%s: not a module", path);

	while ((scn = elf_nextscn(elf, scn))) {
		/* Sections will move in the file: read them before. */
		contents(scn);
		if (header(scn)->sh_type == SHT_SYMTAB)
			symtab = scn;
	}
	if (!symtab)
		errx(1, "%s: no symbol table", path);
}

int main(int argc, char **argv)
{
	const char *flagged = NULL, *unnamed = NULL;
	bool unmarked = false;
	int opt;

	while ((opt = getopt(argc, argv, "uf:n:")) != -1) {
		if (opt == 'u')
			unmarked = true;
		else if (opt == 'f')
			flagged = optarg;
		else if (opt == 'n')
			unnamed = optarg;
		else
			give_usage();
	}
	argc -= optind;
	argv += optind;
	if (argc % 3 != 1)
		give_usage();

	path = argv[0];
	open_module();
	for (; argc > 1; argc -= 3, argv += 3)
		relocate(argv[1], argv[2], argv[3], argc > 4 || !unmarked);
	/* Last: relocate() ignores sections that have the flag. */
	if (flagged)
		flag_section(flagged);
	if (unnamed)
		unname_symbol(unnamed);
	if (elf_update(elf, ELF_C_WRITE) < 0)
		elf_ok(NULL);
	elf_end(elf);
	return 0;
}
