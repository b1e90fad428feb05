/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: the code that will be patched: vmlinux, or a module's file.
 */
#ifndef KLP_BUILD_IMAGE_H
#define KLP_BUILD_IMAGE_H

#include "elf.h"

/**
 * struct image - vmlinux or a module's file
 * @name:	"vmlinux", or the module's name as in /proc/modules.
 * @path:	The file.
 * @is_module:	It is a module.
 * @object:	Its content.
 * @names:	Its defined symbols, in the order of the symbol table.
 * @undefined:	Its undefined symbols.
 * @by_loc:	Its defined symbols, by place.
 * @build_id:	The build id in hexadecimal, or NULL.
 * @sealed:	Places of functions whose ENDBR is removed when the kernel boots.
 */
struct image {
	const char	*name;
	const char	*path;
	bool		is_module;
	struct object	*object;
	struct map	*names;
	struct map	*undefined;
	struct ptrs	by_loc;
	const char	*build_id;
	uint64_t	*sealed;
	size_t		nr_sealed;
};

/* Where a field of an image leads: a place, or a symbol of another object */
struct goal {
	const char	*name;	/* of an undefined symbol, else NULL */
	uint64_t	loc;	/* the place, or the distance from the symbol */
};

enum status image_open(struct pool *pool, const char *path, const char *name,
		       struct image **result);
uint64_t image_loc(const struct image *image, const struct symbol *symbol);
uint64_t image_section_loc(const struct image *image, const struct section *section);
const uint8_t *image_bytes(const struct image *image, uint64_t loc, uint64_t *left);
const struct section *image_section(const struct image *image, uint64_t loc);
bool image_goal(const struct image *image, uint64_t loc, unsigned int type,
		unsigned int bias, struct goal *goal);
bool image_has_reloc(const struct image *image, uint64_t loc);
struct symbol *image_symbol(const struct image *image, const char *name, uint64_t loc);
const struct symbol *image_function_at(const struct image *image, uint64_t loc);
const char *image_name_at(const struct image *image, uint64_t loc);
bool image_position(struct pool *pool, const struct image *image, const char *name,
		    uint64_t loc, unsigned int *position);
bool image_is_freed(const struct image *image, uint64_t loc);
bool image_is_sealed(const struct image *image, uint64_t loc);

struct verify;

/* match.c: run-pre; @verify: the image is a patch module, see verify.c. */
struct match {
	struct pool		*pool;
	const struct image	*image;
	struct verify		*verify;
	const char		*why;
	uint64_t		*map;
};

enum status match_function(struct match *match, struct piece *function);
enum status match_data(struct match *match, struct piece *data);

#endif
