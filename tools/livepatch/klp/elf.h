/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: build ids.
 */
#ifndef _KLP_ELF_H
#define _KLP_ELF_H

#include <obstack.h>

const char *elf_kernel_id(struct obstack *ob);
const char *elf_module_id(struct obstack *ob, const char *name);
const char *elf_file_id(struct obstack *ob, int fd);

#endif /* _KLP_ELF_H */
