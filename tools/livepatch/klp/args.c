// SPDX-License-Identifier: GPL-2.0
/*
 * klp: the command line of a verb. Each verb takes the options that klp takes before the verb,
 * except for those that only make sense there.
 */
#include <string.h>

#include "args.h"
#include "util.h"
#include "verbs.h"

#define ARGS_MAX	12

static const struct option common[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static void merge(struct option all[ARGS_MAX], const struct option *longs)
{
	size_t nr = 0;

	for (; longs && longs->name; longs++)
		all[nr++] = *longs;
	memcpy(all + nr, common, sizeof(common));
}

/**
 * args_next - take an option from a verb's command line
 * @argc: how many words it has
 * @argv: the words, beginning with the verb
 * @longs: the verb's options, or NULL
 * @status: gets what the command has to exit with, or -1 if it goes on
 *
 * Return: The option's value, 0 or less if there is none any more.
 */
int args_next(int argc, char **argv, const struct option *longs, int *status)
{
	struct option all[ARGS_MAX];
	int opt;

	merge(all, longs);
	*status = -1;
	opterr = 0;
	for (;;) {
		opt = getopt_long(argc, argv, ":jph", all, NULL);
		switch (opt) {
		case 'p':
			klp_opts.pretty = true;
			fallthrough;
		case 'j':
			klp_opts.json = true;
			klp_opts.tty = false;
			break;
		case 'h':
			*status = verbs_help(argv[0]);
			return 0;
		case ':':
			*status = util_usage("'%s': lacks its value: see klp help %s",
					     argv[optind - 1], argv[0]);
			return 0;
		case '?':
			*status = util_usage("'%s': is no option of this verb: see klp help %s",
					     argv[optind - 1], argv[0]);
			return 0;
		default:
			return opt;
		}
	}
}

/**
 * args_at_most_one - take the only word that is not an option, if there is any
 * @argc: how many words there are
 * @argv: the words
 * @arg: gets the word, or NULL
 *
 * Return: KLP_OK or KLP_USAGE.
 */
int args_at_most_one(int argc, char **argv, const char **arg)
{
	*arg = optind < argc ? argv[optind] : NULL;
	if (optind + 1 < argc)
		return util_usage("'%s': is one word too many: see klp help %s", argv[optind + 1],
				  argv[0]);
	return KLP_OK;
}

/**
 * args_one - take the only word that is not an option
 * @argc: how many words there are
 * @argv: the words
 * @what: what the word stands for
 * @arg: gets the word
 *
 * Return: KLP_OK or KLP_USAGE.
 */
int args_one(int argc, char **argv, const char *what, const char **arg)
{
	int ret = args_at_most_one(argc, argv, arg);

	if (!ret && !*arg)
		ret = util_usage("%s: lacks %s: see klp help %s", argv[0], what, argv[0]);
	return ret;
}

/**
 * args_time - take a time, from optarg
 * @option: the option's name
 * @ms: gets the time in milliseconds
 * @status: see args_next(); changed only if the time is wrong
 *
 * Return: 0, else -1.
 */
int args_time(const char *option, long long *ms, int *status)
{
	if (!util_parse_ms(optarg, ms))
		return 0;
	*status = util_usage("--%s %s: is not a time: give one like 2, 0.5, 200ms or 3m", option,
			     optarg);
	return -1;
}
