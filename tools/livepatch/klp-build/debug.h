/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: the debug information of an object file.
 */
#ifndef KLP_BUILD_DEBUG_H
#define KLP_BUILD_DEBUG_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "util.h"

/* A type or a variable that the debug information tells of */
struct described {
	const char	*name;
	const char	*function;	/* of a variable in a function */
	Dwarf_Die	die;
	bool		lasting;	/* a variable that is not in a frame */
};

/* A function that the compiler has inlined into another one */
struct inlined {
	const char	*name;
	const char	*into;
};

/**
 * struct debug - the debug information of an object file
 * @dwfl:	What libdw knows of the file.
 * @types:	Definitions of structs and unions (struct described); the names are those of
 *		the language, with "struct" or "union", or that of a typedef without.
 * @types_by:	The same by name.
 * @variables:	Variables and parameters (struct described).
 * @members:	Members of structs and unions.
 * @enums:	Enumerations.
 * @functions:	Definitions and declarations of functions.
 * @pointers:	Variables in functions that are pointers to structs, as "FUNCTION:VARIABLE".
 * @pointers_by: The same by name.
 * @lines:	"file:line" of variables, by name, and of functions, by "NAME()".
 * @places:	"file:line" of variables with an address, by the name of the symbol there.
 * @inlined:	Which functions are inlined (struct inlined).
 * @into:	The function whose debug information is being read.
 * @function:	The same, or one that is inlined there.
 * @module:	What libdw knows of the object,
 * @bias:	and how far its addresses are from those of the debug information.
 */
struct debug {
	Dwfl		*dwfl;
	Dwfl_Module	*module;
	Dwarf_Addr	bias;
	struct ptrs	types;
	struct map	*types_by;
	struct ptrs	variables;
	struct ptrs	members;
	struct ptrs	enums;
	struct ptrs	functions;
	struct ptrs	pointers;
	struct map	*pointers_by;
	struct map	*lines;
	struct map	*places;
	struct ptrs	inlined;
	const char	*into;
	const char	*function;
};

enum status debug_open(struct pool *pool, const char *path, struct debug *debug);
void debug_close(struct debug *debug);
bool debug_type(Dwarf_Die *die, Dwarf_Die *type);
bool debug_peel(Dwarf_Die *die, Dwarf_Die *type);
bool debug_pointee(Dwarf_Die *die, Dwarf_Die *type, bool *named);
uint64_t debug_size(Dwarf_Die *type);
const char *debug_type_name(struct pool *pool, Dwarf_Die *die);
uint64_t debug_number(Dwarf_Die *die, unsigned int attribute, uint64_t otherwise);

static inline bool debug_is_aggregate(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

#endif
