/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: translation units, and how they are compiled.
 */
#ifndef KLP_BUILD_UNIT_H
#define KLP_BUILD_UNIT_H

#include "elf.h"
#include "util.h"

/**
 * struct tree - the kernel's source and build folders, and ours
 * @build:	The build folder.
 * @source:	The source folder; the same as @build if built there. For modules that are built
 *		outside of the kernel's tree, their folder.
 * @outside:	It is such a folder.
 * @temporary:	Our own folder.
 * @overlay:	The patched source: links, and the patched files.
 * @files:	Files that the fix changes, relative to @source.
 * @config:	The build's .config.
 */
struct tree {
	const char	*build;
	const char	*source;
	bool		outside;
	const char	*temporary;
	const char	*overlay;
	struct ptrs	files;
	const char	*config;
};

/**
 * struct unit - a translation unit
 * @target:	What is compiled, relative to the build folder.
 * @source:	Its main source file, relative to the source folder.
 * @line:	The command.
 * @module:	Path of the module's object without .o, relative to the build folder;
 *		NULL for vmlinux.
 * @linked:	It is a part of vmlinux or of a module. Otherwise it must not change.
 * @number:	Its number, for names of files.
 * @image:	What it is a part of.
 * @before:	The unpatched object.
 * @after:	The patched object.
 * @plain:	The patched object as kbuild makes it; see verify.c.
 * @lines:	Where its functions and variables are; see struct debug.
 * @inlined:	Which functions are inlined into which in the patched object.
 */
struct unit {
	const char	*target;
	const char	*source;
	const char	*line;
	const char	*module;
	bool		linked;
	unsigned int	number;
	struct image	*image;
	struct object	*before;
	struct object	*after;
	struct object	*plain;
	struct map	*lines;
	struct ptrs	inlined;
};

/* tree.c */
enum status tree_open(struct pool *pool, struct tree *tree, const char *build,
		      const char *outside);
enum status tree_patch(struct pool *pool, struct tree *tree, char **fixes, size_t nr);
enum status tree_make_folders(struct pool *pool, const struct tree *tree, const char *file);
const char *tree_place(struct pool *pool, const struct tree *tree, const char *place);
bool tree_config(struct pool *pool, const struct tree *tree, const char *option);

/* unit.c */
enum status unit_find_all(struct pool *pool, const struct tree *tree, struct ptrs *units);

/* makes.c */
enum status makes_check(struct pool *pool, const struct tree *tree);

/* compile.c */
enum status compile_check(struct pool *pool, const struct tree *tree);
enum status compile_unit(struct pool *pool, const struct tree *tree, struct unit *unit,
			 bool *same);
enum status compile_plain(struct pool *pool, const struct tree *tree, struct unit *unit,
			  struct object **before, struct object **after);

#endif
