// SPDX-License-Identifier: GPL-2.0
/*
 * klp - manage live patches
 */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "out.h"
#include "util.h"
#include "verbs.h"

struct klp_opts klp_opts = { .root = "" };

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "root", required_argument, NULL, 'r' },
	{ }
};

/* Take the options before the verb; returns an exit status, or -1 to go on. */
static int parse(int argc, char **argv)
{
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:jpVh", options, NULL)) != -1) {
		switch (opt) {
		case 'p':
			klp_opts.pretty = true;
			fallthrough;
		case 'j':
			klp_opts.json = true;
			break;
		case 'V':
			printf("klp %s\n", KLP_VERSION);
			return KLP_OK;
		case 'h':
			verbs_usage();
			return KLP_OK;
		case 'r':
			klp_opts.root = optarg;
			break;
		case ':':
			return util_usage("'%s': lacks its value: see klp help", argv[optind - 1]);
		default:
			return util_usage("'%s': is not an option: see klp help", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return -1;
	return util_usage("what is to be done? see klp help");
}

static int run(int argc, char **argv)
{
	const struct verbs_one *verb;
	int ret;

	ret = parse(argc, argv);
	if (ret >= 0)
		return ret;
	argc -= optind;
	argv += optind;
	verb = verbs_find(argv[0]);
	if (!verb)
		return util_usage("'%s': is not a verb: see klp help", argv[0]);
	klp_opts.tty = !klp_opts.json && isatty(STDOUT_FILENO);
	/* getopt_long() begins again. */
	optind = 0;
	return verb->run(argc, argv);
}

int main(int argc, char **argv)
{
	struct json_object *json;
	int ret;

	obstack_exit_failure = KLP_ERROR;
	/* Thousands of lines are a few system calls then. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	ret = run(argc, argv);
	if (klp_opts.json && !out_printed() && util_last_error()) {
		json = json_object_new_object();
		out_str(json, "error", util_last_error());
		out_print(json);
	}
	if (fflush(stdout) || ferror(stdout))
		ret = util_error("standard output: cannot be written: see to its disk or reader");
	return ret;
}
