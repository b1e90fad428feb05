// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: making the patch module with the commands that kbuild has recorded.
 *
 * kbuild asks the compiler for dozens of options before it does anything, which takes
 * longer than all of our own work. So the commands of a module of the kernel are run
 * again, with our files.
 */
#include "build.h"
#include "report.h"

/* A module of the kernel, and its recorded commands */
struct model {
	const char	*compile;	/* X.mod.o */
	const char	*join;		/* X.o of more than one object */
	const char	*objtool;	/* NULL if the kernel does not use it */
	const char	*modpost;	/* Module.symvers */
	const char	*link;		/* X.ko */
};

/* The command of a target, and what follows behind its first semicolon */
static const char *saved(const struct build *build, const char *target, const char **rest)
{
	const char *slash = strrchr(target, '/'), *name = slash ? slash + 1 : target, *line;
	char *text, *end, *semicolon;

	text = file_read(build->pool, pool_printf(build->pool, "%s/%.*s.%s.cmd", build->tree.build,
						  (int)(name - target), target, name), NULL);
	line = text && str_starts(text, "savedcmd_") ? strstr(text, " := ") : NULL;
	if (!line)
		return NULL;
	line += 4;
	end = text + strcspn(text, "\n");
	if (line > end)
		return NULL;
	*end = '\0';
	semicolon = strstr(line, " ; ");
	if (rest)
		*rest = semicolon ? semicolon + 3 : NULL;
	return line;
}

static bool is_objtool(const char *command)
{
	return command && str_starts(command, "./tools/objtool/objtool ");
}

static bool take_model(struct build *build, struct model *model, const char *module)
{
	struct pool *pool = build->pool;
	const char *first, *list;

	model->compile = saved(build, pool_printf(pool, "%s.mod.o", module), NULL);
	model->link = saved(build, pool_printf(pool, "%s.ko", module), NULL);
	model->join = saved(build, pool_printf(pool, "%s.o", module), &model->objtool);
	if (!model->compile || !model->link || !model->join || !str_starts(model->join, "ld "))
		return false;
	if (!is_objtool(model->objtool)) {
		list = file_read(pool, pool_printf(pool, "%s/%s.mod", build->tree.build, module),
				 NULL);
		if (!list)
			return false;
		first = pool_printf(pool, "%.*s", (int)strcspn(list, "\n"), list);
		if (!saved(build, first, &model->objtool))
			return false;
	}
	return is_objtool(model->objtool) == tree_config(pool, &build->tree, "CONFIG_OBJTOOL");
}

/* What else a module may need is left to kbuild. */
static bool find_model(struct build *build, struct model *model)
{
	static const char * const others[] = {
		"CONFIG_MODULE_SRCVERSION_ALL", "CONFIG_LTO_CLANG", "CONFIG_GCC_PLUGINS",
	};
	const char *line, *end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (tree_config(build->pool, &build->tree, others[i]))
			return false;
	model->modpost = saved(build, "Module.symvers", NULL);
	line = file_read(build->pool, pool_printf(build->pool, "%s/modules.order",
						  build->tree.build), NULL);
	for (; model->modpost && line && *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (end - line > 2 &&
		    take_model(build, model, pool_printf(build->pool, "%.*s",
							 (int)(end - line - 2), line)))
			return true;
	}
	return false;
}

static enum status run(struct build *build, const struct ptrs *argv)
{
	struct command command = {
		.argv = (char **)argv->at,
		.folder = build->tree.build,
		.output = pool_printf(build->pool, "%s/replay.log", build->tree.temporary),
	};
	enum status status;
	int exit_status;

	status = command_run(&command, &exit_status);
	if (status)
		return status;
	if (exit_status)
		return error("building the module failed:\n%s",
			     file_read(build->pool, command.output, NULL));
	return module_check_log(build, command.output);
}

static const char *define(struct build *build, const char *word, const char *base)
{
	char *name = pool_printf(build->pool, "%s", build->options.name), *c;

	for (c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	if (str_starts(word, "-DKBUILD_BASENAME="))
		return pool_printf(build->pool, "-DKBUILD_BASENAME=\"%s\"", base);
	if (str_starts(word, "-DKBUILD_MODNAME="))
		return pool_printf(build->pool, "-DKBUILD_MODNAME=\"%s\"", name);
	if (str_starts(word, "-D__KBUILD_MODNAME="))
		return pool_printf(build->pool, "-D__KBUILD_MODNAME=kmod_%s", name);
	return word;
}

/* Compile BASE.c in our folder. */
static enum status compile(struct build *build, const struct model *model, const char *folder,
			   const char *base)
{
	struct pool *pool = build->pool;
	struct ptrs argv = { };
	char **words;
	size_t nr, i;

	words = command_split(pool, model->compile, &nr);
	for (i = 0; words && i < nr; i++) {
		if (!strcmp(words[i], "-o"))
			break;
		/* Debug information, and tables of KASAN, would have the name of our folder. */
		if (str_starts(words[i], "-g") || str_starts(words[i], "-fsanitize=") ||
		    str_starts(words[i], "-fasan-") || str_starts(words[i], "-Wp,-MMD,") ||
		    str_ends(words[i], "ccache"))
			continue;
		ptrs_add(pool, &argv, (char *)define(build, words[i], base));
	}
	ptrs_add(pool, &argv, "-o");
	ptrs_add(pool, &argv, pool_printf(pool, "%s/%s.o", folder, base));
	ptrs_add(pool, &argv, pool_printf(pool, "%s/%s.c", folder, base));
	ptrs_add(pool, &argv, NULL);
	return run(build, &argv);
}

/* Run a command up to the word "-o", and then with our files. */
static enum status link_files(struct build *build, const char *line, const char *result,
			      const char *first, const char *second, const char *third)
{
	struct pool *pool = build->pool;
	struct ptrs argv = { };
	char **words;
	size_t nr, i;

	words = command_split(pool, line, &nr);
	for (i = 0; words && i < nr && strcmp(words[i], "-o"); i++)
		ptrs_add(pool, &argv, words[i]);
	ptrs_add(pool, &argv, "-o");
	ptrs_add(pool, &argv, (char *)result);
	ptrs_add(pool, &argv, (char *)first);
	ptrs_add(pool, &argv, (char *)second);
	ptrs_add(pool, &argv, (char *)third);
	if (third)
		ptrs_add(pool, &argv, NULL);
	return run(build, &argv);
}

static enum status run_objtool(struct build *build, const struct model *model, const char *object)
{
	struct pool *pool = build->pool;
	struct ptrs argv = { };
	char **words;
	size_t nr, i;

	if (!is_objtool(model->objtool))
		return KB_OK;
	words = command_split(pool, model->objtool, &nr);
	for (i = 0; words && i + 1 < nr; i++)
		if (strcmp(words[i], "--link") && strcmp(words[i], "--module"))
			ptrs_add(pool, &argv, words[i]);
	/* It looks at the whole module, also where it looks at each object in kbuild. */
	ptrs_add(pool, &argv, "--link");
	ptrs_add(pool, &argv, "--module");
	ptrs_add(pool, &argv, (char *)object);
	ptrs_add(pool, &argv, NULL);
	return run(build, &argv);
}

static enum status run_modpost(struct build *build, const struct model *model,
			       const char *folder, const char *object)
{
	static const char * const kept[] = { "-M", "-m", "-E", "-N", "-b", "-x" };
	const char *order = pool_printf(build->pool, "%s/modules.order", folder);
	struct pool *pool = build->pool;
	struct ptrs argv = { };
	enum status status;
	char **words;
	size_t nr, i, k;

	status = file_write(order, pool_printf(pool, "%s\n", object), strlen(object) + 1);
	if (status)
		return status;
	words = command_split(pool, model->modpost, &nr);
	for (i = 0; words && i < nr; i++)
		for (k = 0; !i || k < ARRAY_SIZE(kept); k++)
			if (!i || !strcmp(words[i], kept[k])) {
				ptrs_add(pool, &argv, words[i]);
				break;
			}
	/* The references to what is not exported are only named later. */
	ptrs_add(pool, &argv, "-w");
	ptrs_add(pool, &argv, "-o");
	ptrs_add(pool, &argv, pool_printf(pool, "%s/Module.symvers", folder));
	ptrs_add(pool, &argv, "-T");
	ptrs_add(pool, &argv, (char *)order);
	ptrs_add(pool, &argv, "-i");
	ptrs_add(pool, &argv, "Module.symvers");
	ptrs_add(pool, &argv, "-e");
	ptrs_add(pool, &argv, NULL);
	return run(build, &argv);
}

/**
 * replay_module - make the module with recorded commands
 * @build: the build
 * @folder: the folder with klp-patch.c and klp-pieces.o_shipped, which gets the module
 * @done: set to false if there are no such commands; then kbuild must do it
 *
 * Return: KB_OK; KB_ERROR after a message.
 */
enum status replay_module(struct build *build, const char *folder, bool *done)
{
	const char *name = build->options.name;
	const char *object = pool_printf(build->pool, "%s/%s.o", folder, name);
	const char *mod = pool_printf(build->pool, "%s.mod", name);
	const char *pieces = pool_printf(build->pool, "%s/klp-pieces.o_shipped", folder);
	struct model model = { };
	enum status status;

	*done = find_model(build, &model);
	if (!*done)
		return KB_OK;
	status = compile(build, &model, folder, "klp-patch");
	if (!status)
		status = link_files(build, model.join, object,
				    pool_printf(build->pool, "%s/klp-patch.o", folder),
				    pieces, NULL);
	if (!status)
		status = run_objtool(build, &model, object);
	if (!status)
		status = run_modpost(build, &model, folder, object);
	if (!status)
		status = compile(build, &model, folder, mod);
	if (!status)
		status = link_files(build, model.link,
				    pool_printf(build->pool, "%s/%s.ko", folder, name), object,
				    pool_printf(build->pool, "%s/%s.o", folder, mod),
				    ".module-common.o");
	return status;
}
