// SPDX-License-Identifier: GPL-2.0
/*
 * klp: the verbs, and help about them. klp(8) and the completion have the same words; a test
 * compares them.
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "util.h"
#include "verbs.h"

#define HELP_TIME	"T is a time: 2, 0.5, 200ms, 3m; seconds if it has no unit.\n"

static const struct verbs_one verbs[] = {
	{ "list", cmd_list, "", "list all patches, one on each line", "" },
	{ "show", cmd_show, "P", "show all that is known of patch P",
	  "What this kernel does not tell is shown as \"-\".\n" },
	{ "load",
	  cmd_load,
	  "FILE... [--wait] [--timeout T] [--revert] [--replace] [--param NAME=VALUE]...",
	  "load patch modules, which enables their patches",
	  "--wait          wait until all tasks have switched\n"
	  "--timeout T     wait for T at most; implies --wait\n"
	  "--revert        when T has passed, revert the patch and unload its module\n"
	  "--replace       when the patch is in effect, disable and unload all others\n"
	  "--param N=V     a parameter of the module\n"
	  "Each of several files is waited for. The first failure ends the command.\n"
	  HELP_TIME },
	{ "unload", cmd_unload, "P [--timeout T] [--revert]",
	  "disable patch P, and unload its module",
	  "--timeout T     wait for T at most\n"
	  "--revert        when T has passed, enable the patch again\n"
	  HELP_TIME },
	{ "reverse", cmd_reverse, "P [--wait] [--timeout T]",
	  "reverse the transition of patch P",
	  "--wait          wait until all tasks have switched back\n"
	  "--timeout T     wait for T at most; implies --wait\n"
	  HELP_TIME },
	{ "force", cmd_force, "P --yes", "end the transition of patch P, whatever that costs",
	  "--yes           do it; without it, klp only says what it costs\n" },
	{ "blocked", cmd_blocked, "[P] [--stack]",
	  "list the tasks that a transition waits for, and say why",
	  "--stack         with the stack of each task\n" },
	{ "wait", cmd_wait, "[P] [--timeout T]",
	  "wait until patch P, or all patches, are in no transition",
	  "--timeout T     wait for T at most\n"
	  HELP_TIME },
	{ "monitor", cmd_monitor, "[--interval T] [--count N]",
	  "print what happens to patches, when it happens",
	  "--interval T    look so often, where the kernel sends no events; default 0.5\n"
	  "--count N       end after N events\n"
	  HELP_TIME },
	{ "verify", cmd_verify, "[P] [--strict]",
	  "check that each function of patch P, or of all patches, is in effect",
	  "--strict        a function that a newer patch covers is not in effect\n" },
	{ "metrics", cmd_metrics, "[--output FILE]",
	  "print metrics in Prometheus's text format",
	  "--output FILE   replace the file atomically, for the textfile collector\n" },
	{ "enable", cmd_enable, "FILE [--kernel RELEASE]",
	  "apply the patch in FILE at each boot from now on",
	  "--kernel R      for another kernel than the running one\n"
	  "The file is copied. A patch that has failed is tried again.\n" },
	{ "disable", cmd_disable, "P|--all [--kernel RELEASE]",
	  "do not apply patch P at boot any more",
	  "--all           no patch at all\n"
	  "--kernel R      for another kernel than the running one\n"
	  "A patch that is loaded stays loaded.\n" },
	{ "boot", cmd_boot, "[--list] [--timeout T]", "apply the patches for this boot",
	  "--list          only list them\n"
	  "--timeout T     wait for each patch for T at most; default 60, then revert it\n"
	  "A patch that was being applied when the last boot ended is not applied again.\n"
	  HELP_TIME },
	{ "help", cmd_help, "[VERB]", "show help", "" },
};

/**
 * verbs_find - find a verb
 * @name: its name
 *
 * Return: The verb, or NULL.
 */
const struct verbs_one *verbs_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/**
 * verbs_usage - print what klp can do
 */
void verbs_usage(void)
{
	size_t i;

	printf("usage: klp [-j] [-p] VERB [ARGUMENT]...\n\n");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-8s  %s\n", verbs[i].name, verbs[i].does);
	printf("\n  -j, --json     print JSON\n"
	       "  -p, --pretty   print JSON with line breaks\n"
	       "  -V, --version  print the version\n"
	       "  -h, --help     print help, also about a verb\n"
	       "  --root DIR     use DIR/sys, DIR/proc, ... instead of /sys, /proc, ...\n"
	       "\nexit status: 0 done, or yes; 1 not in effect, or not settled; 2 wrong usage;\n"
	       "3 error; 4 reverted; 5 this kernel does not tell\n");
}

/**
 * verbs_help - print help about a verb
 * @name: the verb
 *
 * Return: KLP_OK or KLP_USAGE.
 */
int verbs_help(const char *name)
{
	const struct verbs_one *verb = verbs_find(name);

	if (!verb)
		return util_usage("'%s': is not a verb: see klp help", name);
	printf("usage: klp [-j] [-p] %s%s%s\n\n%s\n", verb->name, *verb->args ? " " : "",
	       verb->args, verb->does);
	if (*verb->help)
		printf("\n%s", verb->help);
	return KLP_OK;
}

int cmd_help(int argc, char **argv)
{
	int status;

	while (args_next(argc, argv, NULL, &status) > 0)
		;
	if (status >= 0)
		return status;
	if (argc - optind > 1)
		return util_usage("'%s': is one word too many: see klp help help",
				  argv[optind + 1]);
	if (optind < argc)
		return verbs_help(argv[optind]);
	verbs_usage();
	return KLP_OK;
}
