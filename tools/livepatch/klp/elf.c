// SPDX-License-Identifier: GPL-2.0
/*
 * klp: build ids, of what is loaded and of files.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "elf.h"
#include "util.h"

/* Find the build id in notes, and write it as hexadecimal digits. */
static const char *find_id(struct obstack *ob, Elf_Data *data)
{
	size_t offset = 0, name, desc, i;
	const unsigned char *bytes = data->d_buf;
	GElf_Nhdr header;

	while ((offset = gelf_getnote(data, offset, &header, &name, &desc)) > 0) {
		if (header.n_type != NT_GNU_BUILD_ID || header.n_namesz != sizeof("GNU") ||
		    memcmp(bytes + name, "GNU", sizeof("GNU")) || !header.n_descsz)
			continue;
		for (i = 0; i < header.n_descsz; i++)
			obstack_printf(ob, "%02x", bytes[desc + i]);
		obstack_1grow(ob, '\0');
		return obstack_finish(ob);
	}
	return NULL;
}

/* The kernel shows notes as they are in memory, without headers around them. */
static const char *read_notes(struct obstack *ob, const char *path)
{
	union {
		GElf_Nhdr	aligned;
		char		bytes[4096];
	} notes;
	Elf_Data data = {
		.d_buf = notes.bytes,
		.d_type = ELF_T_NHDR,
		.d_version = EV_CURRENT,
		.d_align = 4,
	};
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	len = read(fd, notes.bytes, sizeof(notes.bytes));
	close(fd);
	if (len <= 0 || elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	data.d_size = len;
	return find_id(ob, &data);
}

/**
 * elf_kernel_id - get the running kernel's build id
 * @ob: where it is kept
 *
 * Return: Hexadecimal digits, NULL if there is no build id.
 */
const char *elf_kernel_id(struct obstack *ob)
{
	struct util_path path;

	util_path(&path, "/sys/kernel/notes");
	return read_notes(ob, path.s);
}

/**
 * elf_module_id - get a loaded module's build id
 * @ob: where it is kept
 * @name: the module's name
 *
 * Return: Hexadecimal digits, NULL if there is no build id.
 */
const char *elf_module_id(struct obstack *ob, const char *name)
{
	struct util_path path;

	util_path(&path, "/sys/module/%s/notes/.note.gnu.build-id", name);
	return read_notes(ob, path.s);
}

/**
 * elf_file_id - get the build id of a module's file
 * @ob: where it is kept
 * @fd: the file's descriptor
 *
 * Return: Hexadecimal digits, NULL if there is no build id or the file is compressed.
 */
const char *elf_file_id(struct obstack *ob, int fd)
{
	const char *id = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	Elf_Data *data;
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return NULL;
	while (!id && elf_kind(elf) == ELF_K_ELF && (scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &header) || header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		if (data && data->d_buf)
			id = find_id(ob, data);
	}
	elf_end(elf);
	return id;
}
