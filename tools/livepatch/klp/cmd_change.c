// SPDX-License-Identifier: GPL-2.0
/*
 * klp unload, klp reverse, klp force, klp wait
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "change.h"
#include "detail.h"
#include "out.h"
#include "record.h"
#include "util.h"

#define FORCE_MS	10000

static const struct option longs[] = {
	{ "timeout", required_argument, NULL, 't' },
	{ "revert", no_argument, NULL, 'r' },
	{ "wait", no_argument, NULL, 'w' },
	{ "yes", no_argument, NULL, 'y' },
	{ }
};

struct flags {
	bool	revert;
	bool	wait;
	bool	yes;
};

/* Take the options that @allowed has letters of, and a patch. Returns a status, or -1. */
static int parse(int argc, char **argv, const char *allowed, struct change *change,
		 struct flags *flags)
{
	int opt, status;

	*change = (struct change){ .timeout_ms = -1 };
	*flags = (struct flags){ };
	while ((opt = args_next(argc, argv, longs, &status)) > 0) {
		if (!strchr(allowed, opt))
			return util_usage("'%s': is no option of this verb: see klp help %s",
					  argv[optind - 1], argv[0]);
		if (opt == 't' && args_time("timeout", &change->timeout_ms, &status))
			return status;
		flags->revert |= opt == 'r';
		flags->wait |= opt == 'w' || opt == 't';
		flags->yes |= opt == 'y';
	}
	if (status >= 0)
		return status;
	change->revert = flags->revert;
	if (flags->revert && change->timeout_ms < 0)
		return util_usage("--revert: when? give --timeout, too");
	if (strchr(allowed, 'o'))
		status = args_at_most_one(argc, argv, &change->patch);
	else
		status = args_one(argc, argv, "a patch", &change->patch);
	return status ?: -1;
}

static int finish(struct change *change)
{
	const int status = change->status;
	struct json_object *json;

	json = change_report(change);
	if (json)
		out_print(json);
	return status;
}

int cmd_unload(int argc, char **argv)
{
	struct change change;
	struct flags flags;
	int ret;

	ret = parse(argc, argv, "tr", &change, &flags);
	if (ret >= 0)
		return ret;
	if (!sys_exists(change.patch) && !sys_patch_module(change.patch))
		return sys_no_patch(change.patch);
	if (!change_disable(&change) && sys_module_loaded(change.patch) && !change_remove(&change))
		change_end(&change, "unloaded", KLP_OK);
	return finish(&change);
}

/* Complain unless the patch is in transition. */
static int check_transition(const char *patch, struct sys_state *state)
{
	if (sys_state(patch, state))
		return sys_no_patch(patch);
	if (state->transition)
		return KLP_OK;
	return util_error("%s: the patch is not in transition, but %s: see klp list", patch,
			  sys_state_word(state));
}

int cmd_reverse(int argc, char **argv)
{
	struct change change;
	struct sys_state state;
	struct flags flags;
	int ret;

	ret = parse(argc, argv, "tw", &change, &flags);
	if (ret >= 0)
		return ret;
	ret = check_transition(change.patch, &state);
	if (ret)
		return ret;
	record_started(change.patch, util_now_ms(), !state.enabled);
	if (sys_set(change.patch, "enabled", state.enabled ? "0" : "1"))
		return KLP_ERROR;
	if (flags.wait) {
		/* Where that disables the patch, its module can be unloaded then. */
		change.progress.until_gone = true;
		change_wait(&change);
	} else if (sys_state(change.patch, &change.progress.state)) {
		change_end(&change, "disabled", KLP_OK);
	} else {
		change_end(&change, sys_state_word(&change.progress.state), KLP_OK);
		change.progress.pending = change.progress.state.pending;
	}
	return finish(&change);
}

static int say_cost(const char *patch, const struct sys_state *state)
{
	static const char *const costs[] = {
		"tasks may go on in new code that calls old functions, and the module stays loaded until the next boot",
		"tasks may go on in old code that calls new functions, and the modules of replaced patches stay loaded until the next boot",
	};

	const char *cost = costs[!!state->enabled];

	return util_usage("%s: force can corrupt data or hang the machine: %s: %s", patch, cost,
			  "see klp blocked, ask the patch's author, then add --yes");
}

int cmd_force(int argc, char **argv)
{
	struct change change;
	struct sys_state state;
	struct flags flags;
	int ret;

	ret = parse(argc, argv, "y", &change, &flags);
	if (ret >= 0)
		return ret;
	ret = check_transition(change.patch, &state);
	if (ret)
		return ret;
	if (!flags.yes)
		return say_cost(change.patch, &state);
	if (sys_set(change.patch, "force", "1"))
		return KLP_ERROR;
	/* A task that cannot be preempted is still waited for. */
	change.timeout_ms = FORCE_MS;
	if (!change_wait(&change))
		change_end(&change, "forced", KLP_OK);
	return finish(&change);
}

/* Wait until no patch is in transition. There may be another one after each. */
static int wait_for_all(struct change *change)
{
	const long long start = util_now_ms(), timeout = change->timeout_ms;
	struct json_object *results = json_object_new_array();
	int ret = KLP_OK, status;
	struct obstack ob;

	obstack_init(&ob);
	for (;;) {
		status = sys_transition(&ob, &change->patch);
		if (status)
			ret = status;
		if (status || !change->patch)
			break;
		if (timeout >= 0) {
			change->timeout_ms = timeout - (util_now_ms() - start);
			if (change->timeout_ms < 0)
				change->timeout_ms = 0;
		}
		status = change_wait(change);
		json_object_array_add(results, change_report(change));
		if (status)
			ret = status;
		if (status == KLP_NO || status == KLP_ERROR)
			break;
		*change = (struct change){ .timeout_ms = -1 };
	}
	if (klp_opts.json && (!ret || json_object_array_length(results)))
		out_print(json_object_get(results));
	json_object_put(results);
	obstack_free(&ob, NULL);
	return ret;
}

int cmd_wait(int argc, char **argv)
{
	struct json_object *results, *json;
	struct change change;
	struct flags flags;
	int ret;

	ret = parse(argc, argv, "to", &change, &flags);
	if (ret >= 0)
		return ret;
	if (!change.patch)
		return wait_for_all(&change);
	if (!sys_exists(change.patch))
		return sys_no_patch(change.patch);
	ret = change_wait(&change);
	json = change_report(&change);
	if (json) {
		results = json_object_new_array();
		json_object_array_add(results, json);
		out_print(results);
	}
	return ret;
}
