// SPDX-License-Identifier: GPL-2.0
/*
 * klp list, klp show
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "bootset.h"
#include "effect.h"
#include "out.h"
#include "record.h"
#include "sys.h"
#include "util.h"

static struct json_object *func_json(const struct sys_func *func, struct effect_result effect)
{
	struct json_object *json = json_object_new_object();

	out_str(json, "name", func->name);
	out_num(json, "position", func->pos);
	out_str(json, "effect", effect_words[effect.effect]);
	out_str(json, "detail", effect.text);
	out_num(json, "calls", func->calls);
	return json;
}

static struct json_object *object_json(struct obstack *ob, const struct sys_patch *patches,
				       const struct sys_patch *patch,
				       const struct sys_object *object)
{
	struct json_object *json = json_object_new_object();
	struct json_object *funcs = json_object_new_array();
	const struct sys_func *func;

	out_str(json, "name", object->name);
	out_bool(json, "loaded", object->loaded);
	out_bool(json, "patched", object->patched);
	out_str(json, "build_id", object->build_id);
	out_str(json, "wanted_build_id", object->wanted);
	for (func = object->funcs; func; func = func->next)
		json_object_array_add(funcs, func_json(func, effect_of(ob, patches, patch, object,
								       func)));
	json_object_object_add(json, "functions", funcs);
	return json;
}

static struct json_object *loaded_json(const struct record *record)
{
	struct json_object *json = json_object_new_object();

	out_str(json, "by", record->by);
	out_str(json, "when", record->when);
	out_str(json, "file", record->file);
	return json;
}

static struct json_object *patch_json(struct obstack *ob, const struct sys_patch *patches,
				      const struct sys_patch *patch)
{
	struct json_object *json = json_object_new_object();
	struct json_object *objects = json_object_new_array();
	const struct sys_object *object;
	struct record record;
	bool known;

	known = record_get(ob, patch->name, &record);
	out_str(json, "name", patch->name);
	out_str(json, "state", sys_state_word(&patch->state));
	out_num(json, "order", patch->order);
	out_str(json, "consistency", patch->model);
	out_bool(json, "replace", patch->replace);
	out_num(json, "pending", patch->state.pending);
	out_num(json, "timeout_ms", patch->timeout_ms);
	out_num(json, "stopped_ns", patch->stopped_ns);
	out_num(json, "parked_ns", patch->parked_ns);
	out_seconds(json, "transition_seconds", record.took_ms);
	out_str(json, "version", patch->version);
	out_str(json, "srcversion", patch->srcversion);
	out_str(json, "build_id", patch->build_id);
	out_str(json, "description", record.description);
	out_str(json, "fixes", record.fixes);
	json_object_object_add(json, "loaded", known ? loaded_json(&record) : NULL);
	out_str(json, "boot", bootset_word(patch->name));
	for (object = patch->objects; object; object = object->next)
		json_object_array_add(objects, object_json(ob, patches, patch, object));
	json_object_object_add(json, "objects", objects);
	return json;
}

static const char *or_dash(const char *text)
{
	return text ?: "-";
}

static char *number(char *buf, size_t size, long long value)
{
	if (value < 0)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%lld", value);
	return buf;
}

/* "3", "2+" if others may be active as well, "-" if the kernel tells of none */
static void in_effect(struct obstack *ob, const struct sys_patch *patches,
		      const struct sys_patch *patch, char *buf, size_t size)
{
	size_t counts[EFFECT_NR];

	effect_count(ob, patches, patch, counts);
	if (counts[EFFECT_UNKNOWN] && !counts[EFFECT_ACTIVE])
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%zu%s", counts[EFFECT_ACTIVE],
			 counts[EFFECT_UNKNOWN] ? "+" : "");
}

static int width_of(const struct sys_patch *patch)
{
	int width = strlen("PATCH");

	for (; patch; patch = patch->next)
		if ((int)strlen(patch->name) > width)
			width = strlen(patch->name);
	return width;
}

static void print_list(struct obstack *ob, const struct sys_patch *patches)
{
	const int width = width_of(patches);
	const struct sys_patch *patch;
	const struct sys_object *object;
	char order[24], pending[24], active[24];

	printf("%-*s  %-9s  %5s  %-13s  %7s  %5s  %6s  %-10s  %s\n", width, "PATCH", "STATE",
	       "ORDER", "MODEL", "PENDING", "FUNCS", "ACTIVE", "VERSION", "OBJECTS");
	for (patch = patches; patch; patch = patch->next) {
		in_effect(ob, patches, patch, active, sizeof(active));
		printf("%-*s  %-9s  %5s  %-13s  %7s  %5zu  %6s  %-10s  ", width, patch->name,
		       sys_state_word(&patch->state), number(order, sizeof(order), patch->order),
		       or_dash(patch->model),
		       number(pending, sizeof(pending), patch->state.pending), patch->nr_funcs,
		       active, or_dash(patch->version));
		for (object = patch->objects; object; object = object->next)
			printf("%s%s", object->name, object->next ? "," : "");
		printf("\n");
	}
}

int cmd_list(int argc, char **argv)
{
	struct sys_patch *patches, *patch;
	struct json_object *array;
	struct obstack ob;
	int ret;

	while (args_next(argc, argv, NULL, &ret) > 0)
		;
	if (ret >= 0)
		return ret;
	if (optind < argc)
		return util_usage("'%s': list takes no patch: see klp help show", argv[optind]);
	obstack_init(&ob);
	ret = sys_read_all(&ob, &patches);
	if (!ret && klp_opts.json) {
		array = json_object_new_array();
		for (patch = patches; patch; patch = patch->next)
			json_object_array_add(array, patch_json(&ob, patches, patch));
		out_print(array);
	} else if (!ret && patches) {
		print_list(&ob, patches);
	} else if (!ret) {
		printf("there are no patches\n");
	}
	obstack_free(&ob, NULL);
	return ret;
}

static void print_object(struct obstack *ob, const struct sys_patch *patches,
			 const struct sys_patch *patch, const struct sys_object *object)
{
	const struct sys_func *func;
	const char *state;

	if (!object->loaded)
		state = "not loaded";
	else if (object->patched < 0)
		state = "-";
	else
		state = object->patched ? "patched" : "not patched";
	printf("object %s: %s\n", object->name, state);
	printf("  build id:      %s\n", or_dash(object->build_id));
	printf("  made for:      %s\n", or_dash(object->wanted));
	for (func = object->funcs; func; func = func->next) {
		printf("  function %s,%ld: %s", func->name, func->pos,
		       effect_of(ob, patches, patch, object, func).text);
		if (func->calls >= 0)
			printf(", %lld calls counted", func->calls);
		printf("\n");
	}
}

static void print_times(const struct sys_patch *patch, const struct record *record)
{
	char text[32];

	printf("pending:         %s\n", number(text, sizeof(text), patch->state.pending));
	if (patch->timeout_ms == 0)
		printf("timeout:         none\n");
	else
		printf("timeout:         %s\n", util_seconds(text, sizeof(text),
							     patch->timeout_ms));
	printf("transition took: %s\n", util_seconds(text, sizeof(text), record->took_ms));
	if (patch->stopped_ns > 0)
		printf("CPUs stopped:    %lld ns\n", patch->stopped_ns);
	if (patch->parked_ns > 0)
		printf("tasks parked:    %lld ns\n", patch->parked_ns);
}

static void print_patch(struct obstack *ob, const struct sys_patch *patches,
			const struct sys_patch *patch)
{
	const struct sys_object *object;
	struct record record;
	char text[32];

	record_get(ob, patch->name, &record);
	printf("patch:           %s\n", patch->name);
	printf("state:           %s\n", sys_state_word(&patch->state));
	printf("order:           %s\n", number(text, sizeof(text), patch->order));
	printf("model:           %s\n", or_dash(patch->model));
	printf("replaces others: %s\n", patch->replace < 0 ? "-" : patch->replace ? "yes" : "no");
	print_times(patch, &record);
	printf("version:         %s\n", or_dash(patch->version));
	printf("srcversion:      %s\n", or_dash(patch->srcversion));
	printf("build id:        %s\n", or_dash(patch->build_id));
	printf("description:     %s\n", or_dash(record.description));
	printf("fixes:           %s\n", or_dash(record.fixes));
	printf("loaded by:       %s\n", or_dash(record.by));
	printf("loaded at:       %s\n", or_dash(record.when));
	printf("loaded from:     %s\n", or_dash(record.file));
	printf("at boot:         %s\n", or_dash(bootset_word(patch->name)));
	for (object = patch->objects; object; object = object->next)
		print_object(ob, patches, patch, object);
}

int cmd_show(int argc, char **argv)
{
	struct sys_patch *patches, *patch;
	struct obstack ob;
	const char *name;
	int ret;

	while (args_next(argc, argv, NULL, &ret) > 0)
		;
	if (ret >= 0)
		return ret;
	ret = args_one(argc, argv, "a patch", &name);
	if (ret)
		return ret;
	obstack_init(&ob);
	ret = sys_read_all(&ob, &patches);
	for (patch = patches; patch && strcmp(patch->name, name); patch = patch->next)
		;
	if (!ret && !patch)
		ret = sys_no_patch(name);
	else if (!ret && klp_opts.json)
		out_print(patch_json(&ob, patches, patch));
	else if (!ret)
		print_patch(&ob, patches, patch);
	obstack_free(&ob, NULL);
	return ret;
}
