/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: what is made of a fix.
 */
#ifndef KLP_BUILD_BUILD_H
#define KLP_BUILD_BUILD_H

#include "image.h"
#include "unit.h"

/* A state of the patch: --state ID:VERSION */
struct state {
	unsigned long	id;
	unsigned int	version;
};

struct options {
	const char	*name;
	const char	*folder;
	bool		replace;
	bool		verbose;
	bool		json;
	struct state	*states;
	size_t		nr_states;
	const char	*description;
	struct ptrs	texts;		/* "key=value" for modinfo */
	const char	*kernel;
	const char	*verify;	/* a patch module */
	const char	*outside;	/* the folder of modules outside of the kernel's tree */
	char		**fixes;
	size_t		nr_fixes;
};

/**
 * struct reference - a symbol that the patch module refers to
 * @name:	Its name in the object file that emit.c writes.
 * @final:	Its name in the module: ".klp.sym...", or NULL for an exported symbol.
 * @object:	The object whose relocations it belongs to, NULL for an exported symbol.
 * @plain:	The symbol's own name.
 * @how:	How it was found, for the report.
 */
struct reference {
	const char	*name;
	const char	*final;
	const char	*object;
	const char	*plain;
	const char	*how;
};

/* Bytes of a function that the kernel may rewrite */
struct mask {
	uint64_t	offset;
	uint64_t	size;
};

/**
 * struct identity - what becomes a struct klp_identity of the kernel
 * @hash:	XXH64 of the function's bytes, those of @masks being 0.
 * @size:	The function's size.
 * @masks:	By offset, without overlaps.
 * @nr_masks:	How many.
 */
struct identity {
	uint64_t	hash;
	uint64_t	size;
	struct mask	*masks;
	size_t		nr_masks;
};

/**
 * struct replaced - a function that is replaced
 * @unit:	Its unit.
 * @piece:	The new function.
 * @name:	Its name in the image.
 * @position:	Its position among its namesakes, 0 if it has none.
 * @global:	The name of the new function in our object file.
 * @identity:	The code that it is the replacement of.
 * @immediate:	See struct klp_func.
 */
struct replaced {
	struct unit	*unit;
	struct piece	*piece;
	const char	*name;
	unsigned int	position;
	const char	*global;
	struct identity	identity;
	bool		immediate;
};

/**
 * struct gone - a function that is gone, and that tasks may still be in
 * @unit:	Its unit.
 * @piece:	The function, in the unpatched object.
 * @position:	Its position among its namesakes, 0 if it has none.
 * @identity:	Its code.
 */
struct gone {
	struct unit	*unit;
	struct piece	*piece;
	unsigned int	position;
	struct identity	identity;
};

/**
 * struct callback - a callback that the fix brings
 * @unit:	Its unit; it is for the unit's image.
 * @kind:	Its name in struct klp_callbacks.
 * @piece:	The function.
 * @global:	The name of the function in our object file.
 */
struct callback {
	struct unit	*unit;
	const char	*kind;
	struct piece	*piece;
	const char	*global;
};

/* An exported symbol, from Module.symvers */
struct export {
	const char	*name;
	const char	*module;	/* a path, or "vmlinux" */
	const char	*space;
};

/* A piece that goes into the module, and the unit that it is from */
struct taken {
	struct piece	*piece;
	struct unit	*unit;
};

/**
 * struct build - what is made of a fix
 * @pool:	The pool that owns all of it.
 * @options:	The options.
 * @tree:	The folders.
 * @units:	The units that the fix reaches (struct unit).
 * @images:	vmlinux and modules (struct image).
 * @exports:	Exported symbols (struct export).
 * @replaced:	Functions that are replaced (struct replaced).
 * @gone:	Functions that are gone (struct gone).
 * @callbacks:	Callbacks (struct callback).
 * @immediate:	Names of functions whose replacement is immediate.
 * @consistency: The consistency model, NULL for that of the kernel.
 * @description: The description that the fix tells, or NULL.
 * @carried:	Changed functions that are not replaced, but their callers (struct piece).
 * @taken:	Pieces that go into the module (struct taken).
 * @references:	What they refer to (struct reference).
 * @shapes:	Structs and the like by name (struct shape); see layout.c.
 * @all_shapes:	All of them.
 * @moved:	Where the fix moves lines; see declare.c.
 * @names:	Names in the files that the fix changes, before and after; see renamed.c.
 * @result:	The module's file.
 */
struct build {
	struct pool	*pool;
	struct options	options;
	struct tree	tree;
	struct ptrs	units;
	struct ptrs	images;
	struct map	*exports;
	struct ptrs	replaced;
	struct ptrs	gone;
	struct ptrs	callbacks;
	struct ptrs	immediate;
	const char	*consistency;
	const char	*description;
	struct ptrs	carried;
	struct ptrs	taken;
	struct ptrs	references;
	struct map	*shapes;
	struct ptrs	all_shapes;
	struct ptrs	moved;
	struct map	*names[2];
	const char	*result;
};

/* Is there something to be done? */
static inline bool build_has_effect(const struct build *build)
{
	return build->replaced.nr || build->callbacks.nr;
}

/* select.c */
enum status select_pieces(struct build *build);
const char *select_where(const struct build *build, const struct unit *unit,
			 const struct piece *piece);
bool select_is_traced(const struct piece *function);
bool select_is_branch(const struct piece *from, const struct reloc *reloc);
bool select_is_jump(const struct piece *from, const struct reloc *reloc);
bool select_is_inside(const struct piece *from, const struct reloc *reloc);

/* phase.c */
enum status phase_check(struct build *build, struct unit *unit, const struct piece *function,
			bool *never);

/* override.c */
enum status override_check(struct build *build, const struct unit *unit);

/* code.c */
enum status code_check(struct build *build, const struct unit *unit, const struct piece *piece);

/* refer.c */
const char *refer_name(struct build *build, const struct reference *reference);
enum status refer_read_exports(struct build *build);
enum status refer_to(struct build *build, struct unit *unit, const struct piece *from,
		     const struct reloc *reloc, struct reference **result);
struct piece *refer_exposed(const struct build *build, const struct unit *unit,
			    const char *name);
struct piece *refer_new_global(const struct build *build, const struct unit *unit,
			       const char *name, struct unit **owner);

/* marks.c */
bool marks_add_state(struct build *build, const char *text);
enum status marks_read(struct build *build);
enum status marks_check(struct build *build);
const char *marks_callback(const struct build *build, const struct piece *piece);

/* carry.c */
enum status carry_untraced(struct build *build, struct unit *unit);
enum status carry_check(struct build *build);

/* gone.c */
void gone_moved(struct build *build);
const char *gone_holder(const struct build *build, const struct unit *unit, const char *name);
enum status gone_check(const struct build *build, const struct unit *unit);
enum status gone_replace(struct build *build, struct unit *unit);

/* consts.c */
bool consts_is(const struct piece *piece);
enum status consts_refer(struct build *build, const struct unit *unit,
			 const struct piece *piece, struct reference **result,
			 uint64_t *offset, uint64_t *size);
bool consts_any(const struct build *build);
struct reference *refer_by_position(struct build *build, const char *object, const char *name,
				    unsigned int position);

/* warn.c */
void warn_about(struct build *build);
const char *warn_inlined(struct build *build, const struct unit *unit, const char *name);

/* declare.c */
bool declare_is_touched(struct build *build, const char *file, unsigned long first,
			unsigned long last);

/* emit.c */
enum status emit_object(struct build *build, const char *path);

/* identity.c */
enum status identity_make(struct build *build, const struct image *image,
			  const struct piece *function, struct identity *identity);

/* source.c */
enum status source_write(struct build *build, const char *folder);

/* module.c */
enum status module_check_name(const struct build *build);
enum status module_make(struct build *build);
enum status module_check_log(struct build *build, const char *path);

/* verify.c */
enum status verify_module(struct build *build);
enum status verify_result(struct build *build, const char *path);

/* replay.c */
enum status replay_module(struct build *build, const char *folder, bool *done);

/* relocate.c */
enum status relocate_module(struct build *build, const char *path, const char *result);

#endif
