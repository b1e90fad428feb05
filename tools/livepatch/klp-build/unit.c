// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: which translation units a fix reaches.
 *
 * For each file that kbuild makes with a compiler there is a .cmd file, which has the
 * command and all files that the result depends on.
 */
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "report.h"
#include "unit.h"

/* What nftw() calls gets no argument. */
static struct search {
	struct pool		*pool;
	const struct tree	*tree;
	struct ptrs		*units;
	struct map		*builtin;
	const char		*modules;	/* modules.order */
	struct ptrs		fresh;		/* new headers and the like */
	struct ptrs		reached;	/* files that something depends on */
	bool			inside;		/* a command is about a file of the source */
	bool			refused;
	enum status		status;
} search;

/* Remove "." and "..", as the file names of links do not matter in .cmd files. */
static void normalize(char *path)
{
	char *from = path, *to = path, *end;

	while (*from) {
		end = from + strcspn(from + 1, "/") + 1;
		if (!strncmp(from, "/..", end - from) && end - from == 3) {
			while (to > path && *--to != '/')
				;
		} else if (strncmp(from, "/.", end - from) || end - from != 2) {
			memmove(to, from, end - from);
			to += end - from;
		}
		from = end;
	}
	*to = '\0';
}

/* A file's name relative to the source folder, NULL if it is outside of it */
static const char *in_source(struct pool *pool, const struct tree *tree, const char *name)
{
	size_t length = strlen(tree->source);
	char *path;

	path = name[0] == '/' ? pool_printf(pool, "%s", name) :
				pool_printf(pool, "%s/%s", tree->build, name);
	normalize(path);
	if (strncmp(path, tree->source, length) || path[length] != '/')
		return NULL;
	return path + length + 1;
}

static bool is_name(char c)
{
	return c && !isspace((unsigned char)c) && c != '\\' && c != '(' && c != ')';
}

/* Does a .cmd file name a source file? */
static bool depends(struct pool *pool, const struct tree *tree, const char *text,
		    const char *file)
{
	const char *name = strrchr(file, '/'), *at = text, *start, *found;
	size_t length;

	name = name ? name : file;
	length = strlen(name);
	while ((at = strstr(at, name))) {
		start = at;
		at += length;
		if (is_name(*at))
			continue;
		while (start > text && is_name(start[-1]))
			start--;
		found = in_source(pool, tree, pool_printf(pool, "%.*s", (int)(at - start), start));
		if (found && !strcmp(found, file))
			return true;
	}
	return false;
}

/* Does a .cmd file name a file whose name, without the folder, is that of another one? */
static bool names_alike(const char *text, const char *file)
{
	const char *name = strrchr(file, '/'), *at = text;
	size_t length;

	name = name ? name + 1 : file;
	length = strlen(name);
	for (at = strstr(at, name); at; at = strstr(at + length, name))
		if (at > text && (at[-1] == '/' || !is_name(at[-1])) && !is_name(at[length]))
			return true;
	return false;
}

/* The value of a line "<key><target> := <value>" */
static const char *value_of(struct pool *pool, const char *text, const char *key,
			    const char **target)
{
	const char *line, *assign, *end;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!str_starts(line, key))
			continue;
		end = line + strcspn(line, "\n");
		assign = strstr(line, " := ");
		if (!assign || assign > end)
			return NULL;
		line += strlen(key);
		if (target)
			*target = pool_printf(pool, "%.*s", (int)(assign - line), line);
		return pool_printf(pool, "%.*s", (int)(end - assign - 4), assign + 4);
	}
	return NULL;
}

/* What make would make of a command */
static const char *expand(struct pool *pool, const char *line)
{
	char *text = pool_printf(pool, "%s", line), *to = text;

	while (*line) {
		if (str_starts(line, "$(pound)")) {
			*to++ = '#';
			line += 8;
			continue;
		}
		line += str_starts(line, "$$");
		*to++ = *line++;
	}
	*to = '\0';
	return text;
}

/* The path of a module's object in modules.order, from the name that the kernel knows */
static const char *module_path(const char *name)
{
	const char *line, *slash, *end;
	size_t i, length;

	for (line = search.modules; line && *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		length = end - line;
		if (length < 3 || strncmp(end - 2, ".o", 2))
			continue;
		length -= 2;
		slash = memrchr(line, '/', length);
		slash = slash ? slash + 1 : line;
		for (i = 0; slash + i < line + length; i++)
			if (name[i] != (slash[i] == '-' ? '_' : slash[i]))
				break;
		if (slash + i == line + length && !name[i])
			return pool_printf(search.pool, "%.*s", (int)length, line);
	}
	return NULL;
}

/* -DMODULE and -DKBUILD_MODNAME='"ext4"' */
static const char *module_of(struct pool *pool, const char *line)
{
	char **words, *module = NULL;
	bool is_module = false;
	size_t nr, i;

	words = command_split(pool, line, &nr);
	for (i = 0; words && i < nr; i++) {
		if (!strcmp(words[i], "-DMODULE"))
			is_module = true;
		if (!str_starts(words[i], "-DKBUILD_MODNAME=\""))
			continue;
		module = pool_printf(pool, "%s", strchr(words[i], '"') + 1);
		module[strcspn(module, "\"")] = '\0';
	}
	return is_module && module ? module_path(module) : NULL;
}

/*
 * Does a compiler make it of a source? Scripts, such as the one that links vmlinux, have
 * saved commands, too, and must not run here.
 */
static bool is_compiled(const char *line, const char *source)
{
	size_t length;

	if (!source || (!str_ends(source, ".c") && !str_ends(source, ".S")))
		return false;
	length = strcspn(line, " ");
	if (length >= 6 && !strncmp(line + length - 6, "ccache", 6)) {
		line += length + strspn(line + length, " ");
		length = strcspn(line, " ");
	}
	/* gcc, x86_64-linux-gnu-gcc-12, cc */
	while (length && line[length - 1] != '/' && !str_starts(line + length - 1, "cc"))
		length--;
	return length && line[length - 1] == 'c';
}

static enum status add_unit(const char *text, const char *file)
{
	struct unit *unit = pool_alloc(search.pool, sizeof(*unit));
	const char *source, *inside;

	unit->line = value_of(search.pool, text, "savedcmd_", &unit->target);
	source = value_of(search.pool, text, "source_", NULL);
	/* Programs that run on this machine, and copies of headers */
	if (!unit->line || str_starts(unit->target, "usr/include/"))
		return KB_OK;
	if (!is_compiled(unit->line, source)) {
		if (!file)
			return KB_OK;
		report_where(file);
		refuse("%s is made of it, not by a compiler", unit->target);
		note("a change of generated files, assembler or boot code needs a new kernel");
		return KB_REFUSED;
	}
	inside = in_source(search.pool, search.tree, source);
	unit->source = inside ? inside : source;
	unit->line = expand(search.pool, unit->line);
	unit->module = module_of(search.pool, unit->line);
	unit->linked = str_ends(unit->source, ".c") && str_ends(unit->target, ".o") &&
		       (unit->module || map_get(search.builtin, unit->target));
	unit->number = search.units->nr;
	ptrs_add(search.pool, search.units, unit);
	return KB_OK;
}

static bool has_source(struct pool *pool, const char *text)
{
	const char *source = value_of(pool, text, "source_", NULL);

	return source && in_source(pool, search.tree, source);
}

/*
 * Does a .cmd file call the source by another path, such as that from which it was moved? Then
 * it does not tell what depends on a file. All files of the kernel depend on this one.
 */
static bool is_elsewhere(struct pool *pool, const char *text)
{
	static const char common[] = "include/linux/kconfig.h";
	const char *list = strstr(text, "\ndeps_");

	/* Programs that run on this machine have headers of their own, in tools/include. */
	return !search.tree->outside && list && strstr(list, common) &&
	       !strstr(list, "tools/include/linux/kconfig.h") &&
	       !depends(pool, search.tree, list, common);
}

/*
 * A new header may hide one of the same name in another folder. The preprocessor finds out
 * whether it does.
 */
static bool may_include_fresh(const char *text)
{
	const char *file;
	size_t i;

	for_each(&search.fresh, i, file)
		if (names_alike(text, file))
			return true;
	return false;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct pool *pool;
	bool added = false;
	char *text, *file;
	size_t i;

	(void)st;
	if (type != FTW_F || path[ftw->base] != '.' || !str_ends(path, ".cmd"))
		return 0;
	pool = pool_new();
	text = file_read(pool, path, NULL);
	if (!text) {
		search.status = error("%s: %s", path, strerror(errno));
	} else {
		search.inside = search.inside || has_source(pool, text);
		if (is_elsewhere(pool, text)) {
			search.status = error("%s: the source was not compiled as %s", path,
					      search.tree->source);
			note("build the kernel where it is now");
		}
		for_each(&search.tree->files, i, file) {
			if (!depends(pool, search.tree, text, file))
				continue;
			if (!added && add_unit(text, file))
				search.refused = true;
			added = true;
			if (!ptrs_has(&search.reached, file))
				ptrs_add(search.pool, &search.reached, file);
		}
		if (!added && may_include_fresh(text) && value_of(pool, text, "source_", NULL))
			add_unit(text, NULL);
	}
	pool_free(pool);
	return search.status;
}

/* The names in the thin archive of all objects of vmlinux */
static enum status find_builtin(struct pool *pool, const struct tree *tree)
{
	char **argv = (char *[]){ "ar", "t", NULL, NULL };
	struct command command = { .argv = argv, .folder = tree->build };
	static const char * const archives[] = { "vmlinux.a", "lib/lib.a", "arch/x86/lib/lib.a" };
	enum status status;
	char *list, *line;
	size_t i;

	search.builtin = map_new(pool, 5000);
	if (tree->outside)
		return KB_OK;
	for (i = 0; i < ARRAY_SIZE(archives); i++) {
		argv[2] = (char *)archives[i];
		command.output = pool_printf(pool, "%s/objects", tree->temporary);
		if (!file_read(pool, pool_printf(pool, "%s/%s", tree->build, archives[i]), NULL)) {
			if (!i)
				return error("%s/vmlinux.a: %s", tree->build, strerror(errno));
			continue;
		}
		status = command_run(&command, NULL);
		if (status)
			return status;
		list = file_read(pool, command.output, NULL);
		for (line = strtok(list, "\n"); line; line = strtok(NULL, "\n"))
			map_add(search.builtin, line, line);
	}
	return KB_OK;
}

/* Nothing is made of it, or it is for another kernel. */
static bool is_without_effect(const char *file)
{
	static const char * const folders[] = {
		"Documentation/", "LICENSES/", "samples/", "tools/",
	};
	static const char * const ends[] = {
		".c", ".h", ".rs", ".dts", ".dtsi", ".rst", ".md", ".gitignore", ".mailmap",
		"COPYING", "CREDITS", "MAINTAINERS", "README",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		if (str_starts(file, folders[i]))
			return true;
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends(file, ends[i]))
			return true;
	return str_starts(file, "arch/") && !str_starts(file, "arch/x86/");
}

/* A program that the build runs on what is compiled, such as objtool */
static bool is_of_program(const char *file)
{
	static const char * const folders[] = {
		"tools/objtool/", "tools/lib/", "tools/include/", "tools/arch/x86/", "tools/bpf/",
		"tools/build/",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		if (str_starts(file, folders[i]))
			return true;
	return false;
}

/*
 * Files of the fix that no .cmd file names. kbuild does not write one for all that it makes,
 * such as timeconst.h of timeconst.bc.
 */
static enum status check_unreached(const struct tree *tree)
{
	enum status status = KB_OK;
	char *file;
	size_t i;

	for_each(&tree->files, i, file) {
		if (ptrs_has(&search.reached, file))
			continue;
		if (!access(pool_printf(search.pool, "%s/%s", tree->source, file), F_OK)) {
			if (is_of_program(file)) {
				report_where(file);
				status = refuse("a program that builds the kernel may have this");
				note("leave it out: a patch is built by the kernel's programs");
				continue;
			}
			if (is_without_effect(file)) {
				warning("%s is not a part of this kernel: its change has no effect",
					file);
				continue;
			}
			report_where(file);
			status = refuse("it is not known what the build makes of this file");
			note("leave the file out of the fix if the rest of it is right without");
		} else if (str_ends(file, ".c")) {
			report_where(file);
			status = refuse("nothing compiles this new file");
			note("put the code into a file that exists, or into a new header");
		}
	}
	return status;
}

static int by_target(const void *a, const void *b)
{
	const struct unit * const *x = a, * const *y = b;

	return strcmp((*x)->target, (*y)->target);
}

/**
 * unit_find_all - find the translation units that depend on a fix's files
 * @pool: the pool that owns the result
 * @tree: the tree
 * @units: struct unit is added to it, in the order of their names
 *
 * Return: KB_OK; KB_REFUSED or KB_ERROR after a message.
 */
enum status unit_find_all(struct pool *pool, const struct tree *tree, struct ptrs *units)
{
	const char *folder = tree->outside ? tree->source : tree->build;
	struct unit *unit;
	enum status status;
	char *file;
	size_t i;

	search = (struct search){ .pool = pool, .tree = tree, .units = units };
	search.modules = file_read(pool, pool_printf(pool, "%s/modules.order", folder), NULL);
	status = find_builtin(pool, tree);
	if (status)
		return status;
	for_each(&tree->files, i, file)
		if (!str_ends(file, ".c") &&
		    access(pool_printf(pool, "%s/%s", tree->source, file), F_OK))
			ptrs_add(pool, &search.fresh, file);
	if (nftw(folder, visit, 64, FTW_PHYS) && !search.status)
		return error("%s: %s", folder, strerror(errno));
	if (search.status)
		return search.status;
	if (!search.inside) {
		error("%s was not built from the source in %s", folder, tree->source);
		note("build it there, and use the same path");
		return KB_ERROR;
	}
	if (units->nr)
		qsort(units->at, units->nr, sizeof(*units->at), by_target);
	for_each(units, i, unit)
		unit->number = i;
	status = check_unreached(tree);
	return status || !search.refused ? status : KB_REFUSED;
}
