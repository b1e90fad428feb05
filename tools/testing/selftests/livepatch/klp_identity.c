// SPDX-License-Identifier: GPL-2.0
/*
 * klp_identity - print the struct klp_identity of a function of a module or of vmlinux
 *
 * usage: klp_identity MODULE.ko|vmlinux.o FUNCTION
 *
 * Prints one line, "HASH SIZE OFFSET:SIZE,...", with the masks at the end. A byte is
 * masked if the kernel may rewrite it: because it is relocated, or because a section of
 * the file lists it. The end of an instruction is not looked for: a mask begins with the
 * opcode of a call or jump, as the kernel replaces the whole of it.
 */
#define XXH_INLINE_ALL
#include <err.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define OP_CALL		0xe8
#define OP_JMP		0xe9
#define OP_JMP8		0xeb
#define OP_OPSIZE	0x66
#define OP_TWO_BYTES	0x0f
#define OP_CS		0x2e

static Elf *elf;
static GElf_Shdr symtab;
static Elf_Data *symbols;

/* The function: its section, and where it is in there */
static size_t section;
static size_t start, size;
static const unsigned char *code;

static bool *masked;

/* Mask bytes of the function; @offset counts from the beginning of its section. */
static void mask(size_t offset, size_t nr)
{
	for (; nr; nr--, offset++)
		if (offset >= start && offset < start + size)
			masked[offset - start] = true;
}

static unsigned char byte_at(size_t offset)
{
	return offset >= start && offset < start + size ? code[offset - start] : 0;
}

/* A relocated address, and the opcode of the call or jump that it belongs to */
static void mask_relocated(const GElf_Rela *rela)
{
	unsigned int type = GELF_R_TYPE(rela->r_info);
	size_t at = rela->r_offset;

	if (type == R_X86_64_NONE)
		return;
	mask(at, type == R_X86_64_64 || type == R_X86_64_PC64 ? 8 : 4);
	if (byte_at(at - 1) == OP_CALL || byte_at(at - 1) == OP_JMP)
		at--;
	else if (byte_at(at - 2) == OP_TWO_BYTES && (byte_at(at - 1) & 0xf0) == 0x80)
		at -= 2;
	else
		return;
	if (byte_at(at - 1) == OP_CS)
		at--;
	mask(at, rela->r_offset - at);
}

static size_t one(const unsigned char *entry, size_t at)
{
	(void)entry;
	(void)at;
	return 1;
}

static size_t endbr(const unsigned char *entry, size_t at)
{
	(void)entry;
	(void)at;
	return 4;
}

static size_t pointer(const unsigned char *entry, size_t at)
{
	(void)entry;
	(void)at;
	return 8;
}

static size_t call(const unsigned char *entry, size_t at)
{
	(void)entry;
	(void)at;
	return 5;
}

/* struct alt_instr: two offsets, flags, the length, the length of the replacement */
static size_t alternative(const unsigned char *entry, size_t at)
{
	(void)at;
	return entry[12];
}

static size_t jump_label(const unsigned char *entry, size_t at)
{
	unsigned char op = byte_at(at);

	(void)entry;
	return op == OP_JMP8 || op == OP_OPSIZE ? 2 : 5;
}

/*
 * The sections that list what the kernel rewrites, or the beginning of their names: an
 * entry begins with its address.
 */
static const struct table {
	const char	*name;
	size_t		entry_size;
	size_t		(*length)(const unsigned char *entry, size_t at);
} tables[] = {
	{ ".smp_locks",		4,	one },
	{ ".ibt_endbr_seal",	4,	endbr },
	{ ".call_sites",	4,	call },
	{ ".static_call_sites",	8,	call },
	{ "__mcount_loc",	8,	call },
	{ ".altinstructions",	14,	alternative },
	{ "__jump_table",	16,	jump_label },
	{ "runtime_ptr_",	4,	pointer },
	{ "runtime_shift_",	4,	one },
};

static Elf_Data *data_of(size_t index, GElf_Shdr *shdr)
{
	Elf_Scn *scn = elf_getscn(elf, index);
	Elf_Data *data;

	if (!scn || !gelf_getshdr(scn, shdr))
		errx(1, "section %zu: %s", index, elf_errmsg(-1));
	data = elf_getdata(scn, NULL);
	if (!data)
		errx(1, "section %zu: %s", index, elf_errmsg(-1));
	return data;
}

static void mask_listed(const struct table *table, const Elf_Data *entries,
			const GElf_Rela *rela)
{
	size_t at;
	GElf_Sym sym;

	if (rela->r_offset % table->entry_size ||
	    !gelf_getsym(symbols, GELF_R_SYM(rela->r_info), &sym) ||
	    sym.st_shndx != section)
		return;
	at = sym.st_value + rela->r_addend;
	mask(at, table->length((unsigned char *)entries->d_buf + rela->r_offset, at));
}

static void read_relocations(Elf_Scn *scn, const GElf_Shdr *rela_shdr, size_t names)
{
	const struct table *table = NULL;
	Elf_Data *data, *relocated;
	GElf_Shdr shdr;
	const char *name;
	GElf_Rela rela;
	size_t i;

	relocated = data_of(rela_shdr->sh_info, &shdr);
	name = elf_strptr(elf, names, shdr.sh_name);
	for (i = 0; name && i < ARRAY_SIZE(tables); i++)
		if (!strncmp(name, tables[i].name, strlen(tables[i].name)))
			table = &tables[i];
	if (rela_shdr->sh_info != section && !table)
		return;
	data = elf_getdata(scn, NULL);
	for (i = 0; data && gelf_getrela(data, i, &rela); i++) {
		if (rela_shdr->sh_info == section)
			mask_relocated(&rela);
		else
			mask_listed(table, relocated, &rela);
	}
}

static void find_function(const char *function)
{
	GElf_Shdr shdr;
	const char *name;
	Elf_Data *data;
	GElf_Sym sym;
	int i;

	for (i = 0; gelf_getsym(symbols, i, &sym); i++) {
		name = elf_strptr(elf, symtab.sh_link, sym.st_name);
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC && name && !strcmp(name, function))
			break;
	}
	if (!gelf_getsym(symbols, i, &sym))
		errx(1, "there is no function %s", function);
	section = sym.st_shndx;
	start = sym.st_value;
	size = sym.st_size;
	data = data_of(section, &shdr);
	if (!size || start + size > data->d_size)
		errx(1, "%s has no code", function);
	code = (unsigned char *)data->d_buf + start;
	masked = calloc(size, sizeof(*masked));
	if (!masked)
		err(1, "allocating memory");
}

static void print_identity(void)
{
	unsigned char *copy = malloc(size);
	const char *separator = " ";
	size_t i, nr;

	if (!copy)
		err(1, "allocating memory");
	for (i = 0; i < size; i++)
		copy[i] = masked[i] ? 0 : code[i];
	printf("0x%016llx %zu", (unsigned long long)XXH64(copy, size, 0), size);
	for (i = 0; i < size; i += nr) {
		for (nr = 1; i + nr < size && masked[i + nr] == masked[i]; nr++)
			;
		if (!masked[i])
			continue;
		printf("%s%zu:%zu", separator, i, nr);
		separator = ",";
	}
	printf("\n");
	free(copy);
}

int main(int argc, char **argv)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;
	int fd;

	if (argc != 3)
		errx(2, "usage: klp_identity MODULE.ko|vmlinux.o FUNCTION");
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(1, "%s", argv[1]);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_getshdrstrndx(elf, &names))
		errx(1, "%s: %s", argv[1], elf_errmsg(-1));
	while ((scn = elf_nextscn(elf, scn)) && gelf_getshdr(scn, &shdr)) {
		if (shdr.sh_type != SHT_SYMTAB)
			continue;
		symtab = shdr;
		symbols = elf_getdata(scn, NULL);
	}
	if (!symbols)
		errx(1, "%s has no symbols", argv[1]);
	find_function(argv[2]);
	while ((scn = elf_nextscn(elf, scn)) && gelf_getshdr(scn, &shdr))
		if (shdr.sh_type == SHT_RELA)
			read_relocations(scn, &shdr, names);
	print_identity();
	free(masked);
	elf_end(elf);
	close(fd);
	return 0;
}
