// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: compiling a unit, unpatched and patched.
 *
 * The command is the one that kbuild has recorded. What differs: each function and each
 * datum gets a section of its own, and the results go into our folder. objtool is left
 * out; it runs on the finished patch module.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "report.h"
#include "unit.h"

/* One of the two compilations of a unit */
struct compilation {
	struct pool		*pool;
	const struct tree	*tree;
	const struct unit	*unit;
	const char		*source;	/* the source folder */
	const char		*result;
	const char		*depends;
	bool			patched;
	bool			preprocess;
	bool			plain;		/* as kbuild does it */
	struct command		command;
	pid_t			pid;
};

static const char *replace(struct pool *pool, const char *word, const char *from,
			   const char *to)
{
	const char *found = strstr(word, from), *rest;
	size_t length = strlen(from);

	if (!found)
		return word;
	rest = found + length;
	/* Not the beginning of another folder's name */
	if (*rest && *rest != '/' && *rest != '=')
		return word;
	return pool_printf(pool, "%.*s%s%s", (int)(found - word), word, to,
			   replace(pool, rest, from, to));
}

static char **make_command(const struct compilation *how)
{
	struct pool *pool = how->pool;
	struct ptrs argv = { };
	const char *word;
	char **words;
	size_t nr, i;

	words = command_split(pool, how->unit->line, &nr);
	for (i = 0; words && i < nr; i++) {
		word = words[i];
		if (!i && (!strcmp(word, "ccache") || str_ends(word, "/ccache")))
			continue;
		if (str_starts(word, "-Wp,-MMD,")) {
			ptrs_add(pool, &argv, pool_printf(pool, "-Wp,-MMD,%s", how->depends));
			continue;
		}
		if (str_starts(word, "-g"))
			continue;
		if (how->preprocess && !strcmp(word, "-c")) {
			ptrs_add(pool, &argv, "-E");
			ptrs_add(pool, &argv, "-P");
			continue;
		}
		if (!strcmp(word, "-o") && i + 1 < nr) {
			if (how->unit->linked && !how->plain) {
				ptrs_add(pool, &argv, "-ffunction-sections");
				ptrs_add(pool, &argv, "-fdata-sections");
				/* For the layout of structs, and lines in messages */
				ptrs_add(pool, &argv, "-g");
				/* For include/linux/livepatch_fix.h */
				if (how->patched)
					ptrs_add(pool, &argv, "-DKLP_BUILD");
			}
			/* For __FILE__; the command has such an option for the kernel's source. */
			if (how->patched && how->tree->outside)
				ptrs_add(pool, &argv,
					 pool_printf(pool, "-fmacro-prefix-map=%s/=%s/",
						     how->source, how->tree->source));
			ptrs_add(pool, &argv, "-o");
			ptrs_add(pool, &argv, (char *)how->result);
			i++;
			continue;
		}
		if (strcmp(how->source, how->tree->source) &&
		    !(how->tree->outside && str_starts(word, "-DKBUILD_")))
			word = replace(pool, word, how->tree->source, how->source);
		ptrs_add(pool, &argv, (char *)word);
	}
	ptrs_add(pool, &argv, NULL);
	return words ? (char **)argv.at : NULL;
}

/* A header may be found by a way around the overlay, through "..". */
static enum status check_depends(const struct compilation *how)
{
	char *text = file_read(how->pool, how->depends, NULL), *name, *file, path[PATH_MAX];
	size_t i;

	if (!text)
		return error("%s: %s", how->depends, strerror(errno));
	for (name = strtok(text, " \\\n"); name; name = strtok(NULL, " \\\n")) {
		if (name[strlen(name) - 1] == ':')
			continue;
		if (name[0] != '/')
			name = pool_printf(how->pool, "%s/%s", how->command.folder, name);
		if (!realpath(name, path))
			continue;
		for_each(&how->tree->files, i, file)
			if (!strcmp(path, pool_printf(how->pool, "%s/%s", how->tree->source, file)))
				return error("%s: includes the unpatched %s", how->unit->source,
					     file);
	}
	return KB_OK;
}

static enum status start(struct compilation *how)
{
	struct command *command = &how->command;

	how->pid = 0;
	command->folder = how->tree->build;
	command->output = pool_printf(how->pool, "%s.log", how->result);
	/* Built in the source folder: the command names the files relative to it. */
	if (how->patched && !strcmp(how->tree->source, how->tree->build))
		command->folder = how->source;
	command->argv = make_command(how);
	if (!command->argv || !command->argv[0])
		return error("%s: the command in its .cmd file is not understood",
			     how->unit->target);
	return command_start(command, &how->pid);
}

/* What the compiler says, without our folder, which is gone afterwards */
static const char *read_log(const struct compilation *how)
{
	char *log = file_read(how->pool, how->command.output, NULL), *at = log;
	const char *folder = pool_printf(how->pool, "%s/", how->source);
	size_t length = strlen(folder);

	while (at && (at = strstr(at, folder)))
		memmove(at, at + length, strlen(at + length) + 1);
	return log ? log : "";
}

static enum status finish(struct compilation *how)
{
	enum status status;
	int exit_status;

	status = command_wait(&how->command, how->pid, &exit_status);
	if (status)
		return status;
	if (exit_status) {
		error("%s does not compile %s the fix:\n%s", how->unit->source,
		      how->patched ? "with" : "without", read_log(how));
		return KB_ERROR;
	}
	return how->patched ? check_depends(how) : KB_OK;
}

static bool same_file(struct pool *pool, const char *a, const char *b)
{
	size_t size, other;
	char *data = file_read(pool, a, &size), *with = file_read(pool, b, &other);

	return data && with && size == other && !memcmp(data, with, size);
}

/* The next line of assembler code that kbuild makes a line of a header of, see sed-offsets */
static const char *next_offset(const char *text, size_t *length)
{
	const char *found = strstr(text, ".ascii \"->");

	*length = found ? strcspn(found, "\n") : 0;
	return found;
}

/* All else is comments, which name files, and functions that never run. */
static bool same_offsets(struct pool *pool, const char *a, const char *b)
{
	const char *old = file_read(pool, a, NULL), *new = file_read(pool, b, NULL);
	size_t length, other;

	while (old && new) {
		old = next_offset(old, &length);
		new = next_offset(new, &other);
		if (!old && !new)
			return true;
		if (length != other || strncmp(old, new, length))
			return false;
		old += length;
		new += length;
	}
	return false;
}

/* Pass on what the compiler warns about in the patched source. */
static void pass_warnings(const struct compilation *how)
{
	static const char text[] = ": warning: ";
	char *line = file_read(how->pool, how->command.output, NULL), *found;

	for (line = line ? strtok(line, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		found = strstr(line, text);
		if (!found)
			continue;
		*found = '\0';
		warning_at(tree_place(how->pool, how->tree, line), "%s", found + strlen(text));
	}
}

/* Run both commands at the same time, and compare the results. */
static enum status compile_both(struct compilation *old, struct compilation *new,
				const char *suffix, bool *same)
{
	const struct tree *tree = old->tree;
	enum status status, one;

	old->result = pool_printf(old->pool, "%s/%u-unpatched%s", tree->temporary,
				  old->unit->number, suffix);
	old->depends = pool_printf(old->pool, "%s.d", old->result);
	new->result = pool_printf(old->pool, "%s/%u-patched%s", tree->temporary,
				  old->unit->number, suffix);
	new->depends = pool_printf(old->pool, "%s.d", new->result);
	status = start(old);
	one = start(new);
	status = one > status ? one : status;
	one = finish(old);
	status = one > status ? one : status;
	one = finish(new);
	status = one > status ? one : status;
	if (!status && !strcmp(suffix, ".s"))
		*same = same_offsets(old->pool, old->result, new->result);
	else
		*same = !status && same_file(old->pool, old->result, new->result);
	if (!status && !*same)
		pass_warnings(new);
	return status;
}

static bool is_changed_itself(const struct tree *tree, const struct unit *unit)
{
	const char *file;
	size_t i;

	for_each(&tree->files, i, file)
		if (!strcmp(file, unit->source))
			return true;
	return false;
}

static enum status read_object(struct pool *pool, const char *path, struct object **object)
{
	enum status status = object_read(pool, path, object);

	return status ? status : object_split(pool, *object);
}

/**
 * compile_unit - compile a unit, unpatched and patched
 * @pool: the pool that owns the result
 * @tree: the tree
 * @unit: the unit; its objects are set if they differ
 * @same: set to true if the two results are the same, byte by byte
 *
 * If only a header changes, the preprocessor mostly finds that the unit does not.
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status compile_unit(struct pool *pool, const struct tree *tree, struct unit *unit,
			 bool *same)
{
	struct compilation old = {
		.pool = pool, .tree = tree, .unit = unit, .source = tree->source,
	}, new = old;
	const char *suffix = strrchr(unit->target, '.');
	enum status status = KB_OK;

	new.source = tree->overlay;
	new.patched = true;
	*same = false;
	if (!access(pool_printf(pool, "%s/%s", tree->source, unit->source), F_OK))
		status = tree_make_folders(pool, tree, unit->source);
	if (status)
		return status;
	if (!is_changed_itself(tree, unit) && str_ends(unit->target, ".o")) {
		old.preprocess = true;
		new.preprocess = true;
		status = compile_both(&old, &new, ".i", same);
		old.preprocess = false;
		new.preprocess = false;
	}
	if (!status && !*same)
		status = compile_both(&old, &new, suffix ? suffix : "", same);
	if (status || *same || !unit->linked)
		return status;
	status = read_object(pool, old.result, &unit->before);
	return status ? status : read_object(pool, new.result, &unit->after);
}

/**
 * compile_plain - compile a unit as kbuild does, unpatched and patched
 * @pool: the pool that owns the result
 * @tree: the tree
 * @unit: the unit
 * @before: set to the unpatched object
 * @after: set to the patched object
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status compile_plain(struct pool *pool, const struct tree *tree, struct unit *unit,
			  struct object **before, struct object **after)
{
	struct compilation old = {
		.pool = pool, .tree = tree, .unit = unit, .source = tree->source, .plain = true,
	}, new = old;
	enum status status;
	bool same;

	new.source = tree->overlay;
	new.patched = true;
	status = compile_both(&old, &new, "-plain.o", &same);
	if (!status)
		status = read_object(pool, old.result, before);
	return status ? status : read_object(pool, new.result, after);
}

/**
 * compile_check - check that the compiler is the one that has built the kernel
 * @pool: for temporary memory
 * @tree: the tree
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status compile_check(struct pool *pool, const struct tree *tree)
{
	static const char option[] = "\nCONFIG_CC_VERSION_TEXT=\"";
	const char *wanted = strstr(tree->config, option);
	char **argv = (char *[]){ NULL, "--version", NULL };
	struct command command = { .argv = argv };
	enum status status;
	char *found;

	if (!tree_config(pool, tree, "CONFIG_CC_IS_GCC"))
		return error("%s: the kernel was not built with gcc", tree->build);
	if (!wanted)
		return error("%s/.config does not tell the version of the compiler", tree->build);
	wanted += strlen(option);
	wanted = pool_printf(pool, "%.*s", (int)strcspn(wanted, "\"\n"), wanted);
	/* The text begins with the name by which it was called. */
	argv[0] = pool_printf(pool, "%.*s", (int)strcspn(wanted, " "), wanted);
	command.output = pool_printf(pool, "%s/compiler", tree->temporary);
	status = command_run(&command, NULL);
	if (status)
		return status;
	found = file_read(pool, command.output, NULL);
	found[strcspn(found, "\n")] = '\0';
	if (strcmp(found, wanted)) {
		error("the kernel was built with '%s', and this is '%s'", wanted, found);
		note("install the compiler that has built the kernel");
		return KB_ERROR;
	}
	return KB_OK;
}
