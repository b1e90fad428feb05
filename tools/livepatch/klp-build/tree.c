// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: the kernel's folders, and a patched copy of the source.
 *
 * The copy is a folder of links to the source. Only the folders that lead to a patched
 * file are real, and the patched files themselves.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "unit.h"

/* For patch modules, and for sizes of entries in special.c */
static enum status check_config(struct pool *pool, const struct tree *tree)
{
	static const char * const needed[] = {
		"CONFIG_X86_64", "CONFIG_LIVEPATCH", "CONFIG_DEBUG_BUGVERBOSE",
		"CONFIG_JUMP_LABEL",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!tree_config(pool, tree, needed[i]))
			return error("%s: the kernel was built without %s", tree->build,
				     needed[i]);
	return KB_OK;
}

/**
 * tree_open - find a kernel's build and source folders
 * @pool: the pool that owns the result
 * @tree: filled in, but for the overlay and the files
 * @build: the build folder
 * @outside: the folder of modules that are built outside of the kernel's tree, or NULL
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status tree_open(struct pool *pool, struct tree *tree, const char *build,
		      const char *outside)
{
	char path[PATH_MAX];
	enum status status;

	if (!realpath(build, path))
		return error("%s: %s", build, strerror(errno));
	tree->build = pool_printf(pool, "%s", path);
	tree->source = tree->build;
	if (realpath(pool_printf(pool, "%s/source", path), path))
		tree->source = pool_printf(pool, "%s", path);
	tree->config = file_read(pool, pool_printf(pool, "%s/.config", tree->build), NULL);
	if (!tree->config || access(pool_printf(pool, "%s/vmlinux", tree->build), R_OK)) {
		error("%s: not the folder of a built kernel: there is no .config or no vmlinux",
		      build);
		note("build the kernel there, and keep the folder");
		return KB_ERROR;
	}
	status = check_config(pool, tree);
	if (status)
		return status;
	if (access(pool_printf(pool, "%s/MAINTAINERS", tree->source), R_OK))
		return error("%s: the kernel's source is not there", tree->source);
	if (!outside)
		return KB_OK;
	if (!realpath(outside, path))
		return error("%s: %s", outside, strerror(errno));
	tree->source = pool_printf(pool, "%s", path);
	tree->outside = true;
	return KB_OK;
}

/**
 * tree_config - tell whether a configuration option is set to y
 * @pool: for temporary memory
 * @tree: the tree
 * @option: the option, with CONFIG_
 *
 * Return: true if it is.
 */
bool tree_config(struct pool *pool, const struct tree *tree, const char *option)
{
	return strstr(tree->config, pool_printf(pool, "\n%s=y\n", option));
}

/**
 * tree_place - name a place in the source for a message
 * @pool: the pool that owns the result
 * @tree: the tree
 * @place: the file, perhaps with a line, as the compiler knows it
 *
 * Return: the same, relative to the source folder.
 */
const char *tree_place(struct pool *pool, const struct tree *tree, const char *place)
{
	const char *folder;
	size_t i, length;

	for (i = 0; i < 3; i++) {
		folder = i == 0 ? tree->overlay : i == 1 ? tree->source : tree->build;
		length = strlen(folder);
		if (str_starts(place, folder) && place[length] == '/')
			return pool_printf(pool, "%s", place + length + 1);
	}
	return pool_printf(pool, "%s", str_starts(place, "./") ? place + 2 : place);
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is it a part of no kernel for x86, such as a test? */
static bool is_beside(const char *file)
{
	return str_starts(file, "Documentation/") || str_starts(file, "tools/testing/") ||
	       (str_starts(file, "arch/") && strchr(file + strlen("arch/"), '/') &&
		!str_starts(file, "arch/x86/"));
}

static enum status check_file(const char *fix, const char *file)
{
	const char *name = base(file), *dot = strrchr(name, '.');

	if (strstr(file, "../"))
		return error("%s: changes %s, which is outside of the source", fix, file);
	if (is_beside(file))
		return KB_OK;
	if (str_starts(name, "Kconfig"))
		refuse("%s: the configuration cannot change in a running kernel", file);
	else if (str_starts(name, "Makefile") || str_starts(name, "Kbuild"))
		refuse("%s: what is built cannot change in a running kernel", file);
	else if (dot && !strcmp(dot, ".S"))
		refuse("%s: assembler code cannot be replaced", file);
	else if (strstr(name, ".lds"))
		refuse("%s: the layout of a running kernel cannot change", file);
	else
		return KB_OK;
	note("leave the file out of the fix if the rest of it is right without");
	return KB_REFUSED;
}

static bool has_file(const struct tree *tree, const char *file)
{
	size_t i;
	char *other;

	for_each(&tree->files, i, other)
		if (!strcmp(other, file))
			return true;
	return false;
}

/* Remove "." and empty parts of a name: "diff -r a/. b/." writes them. */
static void tidy(char *file)
{
	char *from = file, *to = file;

	while (*from) {
		while (*from == '/' || str_starts(from, "./"))
			from += *from == '/' ? 1 : 2;
		while (*from && *from != '/')
			*to++ = *from++;
		if (*from)
			*to++ = '/';
	}
	*to = '\0';
}

/* The file of a line that begins with "--- " or "+++ ", without its first folder */
static enum status add_file(struct pool *pool, struct tree *tree, const char *fix,
			    const char *line)
{
	size_t length = strcspn(line, "\t\r\n");
	char *file = pool_printf(pool, "%.*s", (int)length, line), *slash;

	if (!strcmp(file, "/dev/null"))
		return KB_OK;
	slash = strchr(file, '/');
	if (!slash)
		return error("%s: the file %s has no folder: make the diff with -p1", fix, file);
	file = slash + 1;
	tidy(file);
	if (has_file(tree, file))
		return KB_OK;
	ptrs_add(pool, &tree->files, file);
	return check_file(fix, file);
}

/* The number of lines in "START,NUMBER", which is 1 if it is left out */
static long hunk_lines(const char *text, const char *end)
{
	char *after;

	strtol(text, &after, 10);
	return after < end && *after == ',' ? strtol(after + 1, NULL, 10) : 1;
}

/* Go through a diff, leaving out its hunks: a removed line may begin with "-- ". */
static enum status find_files(struct pool *pool, struct tree *tree, const char *fix)
{
	const char *line = file_read(pool, fix, NULL), *end;
	enum status status = KB_OK, one;
	long old = 0, new = 0;

	if (!line)
		return error("%s: %s", fix, strerror(errno));
	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		one = KB_OK;
		if (old > 0 || new > 0) {
			old -= *line == ' ' || *line == '-' || line == end;
			new -= *line == ' ' || *line == '+' || line == end;
		} else if (str_starts(line, "@@ -")) {
			old = hunk_lines(line + strlen("@@ -"), end);
			line = memchr(line, '+', end - line);
			new = line ? hunk_lines(line + 1, end) : 1;
		} else if (str_starts(line, "*** ") && str_starts(end, "\n--- ")) {
			return error("%s: is a context diff: make it with diff -u", fix);
		} else if (str_starts(line, "--- ") || str_starts(line, "+++ ")) {
			one = add_file(pool, tree, fix, line + 4);
		} else if (str_starts(line, "rename ") || str_starts(line, "copy ") ||
			   str_starts(line, "GIT binary patch") ||
			   str_starts(line, "Binary files ")) {
			one = refuse("%s: files cannot be renamed or binary", fix);
		}
		status = one > status ? one : status;
	}
	if (!status && !tree->files.nr)
		return error("%s: there is no diff in it", fix);
	return status;
}

static enum status link_entries(struct pool *pool, const char *from, const char *to)
{
	struct dirent *entry;
	DIR *folder;

	if (mkdir(to, 0777))
		return errno == EEXIST ? KB_OK : error("%s: %s", to, strerror(errno));
	folder = opendir(from);
	if (!folder)
		return errno == ENOENT ? KB_OK : error("%s: %s", from, strerror(errno));
	while ((entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (symlink(pool_printf(pool, "%s/%s", from, entry->d_name),
			    pool_printf(pool, "%s/%s", to, entry->d_name))) {
			closedir(folder);
			return error("%s/%s: %s", to, entry->d_name, strerror(errno));
		}
	}
	closedir(folder);
	return KB_OK;
}

/**
 * tree_make_folders - make the folders of the overlay real that lead to a file
 * @pool: for temporary memory
 * @tree: the tree
 * @file: the file, relative to the source folder
 *
 * From a folder that is a link, ".." leads into the unpatched source.
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status tree_make_folders(struct pool *pool, const struct tree *tree, const char *file)
{
	const char *from, *to, *slash;
	enum status status;
	struct stat st;

	for (slash = strchr(file, '/'); slash; slash = strchr(slash + 1, '/')) {
		from = pool_printf(pool, "%s/%.*s", tree->source, (int)(slash - file), file);
		to = pool_printf(pool, "%s/%.*s", tree->overlay, (int)(slash - file), file);
		if (!lstat(to, &st) && S_ISLNK(st.st_mode))
			unlink(to);
		status = link_entries(pool, from, to);
		if (status)
			return status;
	}
	return KB_OK;
}

/* Make the folders that lead to a file real, and the file itself. */
static enum status make_real(struct pool *pool, const struct tree *tree, const char *file)
{
	enum status status = tree_make_folders(pool, tree, file);
	const char *from, *to;
	size_t size;
	char *data;

	if (status)
		return status;
	from = pool_printf(pool, "%s/%s", tree->source, file);
	to = pool_printf(pool, "%s/%s", tree->overlay, file);
	unlink(to);
	data = file_read(pool, from, &size);
	if (!data)
		return errno == ENOENT ? KB_OK : error("%s: %s", from, strerror(errno));
	return file_write(to, data, size);
}

static enum status patch_overlay(struct pool *pool, const struct tree *tree, const char *fix)
{
	char **argv = (char *[]){ "patch", "-p1", "-F0", "-f", "-s", "--no-backup-if-mismatch",
				  "-r", "-", "-d", (char *)tree->overlay, NULL };
	struct command command = {
		.argv = argv,
		.input = fix,
		.output = pool_printf(pool, "%s/patch.log", tree->temporary),
	};
	enum status status;
	const char *log;
	int exit_status;

	status = command_run(&command, &exit_status);
	if (status || !exit_status)
		return status;
	if (exit_status == 127)
		return error("the program 'patch' is not installed");
	log = file_read(pool, command.output, NULL);
	return error("%s does not apply to %s:\n%s", fix, tree->source, log ? log : "");
}

/* A diff is read several times: keep that of "<(git diff)". */
static enum status keep_pipe(struct pool *pool, const struct tree *tree, char **fix, size_t number)
{
	struct stat st;
	size_t size;
	char *data;

	if (stat(*fix, &st) || !S_ISFIFO(st.st_mode))
		return KB_OK;
	data = file_read(pool, *fix, &size);
	if (!data)
		return error("%s: %s", *fix, strerror(errno));
	*fix = pool_printf(pool, "%s/fix-%zu.patch", tree->temporary, number);
	return file_write(*fix, data, size);
}

/**
 * tree_patch - make a patched copy of the source
 * @pool: the pool that owns the result
 * @tree: the tree, whose overlay and files are set
 * @fixes: the diffs
 * @nr: how many
 *
 * Return: KB_OK; KB_REFUSED or KB_ERROR after a message.
 */
enum status tree_patch(struct pool *pool, struct tree *tree, char **fixes, size_t nr)
{
	enum status status = KB_OK, one;
	char path[PATH_MAX], *file;
	size_t i;

	for (i = 0; i < nr; i++) {
		status = keep_pipe(pool, tree, &fixes[i], i);
		if (status)
			return status;
		if (!realpath(fixes[i], path))
			return error("%s: %s", fixes[i], strerror(errno));
		fixes[i] = pool_printf(pool, "%s", path);
		one = find_files(pool, tree, fixes[i]);
		status = one > status ? one : status;
	}
	if (status)
		return status;
	tree->overlay = pool_printf(pool, "%s/source", tree->temporary);
	status = link_entries(pool, tree->source, tree->overlay);
	for_each(&tree->files, i, file)
		if (!status)
			status = make_real(pool, tree, file);
	for (i = 0; i < nr && !status; i++)
		status = patch_overlay(pool, tree, fixes[i]);
	return status;
}
