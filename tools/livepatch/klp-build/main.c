// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: make a live patch module from a source diff. See klp-build.1.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "compare.h"
#include "layout.h"
#include "report.h"

static const char usage_text[] =
	"usage: klp-build [-n NAME] [--replace|--no-replace] [-o DIR] [--state ID:VERSION]\n"
	"                 [--description TEXT] [--fixes TEXT] [-m DIR] [-v] [--json]\n"
	"                 KERNEL_BUILD_DIR FIX.patch...\n"
	"       klp-build verify [-m DIR] [-v] [--json] MODULE KERNEL_BUILD_DIR FIX.patch...\n";

/* Removed when the program ends, also by a signal */
static char temporary[PATH_MAX];

static int usage(void)
{
	fputs(usage_text, stderr);
	return KB_USAGE;
}

static void remove_temporary(void)
{
	if (temporary[0])
		remove_tree(temporary);
	temporary[0] = '\0';
}

static enum status make_temporary(struct build *build)
{
	const char *folder = getenv("TMPDIR");
	char path[sizeof(temporary)];

	snprintf(path, sizeof(path), "%s/klp-build.XXXXXX", folder && *folder ? folder : "/tmp");
	command_catch_signals();
	if (!mkdtemp(path))
		return error("%s: %s", path, strerror(errno));
	/* Programs run in other folders. */
	if (!realpath(path, temporary)) {
		rmdir(path);
		return error("%s: %s", path, strerror(errno));
	}
	/* Without memory the program ends at once. */
	atexit(remove_temporary);
	build->tree.temporary = pool_printf(build->pool, "%s", temporary);
	return KB_OK;
}

/* Said before minutes of work, not after them */
static enum status check_folder(const struct options *options)
{
	if (options->verify || !access(options->folder, W_OK | X_OK))
		return KB_OK;
	error("%s: %s", options->folder, strerror(errno));
	note("the module goes into the folder of --output, which has to exist");
	return KB_ERROR;
}

static struct image *find_image(struct build *build, const char *name)
{
	struct image *image;
	size_t i;

	for_each(&build->images, i, image)
		if (!strcmp(image->name, name))
			return image;
	return NULL;
}

static enum status open_image(struct build *build, struct unit *unit)
{
	const char *path = "vmlinux", *name = "vmlinux", *slash;
	enum status status;
	char *c;

	if (unit->module) {
		path = pool_printf(build->pool, "%s.ko", unit->module);
		slash = strrchr(unit->module, '/');
		name = pool_printf(build->pool, "%s", slash ? slash + 1 : unit->module);
		for (c = (char *)name; *c; c++)
			if (*c == '-')
				*c = '_';
	}
	unit->image = find_image(build, name);
	if (unit->image)
		return KB_OK;
	if (path[0] != '/')
		path = pool_printf(build->pool, "%s/%s", build->tree.build, path);
	status = image_open(build->pool, path, name, &unit->image);
	if (!status)
		ptrs_add(build->pool, &build->images, unit->image);
	return status;
}

static enum status compare_unit(struct build *build, struct unit *unit)
{
	enum status status;
	bool same;

	status = compile_unit(build->pool, &build->tree, unit, &same);
	if (status || same)
		return status;
	if (!unit->linked && str_starts(unit->target, "arch/x86/boot/")) {
		warning_at(unit->source, "%s changes, which has run and is gone", unit->target);
		return KB_OK;
	}
	if (!unit->linked) {
		report_where(unit->source);
		if (str_ends(unit->source, ".S"))
			refuse("%s changes, which is not compiled from C", unit->target);
		else
			refuse("%s changes, which is a part of neither vmlinux nor a module",
			       unit->target);
		note("a change of generated files, assembler or boot code needs a new kernel");
		return KB_REFUSED;
	}
	status = open_image(build, unit);
	if (!status)
		status = layout_compare(build, unit);
	if (!status)
		compare_objects(build->pool, unit->before, unit->after);
	return status;
}

static enum status compare_units(struct build *build)
{
	enum status status, one;
	struct unit *unit;
	size_t i;

	status = unit_find_all(build->pool, &build->tree, &build->units);
	if (!status)
		status = makes_check(build->pool, &build->tree);
	if (status)
		return status;
	for_each(&build->units, i, unit) {
		report_progress("compiling %zu of %zu: %s", i + 1, build->units.nr, unit->source);
		one = compare_unit(build, unit);
		status = one > status ? one : status;
	}
	return status;
}

static enum status make(struct build *build)
{
	enum status status;

	status = check_folder(&build->options);
	if (!status)
		status = make_temporary(build);
	if (!status)
		status = tree_open(build->pool, &build->tree, build->options.kernel,
				   build->options.outside);
	if (!status)
		status = module_check_name(build);
	if (!status)
		status = compile_check(build->pool, &build->tree);
	if (!status)
		status = tree_patch(build->pool, &build->tree, build->options.fixes,
				    build->options.nr_fixes);
	if (!status)
		status = compare_units(build);
	if (!status)
		status = marks_read(build);
	if (!status)
		status = refer_read_exports(build);
	if (!status)
		status = select_pieces(build);
	if (!status && build_has_effect(build))
		status = layout_check(build);
	if (!status)
		status = marks_check(build);
	if (!status && build->options.verify)
		return verify_module(build);
	if (status || !build_has_effect(build))
		return status;
	warn_about(build);
	report_progress("building the module");
	return module_make(build);
}

/* A name as modules have it, from the name of the first fix */
static const char *default_name(struct build *build)
{
	const char *slash = strrchr(build->options.fixes[0], '/');
	char *name = pool_printf(build->pool, "livepatch-%s",
				 slash ? slash + 1 : build->options.fixes[0]), *c;

	c = strrchr(name, '.');
	if (c)
		*c = '\0';
	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			*c = '-';
	if (strlen(name) > 55)
		name[55] = '\0';
	return name;
}

static bool is_name(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return false;
	return *name && strlen(name) <= 55;
}

static bool read_options(struct build *build, int argc, char **argv)
{
	static const struct option known[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "module", required_argument, NULL, 'm' },
		{ "output", required_argument, NULL, 'o' },
		{ "replace", no_argument, NULL, 'r' },
		{ "no-replace", no_argument, NULL, 'R' },
		{ "state", required_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "description", required_argument, NULL, 'd' },
		{ "fixes", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	struct options *options = &build->options;
	int option;

	options->folder = ".";
	while ((option = getopt_long(argc, argv, "m:n:o:v", known, NULL)) != -1) {
		if (option == 'n')
			options->name = optarg;
		else if (option == 'm')
			options->outside = optarg;
		else if (option == 'o')
			options->folder = optarg;
		else if (option == 'r' || option == 'R')
			options->replace = option == 'r';
		else if (option == 'v')
			options->verbose = true;
		else if (option == 'd')
			options->description = optarg;
		else if (option == 'f')
			ptrs_add(build->pool, &options->texts,
				 pool_printf(build->pool, "fixes=%s", optarg));
		else if (option == 'j')
			options->json = true;
		else if (option != 's' || !marks_add_state(build, optarg))
			return false;
	}
	if (argc - optind < (options->verify ? 3 : 2))
		return false;
	if (options->verify)
		options->verify = argv[optind++];
	options->kernel = argv[optind];
	options->fixes = argv + optind + 1;
	options->nr_fixes = argc - optind - 1;
	if (!options->name)
		options->name = default_name(build);
	return is_name(options->name);
}

int main(int argc, char **argv)
{
	struct build build = { .pool = pool_new() };
	enum status status;

	/* Set to the module's name when the options are read. */
	if (argc > 1 && !strcmp(argv[1], "verify")) {
		build.options.verify = *argv++;
		argc--;
	}
	if (!read_options(&build, argc, argv)) {
		pool_free(build.pool);
		return usage();
	}
	report_init(build.options.verbose, build.options.json);
	status = make(&build);
	status = report_done(&build, status);
	remove_temporary();
	pool_free(build.pool);
	command_end_by_signal();
	return status;
}
