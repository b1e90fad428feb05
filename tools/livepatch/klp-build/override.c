// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: weak functions and variables, of which two files may have one of a name.
 *
 * Which one is used is decided when the kernel is linked, and is in no object file.
 */
#include <errno.h>

#include "build.h"
#include "report.h"

static bool defines(const struct object *object, const char *name)
{
	unsigned int i;

	for (i = 1; i < object->nr_symbols; i++)
		if (object->symbols[i].section && object->symbols[i].bind != STB_LOCAL &&
		    !strcmp(object->symbols[i].name, name))
			return true;
	return false;
}

static bool is_global_of(const struct image *image, const char *name)
{
	struct symbol *symbol = NULL;

	while ((symbol = map_next(image->names, name, symbol)))
		if (symbol->bind != STB_LOCAL)
			return true;
	return false;
}

/* A new function of the name that another file has, too: one of the two is weak. */
static enum status check_new(const struct build *build, const struct unit *unit)
{
	const struct symbol *symbol;
	unsigned int i;

	for (i = 1; i < unit->after->nr_symbols; i++) {
		symbol = &unit->after->symbols[i];
		if (!symbol->piece || symbol->bind == STB_LOCAL ||
		    !is_global_of(unit->image, symbol->name) ||
		    defines(unit->before, symbol->name))
			continue;
		report_where(select_where(build, unit, symbol->piece));
		refuse("'%s' is new here, and %s has the one of another file", symbol->name,
		       unit->image->path);
		note("change the function of the other file");
		return KB_REFUSED;
	}
	return KB_OK;
}

/* Files with the symbols that were linked: an archive, or the objects of a module */
static enum status list_symbols(struct build *build, const struct unit *unit, char **list)
{
	struct pool *pool = build->pool;
	struct ptrs argv = { };
	struct command command = {
		.folder = build->tree.build,
		.output = pool_printf(pool, "%s/symbols", build->tree.temporary),
	};
	enum status status;
	const char *path;
	char *file;

	ptrs_add(pool, &argv, "nm");
	ptrs_add(pool, &argv, "-g");
	ptrs_add(pool, &argv, "--defined-only");
	if (unit->module) {
		path = pool_printf(pool, "%s.mod", unit->module);
		if (path[0] != '/')
			path = pool_printf(pool, "%s/%s", build->tree.build, path);
		file = file_read(pool, path, NULL);
		if (!file)
			return error("%s: %s", path, strerror(errno));
		for (file = strtok(file, "\n"); file; file = strtok(NULL, "\n"))
			ptrs_add(pool, &argv, file);
	} else {
		ptrs_add(pool, &argv, "vmlinux.a");
	}
	ptrs_add(pool, &argv, NULL);
	command.argv = (char **)argv.at;
	status = command_run(&command, NULL);
	if (status)
		return status;
	*list = file_read(pool, command.output, NULL);
	return *list ? KB_OK : error("%s: %s", command.output, strerror(errno));
}

/* How many lines "ADDRESS TYPE NAME" have the name? */
static unsigned int count(const char *list, const char *name)
{
	size_t length = strlen(name);
	unsigned int nr = 0;

	for (list = strstr(list, name); list; list = strstr(list + length, name))
		nr += list[-1] == ' ' && (list[length] == '\n' || !list[length]);
	return nr;
}

/* A function that is gone: another file may have a weak one. */
static enum status check_gone(struct build *build, const struct unit *unit)
{
	const struct symbol *symbol;
	enum status status;
	char *list = NULL;
	unsigned int i;

	for (i = 1; i < unit->before->nr_symbols; i++) {
		symbol = &unit->before->symbols[i];
		if (!symbol->piece || symbol->bind == STB_LOCAL ||
		    defines(unit->after, symbol->name))
			continue;
		status = list ? KB_OK : list_symbols(build, unit, &list);
		if (status)
			return status;
		if (count(list, symbol->name) < 2)
			continue;
		report_where(unit->source);
		refuse("'%s' is gone, and another file has one, too, which would be used",
		       symbol->name);
		note("keep it, and let it do what the other one does");
		return KB_REFUSED;
	}
	return KB_OK;
}

/**
 * override_check - refuse to change which one of two functions of a name is used
 * @build: the build
 * @unit: the unit, which is compared
 *
 * Return: KB_OK; KB_REFUSED or KB_ERROR after a message.
 */
enum status override_check(struct build *build, const struct unit *unit)
{
	enum status status = check_new(build, unit);

	return status ? status : check_gone(build, unit);
}
