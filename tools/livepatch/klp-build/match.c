// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: is this function, as we have compiled it, the one in the image?
 *
 * walk.c compares the instructions. From what a function leads to follows where the
 * variables and functions of the unit are.
 */
#include "walk.h"

/* Compare a function and its .cold parts, which follow from its jumps. */
static bool walk_function(struct match *match, struct piece *function,
			  const struct symbol *symbol, struct ptrs *bounds)
{
	const struct image *image = match->image;
	const struct symbol *cold;
	struct bound *bound;
	uint64_t *map;
	size_t i;

	if (!walk_code(match, function, image_loc(image, symbol), symbol->size, bounds, 0))
		return false;
	map = match->map;
	for (i = 0; i < bounds->nr; i++) {
		bound = bounds->at[i];
		if (bound->piece->root != function || bound->piece == function)
			continue;
		cold = image_symbol(image, bound->piece->name, bound->loc);
		if (!cold || !walk_code(match, bound->piece, bound->loc, cold->size, bounds, 0))
			return false;
	}
	match->map = map;
	return true;
}

static const char *file_of(const struct object *object)
{
	unsigned int i;

	for (i = 0; i < object->nr_symbols; i++)
		if (object->symbols[i].type == STT_FILE)
			return object->symbols[i].name;
	return NULL;
}

static bool may_be(const struct match *match, const struct piece *piece,
		   const struct symbol *symbol)
{
	const char *file = file_of(piece->object);

	if (symbol->type != piece->symbol->type && symbol->type != STT_NOTYPE)
		return false;
	if (piece->found > FOUND_NOWHERE && piece->loc != image_loc(match->image, symbol))
		return false;
	/* A local symbol is listed below the name of its source file. */
	return symbol->bind != STB_LOCAL || !symbol->file || !file ||
	       !strcmp(symbol->file, file);
}

static void commit(const struct ptrs *bounds)
{
	struct bound *bound;
	size_t i;

	for_each(bounds, i, bound) {
		if (bound->piece->found > FOUND_NOWHERE)
			continue;
		bound->piece->found = FOUND_BY_REFERENCE;
		bound->piece->loc = bound->loc;
	}
}

/**
 * match_function - find a function of a unit in the image
 * @match: the image; &match.why is set if the function is not found
 * @function: the function, of the unpatched object; its place is set
 *
 * Return: KB_OK; KB_REFUSED if there is no such function, or more than one.
 */
enum status match_function(struct match *match, struct piece *function)
{
	struct symbol *symbol = NULL;
	struct ptrs bounds, found;
	uint64_t loc = 0;
	unsigned int nr = 0, seen = 0;

	if (function->found == FOUND_BY_CONTENT)
		return KB_OK;
	match->why = NULL;
	while ((symbol = map_next(match->image->names, function->name, symbol))) {
		if (!may_be(match, function, symbol))
			continue;
		seen++;
		memset(&bounds, 0, sizeof(bounds));
		if (!walk_function(match, function, symbol, &bounds))
			continue;
		nr++;
		loc = image_loc(match->image, symbol);
		found = bounds;
		function->map = match->map;
		function->loc_size = symbol->size;
	}
	if (nr != 1) {
		if (nr)
			match->why = "more than one function has the name and the instructions";
		else if (!seen)
			match->why = "there is no function of that name from that file";
		return KB_REFUSED;
	}
	function->found = FOUND_BY_CONTENT;
	function->loc = loc;
	commit(&found);
	return KB_OK;
}

static bool leads_to(const struct piece *piece, const struct piece *data)
{
	struct piece *part;
	unsigned int r;
	size_t i;

	for (r = 0; r < piece->nr_relocs; r++)
		if (piece->relocs[r].target == data)
			return true;
	for_each(&piece->parts, i, part)
		if (leads_to(part, data))
			return true;
	return false;
}

/* The length of a name without the number that the compiler has added to it */
static size_t base_length(const char *name)
{
	size_t length = strlen(name), end = length;

	while (end && name[end - 1] >= '0' && name[end - 1] <= '9')
		end--;
	return end > 1 && end < length && name[end - 1] == '.' ? end - 1 : length;
}

/* The compiler may have numbered such variables in another order. */
static bool has_siblings(const struct match *match, const struct piece *piece)
{
	const struct object *object = match->image->object;
	size_t length = base_length(piece->name);
	const struct symbol *symbol;
	unsigned int i, nr = 0;

	if (!piece->name[length])
		return false;
	for (i = 1; i < object->nr_symbols; i++) {
		symbol = &object->symbols[i];
		nr += !strncmp(symbol->name, piece->name, length) &&
		      base_length(symbol->name) == length && symbol->name[length] &&
		      symbol->section && symbol->size == piece->symbol->size &&
		      may_be(match, piece, symbol);
	}
	return nr > 1;
}

static bool find_by_name(struct match *match, struct piece *piece)
{
	struct symbol *symbol = NULL, *found = NULL;
	struct ptrs bounds = { };
	unsigned int nr = 0;

	match->why = "no code that was compared leads to it, and its name is not the only one";
	while ((symbol = map_next(match->image->names, piece->name, symbol))) {
		if (!may_be(match, piece, symbol) || symbol->size != piece->symbol->size)
			continue;
		found = symbol;
		nr++;
	}
	if (nr != 1 || has_siblings(match, piece))
		return false;
	if (piece_is_constant(piece) && !piece->section->special &&
	    !walk_data(match, piece, image_loc(match->image, found) - piece->entry, &bounds)) {
		match->why = "the constant has another content there";
		return false;
	}
	piece->found = FOUND_BY_NAME;
	piece->loc = image_loc(match->image, found);
	return true;
}

/**
 * match_data - find a variable, or a function that is only referred to, in the image
 * @match: the image; &match.why is set if it is not found
 * @data: the piece, of the unpatched object; its place is set
 *
 * Functions of the unit that lead to it are looked for first. A symbol that is the only
 * one of its name and size from its source file is accepted, too.
 *
 * Return: KB_OK; KB_REFUSED if it cannot be told.
 */
enum status match_data(struct match *match, struct piece *data)
{
	struct piece *piece;
	size_t i;

	if (data->found > FOUND_NOWHERE)
		return KB_OK;
	if (data->kind == PIECE_CODE && !match_function(match, data))
		return KB_OK;
	for_each(&data->object->pieces, i, piece) {
		if (piece->kind != PIECE_CODE || piece->root != piece || !piece->symbol ||
		    piece->found == FOUND_BY_CONTENT || !leads_to(piece, data))
			continue;
		if (!match_function(match, piece) && data->found > FOUND_NOWHERE)
			return KB_OK;
	}
	return find_by_name(match, data) ? KB_OK : KB_REFUSED;
}
