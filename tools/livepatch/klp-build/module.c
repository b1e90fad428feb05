// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: making the patch module of what was selected.
 */
#include <errno.h>
#include <unistd.h>

#include "build.h"
#include "report.h"

/**
 * module_check_log - pass on what the build's output tells of problems
 * @build: the build
 * @path: the output
 *
 * Return: KB_OK.
 */
enum status module_check_log(struct build *build, const char *path)
{
	char *log = file_read(build->pool, path, NULL), *line;

	for (line = log ? strtok(log, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		/* These are resolved by relocate.c. */
		if (strstr(line, "undefined!") || strstr(line, "is resolved before"))
			continue;
		if (strstr(line, "objtool:") || strstr(line, "warning:"))
			warning("%s", line);
	}
	return KB_OK;
}

static enum status run_kbuild(struct build *build, const char *folder)
{
	struct pool *pool = build->pool;
	struct command command = { };
	struct ptrs argv = { };
	enum status status;
	int exit_status;

	ptrs_add(pool, &argv, "make");
	ptrs_add(pool, &argv, "-s");
	ptrs_add(pool, &argv, "-C");
	ptrs_add(pool, &argv, (char *)build->tree.build);
	ptrs_add(pool, &argv, pool_printf(pool, "M=%s", folder));
	/* The references to what is not exported are only named later. */
	ptrs_add(pool, &argv, "KBUILD_MODPOST_WARN=1");
	/* Let objtool look at the whole module also where it looks at each object. */
	ptrs_add(pool, &argv, "delay-objtool=y");
	ptrs_add(pool, &argv, "modules");
	ptrs_add(pool, &argv, NULL);
	command.argv = (char **)argv.at;
	command.output = pool_printf(pool, "%s/make.log", build->tree.temporary);
	status = command_run(&command, &exit_status);
	if (status)
		return status;
	if (exit_status)
		return error("building the module failed:\n%s",
			     file_read(pool, command.output, NULL));
	return module_check_log(build, command.output);
}

static bool same_name(const char *name, const char *other, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (name[i] != other[i] && (name[i] != '-' || other[i] != '_') &&
		    (name[i] != '_' || other[i] != '-'))
			return false;
	return !name[length];
}

/* @list: a file of the build folder with a module in each line */
static bool is_in_list(const struct build *build, const char *list)
{
	const char *path = pool_printf(build->pool, "%s/%s", build->tree.build, list);
	char *line = file_read(build->pool, path, NULL), *base;

	for (line = line ? strtok(line, "\n") : NULL; line; line = strtok(NULL, "\n")) {
		base = strrchr(line, '/');
		base = base ? base + 1 : line;
		if (same_name(build->options.name, base, strcspn(base, ".")))
			return true;
	}
	return false;
}

/**
 * module_check_name - check that no other module has the name of the patch module
 * @build: the build, whose tree is open
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status module_check_name(const struct build *build)
{
	const char *name = build->options.name;

	if (build->options.verify)
		return KB_OK;
	if (strcmp(name, "vmlinux") && strcmp(name, "klp-patch") && strcmp(name, "klp-pieces") &&
	    !is_in_list(build, "modules.order") && !is_in_list(build, "modules.builtin"))
		return KB_OK;
	error("'%s' is the name of something else", name);
	note("choose a name with -n, such as livepatch-%s", name);
	return KB_ERROR;
}

/**
 * module_make - make the patch module of what was selected
 * @build: the build; its result is set
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status module_make(struct build *build)
{
	const char *folder = pool_printf(build->pool, "%s/module", build->tree.temporary);
	const char *file = pool_printf(build->pool, "%s.ko", build->options.name);
	enum status status;
	bool done;

	status = make_folders(pool_printf(build->pool, "%s/", folder));
	if (!status)
		status = emit_object(build, pool_printf(build->pool, "%s/klp-pieces.o_shipped",
							folder));
	if (!status)
		status = source_write(build, folder);
	if (!status)
		status = replay_module(build, folder, &done);
	if (!status && !done)
		status = run_kbuild(build, folder);
	if (status)
		return status;
	build->result = pool_printf(build->pool, "%s/%s", build->options.folder, file);
	return relocate_module(build, pool_printf(build->pool, "%s/%s", folder, file),
			       build->result);
}
