// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: reading the debug information of an object file. With those who compare
 * it, see layout.h, the only user of libdw.
 */
#include <dwarf.h>

#include "debug.h"
#include "report.h"

/* Types in types: the depth is bounded in case that the file is damaged. */
#define DEPTH	100

/**
 * debug_number - read an attribute that is a number
 * @die: what has the attribute
 * @attribute: DW_AT_*
 * @otherwise: the value if there is no such attribute
 *
 * Return: the number.
 */
uint64_t debug_number(Dwarf_Die *die, unsigned int attribute, uint64_t otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr_integrate(die, attribute, &attr) || dwarf_formudata(&attr, &value))
		return otherwise;
	return value;
}

/**
 * debug_type - find the type of a variable, a member, or another type
 * @die: the variable, the member, or the type
 * @type: set to its type
 *
 * Return: false if it has none, which stands for void.
 */
bool debug_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type);
}

/**
 * debug_peel - find the type that typedefs, const and the like are about
 * @die: a type; may be the same as @type
 * @type: set to the type without them
 *
 * Return: false if it is void.
 */
bool debug_peel(Dwarf_Die *die, Dwarf_Die *type)
{
	unsigned int depth;

	*type = *die;
	for (depth = 0; depth < DEPTH; depth++) {
		switch (dwarf_tag(type)) {
		case DW_TAG_typedef:
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
		case DW_TAG_restrict_type:
		case DW_TAG_atomic_type:
			if (!debug_type(type, type))
				return false;
			continue;
		default:
			return true;
		}
	}
	return false;
}

/**
 * debug_pointee - find the struct or union that a pointer leads to
 * @die: a variable
 * @type: set to the struct or union
 * @named: set to whether it has a name, be it that of a typedef
 *
 * Return: false if the variable is no pointer to one.
 */
bool debug_pointee(Dwarf_Die *die, Dwarf_Die *type, bool *named)
{
	Dwarf_Die pointee;

	if (!debug_type(die, type) || !debug_peel(type, type) ||
	    dwarf_tag(type) != DW_TAG_pointer_type || !debug_type(type, &pointee) ||
	    !debug_peel(&pointee, type) || !debug_is_aggregate(type))
		return false;
	/* const is written before the name of a typedef. */
	while (dwarf_tag(&pointee) == DW_TAG_const_type ||
	       dwarf_tag(&pointee) == DW_TAG_volatile_type)
		if (!debug_type(&pointee, &pointee))
			return false;
	*named = dwarf_diename(&pointee);
	return true;
}

/**
 * debug_size - find the size of a type
 * @type: the type
 *
 * Return: the size, 0 if it has none.
 */
uint64_t debug_size(Dwarf_Die *type)
{
	Dwarf_Word size;

	return dwarf_aggregate_size(type, &size) ? 0 : size;
}

/**
 * debug_type_name - name a struct or union
 * @pool: the pool that owns the name
 * @die: the struct or union
 *
 * Return: the name, NULL if it has none.
 */
const char *debug_type_name(struct pool *pool, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	if (!name)
		return NULL;
	return pool_printf(pool, "%s %s", dwarf_tag(die) == DW_TAG_union_type ? "union" : "struct",
			   name);
}

static struct described *describe(struct pool *pool, struct ptrs *list, const char *name,
				  Dwarf_Die *die)
{
	struct described *described = pool_alloc(pool, sizeof(*described));

	described->name = name;
	described->die = *die;
	ptrs_add(pool, list, described);
	return described;
}

static void add_type(struct pool *pool, struct debug *debug, const char *name, Dwarf_Die *die)
{
	if (!name || dwarf_hasattr(die, DW_AT_declaration))
		return;
	map_add(debug->types_by, name, describe(pool, &debug->types, name, die));
}

/* A struct without a name that a typedef gives one */
static void add_typedef(struct pool *pool, struct debug *debug, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	Dwarf_Die type;

	if (name && debug_type(die, &type) && debug_peel(&type, &type) &&
	    debug_is_aggregate(&type) && !dwarf_diename(&type))
		add_type(pool, debug, pool_printf(pool, "%s", name), &type);
}

/* The first word of the place of a static variable is its address. */
static bool has_address(Dwarf_Attribute *attr)
{
	Dwarf_Op *ops;
	size_t nr;

	if (dwarf_whatform(attr) != DW_FORM_exprloc || dwarf_getlocation(attr, &ops, &nr) || !nr)
		return false;
	return ops[0].atom == DW_OP_addr || ops[0].atom == DW_OP_addrx ||
	       ops[0].atom == DW_OP_GNU_addr_index;
}

/* Static variables of several functions or blocks may have one name. */
static void add_place(struct pool *pool, struct debug *debug, Dwarf_Die *die,
		      Dwarf_Attribute *attr)
{
	const char *symbol, *file = dwarf_decl_file(die);
	GElf_Off offset;
	Dwarf_Op *ops;
	GElf_Sym sym;
	size_t nr;
	int line;

	if (!file || dwarf_decl_line(die, &line) || dwarf_getlocation(attr, &ops, &nr) || !nr ||
	    ops[0].atom != DW_OP_addr)
		return;
	symbol = dwfl_module_addrinfo(debug->module, ops[0].number + debug->bias, &offset, &sym,
				      NULL, NULL, NULL);
	if (symbol && !offset && !map_get(debug->places, symbol))
		map_add(debug->places, pool_printf(pool, "%s", symbol),
			pool_printf(pool, "%s:%d", file, line));
}

/* A function that is inlined has as many of one variable, but they have one type. */
static void add_pointer(struct pool *pool, struct debug *debug, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	struct described *other;
	Dwarf_Die type, same;
	bool named;

	/* Macros have variables of one name for anything. */
	if (!name || name[0] == '_' || !debug->function || !debug_pointee(die, &type, &named))
		return;
	name = pool_printf(pool, "%s:%s", debug->function, name);
	for (other = map_get(debug->pointers_by, name); other;
	     other = map_next(debug->pointers_by, name, other))
		if (debug_pointee(&other->die, &same, &named) && same.addr == type.addr)
			return;
	map_add(debug->pointers_by, name, describe(pool, &debug->pointers, name, die));
}

/* Of those in functions, only variables that have a place are of interest. */
static void add_variable(struct pool *pool, struct debug *debug, Dwarf_Die *die, bool local)
{
	const char *name = dwarf_diename(die);
	struct described *variable;
	Dwarf_Attribute attr;
	bool placed;

	placed = dwarf_attr(die, DW_AT_location, &attr);
	if (!name || (local && !placed))
		return;
	variable = describe(pool, &debug->variables, pool_printf(pool, "%s", name), die);
	variable->function = local ? debug->function : NULL;
	variable->lasting = !local || has_address(&attr);
	if (placed && has_address(&attr))
		add_place(pool, debug, die, &attr);
}

/* @form: a variable in a function may have the name of another function. */
static void add_line(struct pool *pool, struct debug *debug, Dwarf_Die *die, const char *form)
{
	const char *name = dwarf_diename(die), *file = dwarf_decl_file(die);
	int line;

	if (!name || !file || dwarf_decl_line(die, &line) ||
	    dwarf_hasattr(die, DW_AT_declaration))
		return;
	name = pool_printf(pool, form, name);
	if (!map_get(debug->lines, name))
		map_add(debug->lines, name, pool_printf(pool, "%s:%d", file, line));
}

static void add_inlined(struct pool *pool, struct debug *debug, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	struct inlined *inlined;

	if (!name || !debug->into)
		return;
	inlined = pool_alloc(pool, sizeof(*inlined));
	inlined->name = pool_printf(pool, "%s", name);
	inlined->into = debug->into;
	ptrs_add(pool, &debug->inlined, inlined);
}

static void collect(struct pool *pool, struct debug *debug, Dwarf_Die *parent, bool local,
		    unsigned int depth);

static void collect_one(struct pool *pool, struct debug *debug, Dwarf_Die *die, bool local,
			unsigned int depth)
{
	const char *function = debug->function;

	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		add_type(pool, debug, debug_type_name(pool, die), die);
		break;
	case DW_TAG_typedef:
		add_typedef(pool, debug, die);
		return;
	case DW_TAG_enumeration_type:
		describe(pool, &debug->enums, "", die);
		return;
	case DW_TAG_member:
		describe(pool, &debug->members, "", die);
		return;
	case DW_TAG_variable:
	case DW_TAG_formal_parameter:
		add_line(pool, debug, die, "%s");
		add_variable(pool, debug, die, local);
		add_pointer(pool, debug, die);
		return;
	case DW_TAG_subprogram:
		add_line(pool, debug, die, "%s()");
		describe(pool, &debug->functions, "", die);
		local = true;
		debug->function = dwarf_diename(die);
		/* Only what has code: the rest is what has been inlined. */
		debug->into = dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges) ?
			      pool_printf(pool, "%s", dwarf_diename(die) ? : "") : NULL;
		break;
	case DW_TAG_inlined_subroutine:
		add_inlined(pool, debug, die);
		debug->function = dwarf_diename(die);
		break;
	case DW_TAG_lexical_block:
		break;
	default:
		return;
	}
	collect(pool, debug, die, local, depth + 1);
	debug->function = function;
}

static void collect(struct pool *pool, struct debug *debug, Dwarf_Die *parent, bool local,
		    unsigned int depth)
{
	Dwarf_Die die;

	if (depth > DEPTH || dwarf_child(parent, &die))
		return;
	do
		collect_one(pool, debug, &die, local, depth);
	while (!dwarf_siblingof(&die, &die));
}

/* Nothing is asked for in other files, or by the network. */
static int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			  const char *file, const char *link, GElf_Word crc, char **result)
{
	(void)module;
	(void)data;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	(void)result;
	return -1;
}

/**
 * debug_open - read the debug information of an object file
 * @pool: the pool that owns the result
 * @path: the file
 * @debug: filled in; to be closed with debug_close(), also after an error
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status debug_open(struct pool *pool, const char *path, struct debug *debug)
{
	static const Dwfl_Callbacks callbacks = {
		.section_address = dwfl_offline_section_address,
		.find_debuginfo = find_debuginfo,
	};
	Dwfl_Module *module;
	Dwarf_Die *cu;
	bool any = false;

	memset(debug, 0, sizeof(*debug));
	debug->types_by = map_new(pool, 4000);
	debug->pointers_by = map_new(pool, 4000);
	debug->lines = map_new(pool, 4000);
	debug->places = map_new(pool, 1000);
	debug->dwfl = dwfl_begin(&callbacks);
	module = debug->dwfl ? dwfl_report_offline(debug->dwfl, "", path, -1) : NULL;
	if (!module || !dwfl_module_getdwarf(module, &debug->bias))
		return error("%s: no debug information: %s", path, dwfl_errmsg(-1));
	debug->module = module;
	for (cu = NULL; (cu = dwfl_module_nextcu(module, cu, &debug->bias)); any = true)
		collect(pool, debug, cu, false, 0);
	return any ? KB_OK : error("%s: the debug information is empty", path);
}

/**
 * debug_close - free what libdw has allocated for a file
 * @debug: what debug_open() has filled in; only its names may be used afterwards
 */
void debug_close(struct debug *debug)
{
	if (debug->dwfl)
		dwfl_end(debug->dwfl);
	debug->dwfl = NULL;
}
