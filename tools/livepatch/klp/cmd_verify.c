// SPDX-License-Identifier: GPL-2.0
/*
 * klp verify
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "effect.h"
#include "out.h"
#include "sys.h"
#include "util.h"

struct verify {
	struct obstack		ob;
	struct sys_patch	*patches;
	const char		*name;
	bool			strict;
};

/* The worst of two answers: no, then not known, then yes */
static int worst(int one, int other)
{
	if (one == KLP_NO || other == KLP_NO)
		return KLP_NO;
	return one == KLP_UNKNOWN || other == KLP_UNKNOWN ? KLP_UNKNOWN : KLP_OK;
}

static int judge(const struct verify *verify, enum effect effect)
{
	switch (effect) {
	case EFFECT_ACTIVE:
	case EFFECT_NOT_LOADED:
		return KLP_OK;
	case EFFECT_COVERED:
		/* What covers it is judged itself. */
		return verify->strict ? KLP_NO : KLP_OK;
	case EFFECT_UNKNOWN:
		return KLP_UNKNOWN;
	default:
		return KLP_NO;
	}
}

static const char *answer_word(int answer)
{
	return answer == KLP_OK ? "yes" : answer == KLP_NO ? "no" : "unknown";
}

/* A function without calls, or whose calls are another patch's business, has no answer. */
static const char *func_word(int answer, enum effect effect)
{
	if (answer == KLP_OK && effect != EFFECT_ACTIVE)
		return "n/a";
	return answer_word(answer);
}

static bool wrong_build(const struct sys_object *object)
{
	return object->wanted && object->build_id && strcmp(object->wanted, object->build_id);
}

static int verify_func(struct verify *verify, const struct sys_patch *patch,
		       const struct sys_object *object, const struct sys_func *func,
		       struct json_object *array)
{
	struct effect_result effect;
	struct json_object *json;
	int answer;

	effect = effect_of(&verify->ob, verify->patches, patch, object, func);
	answer = judge(verify, effect.effect);
	if (!klp_opts.json) {
		printf("  %-7s  %s:%s,%ld  %s\n", func_word(answer, effect.effect), object->name,
		       func->name, func->pos, effect.text);
		return answer;
	}
	json = json_object_new_object();
	out_str(json, "object", object->name);
	out_str(json, "function", func->name);
	out_num(json, "position", func->pos);
	out_str(json, "in_effect", func_word(answer, effect.effect));
	out_str(json, "effect", effect_words[effect.effect]);
	out_str(json, "detail", effect.text);
	json_object_array_add(array, json);
	return answer;
}

static int verify_build(const struct sys_object *object, struct json_object *array)
{
	const int answer = wrong_build(object) ? KLP_NO : KLP_OK;
	struct json_object *json;

	if (!klp_opts.json) {
		if (answer != KLP_OK)
			printf("  no       %s: its build id is %s, the patch was made for %s\n",
			       object->name, object->build_id, object->wanted);
		return answer;
	}
	json = json_object_new_object();
	out_str(json, "object", object->name);
	out_bool(json, "loaded", object->loaded);
	out_str(json, "build_id", object->build_id);
	out_str(json, "wanted_build_id", object->wanted);
	out_bool(json, "matches", object->wanted && object->build_id ? answer == KLP_OK : -1);
	json_object_array_add(array, json);
	return answer;
}

/*
 * A cumulative patch has replaced all others, whose modules stay loaded. Is there one that is in
 * effect? A kernel that does not tell which patch is cumulative leaves the answer open.
 */
static int replaced(const struct verify *verify)
{
	const struct sys_patch *patch;
	int answer = KLP_NO;

	for (patch = verify->patches; patch; patch = patch->next) {
		if (!patch->state.enabled || patch->state.transition)
			continue;
		if (patch->replace > 0)
			return KLP_OK;
		if (patch->replace < 0)
			answer = KLP_UNKNOWN;
	}
	return answer;
}

static int verify_state(const struct verify *verify, const struct sys_patch *patch)
{
	if (patch->state.enabled && !patch->state.transition)
		return KLP_OK;
	if (patch->state.transition || verify->name || verify->strict)
		return KLP_NO;
	return replaced(verify);
}

/* What is the answer for functions that return to the original because the patch is disabled? */
static bool is_replaced(const struct verify *verify, const struct sys_patch *patch)
{
	return !patch->state.enabled && verify_state(verify, patch) != KLP_NO;
}

static int verify_patch(struct verify *verify, const struct sys_patch *patch,
			struct json_object *array)
{
	struct json_object *json = json_object_new_object();
	struct json_object *funcs = json_object_new_array(), *objects = json_object_new_array();
	const struct sys_object *object;
	const struct sys_func *func;
	int answer = verify_state(verify, patch), one;

	if (!klp_opts.json)
		printf("%s: %s\n", patch->name, sys_state_word(&patch->state));
	for (object = patch->objects; object; object = object->next) {
		answer = worst(answer, verify_build(object, objects));
		for (func = object->funcs; func; func = func->next) {
			one = verify_func(verify, patch, object, func, funcs);
			if (!is_replaced(verify, patch))
				answer = worst(answer, one);
		}
	}
	out_str(json, "patch", patch->name);
	out_str(json, "state", sys_state_word(&patch->state));
	out_str(json, "in_effect", answer_word(answer));
	json_object_object_add(json, "objects", objects);
	json_object_object_add(json, "functions", funcs);
	json_object_array_add(array, json);
	return answer;
}

static int verify_all(struct verify *verify)
{
	const char *name = verify->name;
	struct json_object *array = json_object_new_array();
	const struct sys_patch *patch;
	int answer = KLP_OK;
	bool found = false;

	for (patch = verify->patches; patch; patch = patch->next) {
		if (name && strcmp(patch->name, name))
			continue;
		found = true;
		answer = worst(answer, verify_patch(verify, patch, array));
	}
	if (name && !found) {
		json_object_put(array);
		return sys_no_patch(name);
	}
	if (klp_opts.json)
		out_print(array);
	else
		json_object_put(array);
	if (answer == KLP_UNKNOWN && !klp_opts.json)
		printf("this kernel does not tell what else redirects a function\n");
	if (!found && !klp_opts.json)
		printf("there are no patches\n");
	return answer;
}

int cmd_verify(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "strict", no_argument, NULL, 's' },
		{ }
	};
	struct verify verify = { };
	int opt, ret;

	while ((opt = args_next(argc, argv, longs, &ret)) > 0)
		verify.strict |= opt == 's';
	if (ret >= 0)
		return ret;
	ret = args_at_most_one(argc, argv, &verify.name);
	if (ret)
		return ret;
	obstack_init(&verify.ob);
	ret = sys_read_all(&verify.ob, &verify.patches);
	if (!ret)
		ret = verify_all(&verify);
	obstack_free(&verify.ob, NULL);
	return ret;
}
