// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: where variables are declared, before and after a fix.
 *
 * A line that a fix leaves alone declares the same variable before and after. So the places
 * of the unpatched object are told as places in the patched source.
 */
#include <dwarf.h>
#include <stdlib.h>

#include "debug.h"
#include "layout.h"
#include "report.h"

/* Lines of the unpatched file that are replaced by lines of the patched one */
struct hunk {
	unsigned long	first;		/* of the unpatched file */
	unsigned long	nr;
	long		shift;		/* of what follows */
};

/* A file of the fix */
struct moved {
	const char	*file;
	struct ptrs	hunks;
};

/* The numbers in "A,B"; A is the last number if there is only one. */
static const char *read_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	*first = strtoul(text, &end, 10);
	*last = *first;
	if (*end == ',')
		*last = strtoul(end + 1, &end, 10);
	return end;
}

/* A line of diff: "3,4c5", "3a4,5" or "3,4d2" */
static void add_hunk(struct pool *pool, struct moved *moved, const char *line)
{
	unsigned long first, last, from, to;
	struct hunk *hunk;
	char what;

	line = read_range(line, &first, &last);
	what = *line;
	if (what != 'a' && what != 'c' && what != 'd')
		return;
	read_range(line + 1, &from, &to);
	hunk = pool_alloc(pool, sizeof(*hunk));
	hunk->first = what == 'a' ? first + 1 : first;
	hunk->nr = what == 'a' ? 0 : last - first + 1;
	hunk->shift = (what == 'd' ? 0 : (long)(to - from + 1)) - (long)hunk->nr;
	ptrs_add(pool, &moved->hunks, hunk);
}

static enum status read_moved(struct build *build, const char *file, struct moved **result)
{
	struct pool *pool = build->pool;
	struct moved *moved = pool_alloc(pool, sizeof(*moved));
	char **argv = (char *[]){ "diff", "-a", NULL, NULL, NULL };
	struct command command = {
		.argv = argv, .output = pool_printf(pool, "%s/moved", build->tree.temporary),
	};
	enum status status;
	int exit_status;
	char *line;

	argv[2] = pool_printf(pool, "%s/%s", build->tree.source, file);
	argv[3] = pool_printf(pool, "%s/%s", build->tree.overlay, file);
	status = command_run(&command, &exit_status);
	if (status)
		return status;
	if (exit_status > 1)
		return error("diff of %s failed with status %d", file, exit_status);
	moved->file = file;
	line = file_read(pool, command.output, NULL);
	for (line = line ? strtok(line, "\n") : NULL; line; line = strtok(NULL, "\n"))
		add_hunk(pool, moved, line);
	ptrs_add(pool, &build->moved, moved);
	*result = moved;
	return KB_OK;
}

/* @moved: set to NULL if the file is not one of the fix */
static enum status find_moved(struct build *build, const char *file, struct moved **moved)
{
	char *other;
	size_t i;

	for_each(&build->moved, i, *moved)
		if (!strcmp((*moved)->file, file))
			return KB_OK;
	*moved = NULL;
	for_each(&build->tree.files, i, other)
		if (!strcmp(other, file))
			return read_moved(build, other, moved);
	return KB_OK;
}

/* @place: "file:line" of the unpatched source; set to that of the patched one, or to NULL */
static enum status move(struct build *build, const char **place)
{
	const char *colon = strrchr(*place, ':');
	const char *file = pool_printf(build->pool, "%.*s", (int)(colon - *place), *place);
	unsigned long line = strtoul(colon + 1, NULL, 10);
	struct moved *moved;
	enum status status;
	struct hunk *hunk;
	long shift = 0;
	size_t i;

	status = find_moved(build, file, &moved);
	if (status || !moved)
		return status;
	for_each(&moved->hunks, i, hunk) {
		if (line < hunk->first)
			break;
		if (line - hunk->first < hunk->nr) {
			*place = NULL;
			return KB_OK;
		}
		shift += hunk->shift;
	}
	*place = pool_printf(build->pool, "%s:%lu", file, line + shift);
	return KB_OK;
}

/**
 * declare_is_touched - tell whether a fix changes some lines
 * @build: the build
 * @file: the file, relative to the source folder
 * @first: the first line, in the patched source
 * @last: the last line
 *
 * Return: true if one of the lines is new, or a line between them is gone.
 */
bool declare_is_touched(struct build *build, const char *file, unsigned long first,
			unsigned long last)
{
	struct moved *moved;
	struct hunk *hunk;
	unsigned long from, to;
	long shift = 0;
	size_t i;

	if (find_moved(build, file, &moved) || !moved)
		return false;
	for_each(&moved->hunks, i, hunk) {
		from = hunk->first + shift;
		to = from + hunk->nr + hunk->shift;
		/* Of lines that are gone, the one behind them */
		if (from <= last && (to > first || (to == from && from >= first)))
			return true;
		shift += hunk->shift;
	}
	return false;
}

static enum status declare(struct build *build, struct object *object, const struct debug *debug,
			   bool after)
{
	enum status status = KB_OK;
	struct piece *piece;
	const char *place;
	size_t i;

	for_each(&object->pieces, i, piece) {
		/* Only the names of static variables in functions have numbers. */
		place = piece->kind == PIECE_DATA && strchr(piece->name, '.') ?
			map_get(debug->places, piece->name) : NULL;
		if (!place)
			continue;
		place = tree_place(build->pool, &build->tree, place);
		if (!after)
			status = move(build, &place);
		if (status)
			return status;
		piece->declared = place;
	}
	return KB_OK;
}

/**
 * declare_pieces - find where the variables of a unit are declared
 * @build: the build
 * @unit: the unit, whose pieces are told where
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status declare_pieces(struct build *build, struct unit *unit, struct debug *before,
			   struct debug *after)
{
	enum status status = declare(build, unit->before, before, false);

	return status ? status : declare(build, unit->after, after, true);
}
