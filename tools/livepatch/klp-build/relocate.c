// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: the last step, which turns references into livepatch relocations.
 *
 * The module is written anew: libelf 0.188 writes beyond the table of sections if sections
 * are added to a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include "build.h"
#include "report.h"

struct relocator {
	struct build		*build;
	struct pool		*pool;
	const char		*path;
	Elf			*in;
	Elf			*elf;		/* the new file */
	struct ptrs		data;		/* its sections' content, by index (Elf_Data) */
	size_t			nr;
	struct reference	**by_symbol;	/* by the symbol's index */
	size_t			nr_symbols;
	size_t			symtab;
	Elf_Data		*names;
};

/* Relocations that are moved to a new section */
struct moved {
	const char	*object;
	struct bytes	bytes;
};

static enum status bad(const struct relocator *relocator)
{
	return error("%s: %s", relocator->path, elf_errmsg(-1));
}

/* Append to a section of strings. Return where the string is. */
static size_t append(struct relocator *relocator, Elf_Data *data, const char *string)
{
	struct bytes bytes = { };
	size_t at = data->d_size;

	bytes_add(relocator->pool, &bytes, data->d_buf, data->d_size);
	bytes_add(relocator->pool, &bytes, string, strlen(string) + 1);
	data->d_buf = bytes.at;
	data->d_size = bytes.nr;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return at;
}

static struct reference *find(const struct build *build, const char *name)
{
	struct reference *reference;
	size_t i;

	for_each(&build->references, i, reference)
		if (reference->final && !strcmp(reference->name, name))
			return reference;
	return NULL;
}

static enum status name_symbols(struct relocator *relocator, Elf_Scn *scn, GElf_Shdr *shdr)
{
	Elf_Data *data = relocator->data.at[elf_ndxscn(scn)];
	Elf_Data *strings = NULL;
	struct reference *reference;
	const char *name;
	GElf_Sym sym;
	size_t i;

	if (shdr->sh_link < relocator->nr)
		strings = relocator->data.at[shdr->sh_link];
	if (!data || !strings)
		return bad(relocator);
	relocator->symtab = elf_ndxscn(scn);
	relocator->nr_symbols = data->d_size / sizeof(Elf64_Sym);
	relocator->by_symbol = pool_alloc(relocator->pool,
					  relocator->nr_symbols * sizeof(reference));
	for (i = 1; i < relocator->nr_symbols; i++) {
		if (!gelf_getsym(data, i, &sym))
			return bad(relocator);
		if (sym.st_shndx != SHN_UNDEF || sym.st_name >= strings->d_size)
			continue;
		name = (const char *)strings->d_buf + sym.st_name;
		reference = find(relocator->build, name);
		relocator->by_symbol[i] = reference;
		if (!reference)
			continue;
		if (strcmp(name, reference->final))
			sym.st_name = append(relocator, strings, reference->final);
		sym.st_shndx = SHN_LIVEPATCH;
		if (!gelf_update_sym(data, i, &sym))
			return bad(relocator);
	}
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return KB_OK;
}

static struct moved *moved_to(struct relocator *relocator, struct ptrs *all, const char *object)
{
	struct moved *moved;
	size_t i;

	for_each(all, i, moved)
		if (!strcmp(moved->object, object))
			return moved;
	moved = pool_alloc(relocator->pool, sizeof(*moved));
	moved->object = object;
	ptrs_add(relocator->pool, all, moved);
	return moved;
}

static enum status add_section(struct relocator *relocator, const struct moved *moved,
			       const char *section, uint32_t info)
{
	Elf_Scn *scn = elf_newscn(relocator->elf);
	const char *name = pool_printf(relocator->pool, ".klp.rela.%s.%s", moved->object, section);
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;
	GElf_Shdr shdr;

	if (!data || !gelf_getshdr(scn, &shdr))
		return bad(relocator);
	data->d_buf = moved->bytes.at;
	data->d_size = moved->bytes.nr;
	data->d_type = ELF_T_RELA;
	data->d_align = 8;
	shdr.sh_name = append(relocator, relocator->names, name);
	shdr.sh_type = SHT_RELA;
	shdr.sh_flags = SHF_ALLOC | SHF_RELA_LIVEPATCH;
	shdr.sh_link = relocator->symtab;
	shdr.sh_info = info;
	shdr.sh_addralign = 8;
	shdr.sh_entsize = sizeof(Elf64_Rela);
	return gelf_update_shdr(scn, &shdr) ? KB_OK : bad(relocator);
}

/*
 * The last line of defence: what a module's loading, or a notifier about it, reads must
 * not wait for the module that is patched.
 */
static enum status check_early(const struct reference *reference, const char *section)
{
	if (!strcmp(reference->object, "vmlinux") ||
	    (!special_find(section) && !str_starts(section, ".init") &&
	     !str_starts(section, ".data..percpu")))
		return KB_OK;
	refuse("section %s of the patch refers to '%s' of module %s, which may not be loaded yet",
	       section, reference->plain, reference->object);
	note("leave what refers to it out of the fix");
	return KB_REFUSED;
}

/* An entry is the place of the call and its key; see kernel/static_call_inline.c. */
static enum status check_static_call(const struct relocator *relocator, const Elf64_Rela *rela,
				     const struct reference *reference)
{
	const char *name = reference ? reference->plain : NULL;

	if (rela->r_offset % 8 != 4 || !name || str_starts(name, "__SCK__"))
		return KB_OK;
	return error("%s: a static call is listed with '%s' as its key", relocator->path, name);
}

static enum status move_relocs(struct relocator *relocator, Elf_Scn *scn, uint32_t info)
{
	Elf_Data *data = relocator->data.at[elf_ndxscn(scn)];
	struct bytes kept = { };
	struct ptrs all = { };
	struct reference *reference;
	struct moved *moved;
	enum status status;
	const char *name;
	Elf64_Rela *rela;
	GElf_Shdr shdr;
	size_t i;

	if (!data || !gelf_getshdr(elf_getscn(relocator->elf, info), &shdr) ||
	    shdr.sh_name >= relocator->names->d_size)
		return bad(relocator);
	if (!(shdr.sh_flags & SHF_ALLOC))
		return KB_OK;
	name = pool_printf(relocator->pool, "%s",
			   (const char *)relocator->names->d_buf + shdr.sh_name);
	rela = data->d_buf;
	for (i = 0; i < data->d_size / sizeof(*rela); i++) {
		reference = NULL;
		if (ELF64_R_SYM(rela[i].r_info) < relocator->nr_symbols)
			reference = relocator->by_symbol[ELF64_R_SYM(rela[i].r_info)];
		status = reference ? check_early(reference, name) : KB_OK;
		if (!status && !strcmp(name, ".static_call_sites"))
			status = check_static_call(relocator, &rela[i], reference);
		if (status)
			return status;
		moved = reference ? moved_to(relocator, &all, reference->object) : NULL;
		bytes_add(relocator->pool, moved ? &moved->bytes : &kept, &rela[i], sizeof(*rela));
	}
	if (!all.nr)
		return KB_OK;
	data->d_buf = kept.at;
	data->d_size = kept.nr;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	for_each(&all, i, moved) {
		status = add_section(relocator, moved, name, info);
		if (status)
			return status;
	}
	return KB_OK;
}

static enum status copy_header(struct relocator *relocator)
{
	GElf_Ehdr from, to;

	if (!gelf_getehdr(relocator->in, &from) || !gelf_newehdr(relocator->elf, ELFCLASS64) ||
	    !gelf_getehdr(relocator->elf, &to))
		return bad(relocator);
	memcpy(to.e_ident, from.e_ident, sizeof(to.e_ident));
	to.e_type = from.e_type;
	to.e_machine = from.e_machine;
	to.e_version = from.e_version;
	to.e_flags = from.e_flags;
	to.e_shstrndx = from.e_shstrndx;
	return gelf_update_ehdr(relocator->elf, &to) ? KB_OK : bad(relocator);
}

static enum status copy_sections(struct relocator *relocator)
{
	Elf_Data *from, *to;
	Elf_Scn *scn, *copy;
	GElf_Shdr shdr;
	size_t i;

	for (i = 1; i < relocator->nr; i++) {
		scn = elf_getscn(relocator->in, i);
		from = scn ? elf_getdata(scn, NULL) : NULL;
		copy = elf_newscn(relocator->elf);
		to = copy ? elf_newdata(copy) : NULL;
		if (!to || !gelf_getshdr(scn, &shdr))
			return bad(relocator);
		if (from)
			*to = *from;
		to->d_off = 0;
		to->d_align = shdr.sh_addralign;
		ptrs_add(relocator->pool, &relocator->data, to);
		if (!gelf_update_shdr(copy, &shdr))
			return bad(relocator);
	}
	return KB_OK;
}

static enum status copy(struct relocator *relocator)
{
	enum status status;
	size_t names;

	if (!relocator->in || !relocator->elf || elf_getshdrnum(relocator->in, &relocator->nr) ||
	    elf_getshdrstrndx(relocator->in, &names) || names >= relocator->nr)
		return bad(relocator);
	ptrs_add(relocator->pool, &relocator->data, NULL);
	status = copy_header(relocator);
	if (!status)
		status = copy_sections(relocator);
	if (!status)
		relocator->names = relocator->data.at[names];
	return status;
}

static enum status relocate(struct relocator *relocator)
{
	enum status status = copy(relocator);
	GElf_Shdr shdr;
	Elf_Scn *scn;
	size_t i;

	for (i = 1; i < relocator->nr && !status; i++) {
		scn = elf_getscn(relocator->elf, i);
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
			status = name_symbols(relocator, scn, &shdr);
	}
	for (i = 1; i < relocator->nr && !status; i++) {
		scn = elf_getscn(relocator->elf, i);
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_RELA)
			status = move_relocs(relocator, scn, shdr.sh_info);
	}
	if (!status && elf_update(relocator->elf, ELF_C_WRITE) < 0)
		status = bad(relocator);
	return status;
}

/**
 * relocate_module - turn references of a module into livepatch relocations
 * @build: the build, with the references
 * @path: the module as kbuild has made it
 * @result: where the finished module goes
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status relocate_module(struct build *build, const char *path, const char *result)
{
	struct relocator relocator = { .build = build, .pool = build->pool, .path = path };
	const char *unfinished = pool_printf(build->pool, "%s.unfinished", result);
	const char *relocated = pool_printf(build->pool, "%s.relocated", path);
	enum status status;
	size_t size;
	char *data;
	int from, to;

	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return error("%s: %s", path, strerror(errno));
	to = open(relocated, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (to < 0) {
		close(from);
		return error("%s: %s", relocated, strerror(errno));
	}
	elf_version(EV_CURRENT);
	relocator.in = elf_begin(from, ELF_C_READ, NULL);
	relocator.elf = elf_begin(to, ELF_C_WRITE, NULL);
	status = relocate(&relocator);
	elf_end(relocator.elf);
	elf_end(relocator.in);
	close(to);
	close(from);
	if (!status)
		status = verify_result(build, relocated);
	if (status)
		return status;
	data = file_read(build->pool, relocated, &size);
	if (!data)
		return error("%s: %s", relocated, strerror(errno));
	status = file_write(unfinished, data, size);
	if (!status && rename(unfinished, result))
		status = error("%s: %s", result, strerror(errno));
	if (status)
		unlink(unfinished);
	return status;
}
