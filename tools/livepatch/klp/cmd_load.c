// SPDX-License-Identifier: GPL-2.0
/*
 * klp load
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "change.h"
#include "insert.h"
#include "module.h"
#include "out.h"
#include "record.h"
#include "util.h"

struct load {
	bool		wait;
	bool		revert;
	bool		replace;
	long long	timeout_ms;
	char		params[1024];
	struct obstack	ob;
};

static int add_param(struct load *load)
{
	const size_t len = strlen(load->params);

	if (!strchr(optarg, '='))
		return util_usage("--param %s: is not of the form NAME=VALUE: see klp help load",
				  optarg);
	if (len + strlen(optarg) + 2 > sizeof(load->params))
		return util_usage("--param %s: is too long: give fewer parameters", optarg);
	if (len)
		strcat(load->params, " ");
	strcat(load->params, optarg);
	return -1;
}

static int parse(int argc, char **argv, struct load *load)
{
	static const struct option longs[] = {
		{ "wait", no_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 't' },
		{ "revert", no_argument, NULL, 'r' },
		{ "replace", no_argument, NULL, 'R' },
		{ "param", required_argument, NULL, 'P' },
		{ }
	};
	int opt, ret = -1, status;

	while (ret < 0 && (opt = args_next(argc, argv, longs, &status)) > 0) {
		if (opt == 'w')
			load->wait = true;
		else if (opt == 'r')
			load->revert = true;
		else if (opt == 'R')
			load->replace = true;
		else if (opt == 'P')
			ret = add_param(load);
		else if (!args_time("timeout", &load->timeout_ms, &status))
			load->wait = true;
		else
			return status;
	}
	if (ret >= 0 || status >= 0)
		return ret >= 0 ? ret : status;
	if (optind == argc)
		return util_usage("load: lacks a file: see klp help load");
	if (load->revert && load->timeout_ms < 0)
		return util_usage("--revert: when? give --timeout, too");
	/* The kernel has one transition at a time. */
	if (argc - optind > 1 || load->replace)
		load->wait = true;
	return -1;
}

/* Disable and unload a patch that another one has made superfluous. */
static int remove_old(struct load *load, const char *name, struct json_object *results)
{
	struct change change = { .patch = name, .timeout_ms = load->timeout_ms };
	int ret;

	ret = change_disable(&change);
	if (!ret && sys_module_loaded(name)) {
		ret = change_remove(&change);
		if (!ret)
			change_end(&change, "unloaded", KLP_OK);
	}
	json_object_array_add(results, change_report(&change));
	return ret;
}

/* The newest first, so that none of them is in effect for a moment where it was not before. */
static int remove_others(struct load *load, const struct sys_patch *old, const char *name,
			 struct json_object *results)
{
	int ret;

	if (!old)
		return KLP_OK;
	ret = remove_others(load, old->next, name, results);
	if (ret || !strcmp(old->name, name))
		return ret;
	return remove_old(load, old->name, results);
}

static int load_one(struct load *load, const char *file, struct json_object *results)
{
	struct change change = { .file = file, .timeout_ms = load->timeout_ms,
				 .revert = load->revert };
	struct sys_patch *old = NULL;
	struct module_info info;
	int ret;

	ret = module_inspect(&load->ob, file, &info);
	if (!ret && load->replace)
		ret = sys_read_all(&load->ob, &old);
	if (!ret)
		ret = insert_patch(&info, load->params);
	change.patch = info.name;
	if (ret == KLP_REVERTED) {
		change_end(&change, "reverted", ret);
		change.progress.pending = -1;
		json_object_array_add(results, change_report(&change));
	}
	if (ret)
		return ret;
	if (load->wait)
		change_await(&change);
	else if (sys_state(info.name, &change.progress.state))
		/* Nobody but an administrator, or the kernel's own timeout, could have done that. */
		change_end(&change, "reverted", KLP_REVERTED);
	else
		change_end(&change, sys_state_word(&change.progress.state), KLP_OK);
	/* Perhaps nobody looks before it has to switch back. */
	if (!load->wait && !ret && !change.progress.state.transition)
		record_took(info.name, 0, true);
	if (!load->wait)
		change.progress.pending = change.progress.state.pending;
	ret = change.status;
	json_object_array_add(results, change_report(&change));
	return ret ?: remove_others(load, old, info.name, results);
}

int cmd_load(int argc, char **argv)
{
	struct load load = { .timeout_ms = -1 };
	struct json_object *results;
	int ret;

	ret = parse(argc, argv, &load);
	if (ret >= 0)
		return ret;
	ret = sys_check_supported();
	if (ret)
		return ret;
	obstack_init(&load.ob);
	results = json_object_new_array();
	for (; !ret && optind < argc; optind++)
		ret = load_one(&load, argv[optind], results);
	if (klp_opts.json && (!ret || json_object_array_length(results)))
		out_print(json_object_get(results));
	json_object_put(results);
	obstack_free(&load.ob, NULL);
	return ret;
}
