// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: the report about a patch in JSON.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "build.h"
#include "json.h"
#include "report.h"

static void set(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

static void set_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static struct json_object *function(const struct unit *unit, const char *name,
				    unsigned int position)
{
	struct json_object *item = json_object_new_object();

	set(item, "object", unit->image->name);
	set(item, "name", name);
	set_number(item, "position", position);
	set(item, "source", unit->source);
	return item;
}

static struct json_object *functions(const struct build *build)
{
	struct json_object *list = json_object_new_array(), *item;
	struct replaced *replaced;
	size_t i;

	for_each(&build->replaced, i, replaced) {
		item = function(replaced->unit, replaced->name, replaced->position);
		set(item, "differs", replaced->piece->why);
		set_number(item, "old_size", replaced->piece->twin->symbol->size);
		set_number(item, "new_size", replaced->piece->symbol->size);
		json_object_array_add(list, item);
	}
	return list;
}

static struct json_object *gone_functions(const struct build *build)
{
	struct json_object *list = json_object_new_array();
	struct gone *gone;
	size_t i;

	for_each(&build->gone, i, gone)
		json_object_array_add(list, function(gone->unit, gone->piece->name,
						     gone->position));
	return list;
}

static struct json_object *pieces(const struct build *build, enum piece_kind kind)
{
	struct json_object *list = json_object_new_array(), *item;
	struct taken *taken;
	size_t i;

	for_each(&build->taken, i, taken) {
		if (!taken->piece->symbol || taken->piece->verdict != VERDICT_NEW ||
		    taken->piece->kind != kind)
			continue;
		item = json_object_new_object();
		set(item, "object", taken->unit->image->name);
		set(item, "name", taken->piece->name);
		set(item, "source", taken->unit->source);
		json_object_object_add(item, "size", json_object_new_int64(taken->piece->size));
		json_object_array_add(list, item);
	}
	return list;
}

static struct json_object *references(const struct build *build)
{
	struct json_object *list = json_object_new_array(), *item;
	struct reference *reference;
	size_t i;

	for_each(&build->references, i, reference) {
		item = json_object_new_object();
		set(item, "name", reference->plain);
		set(item, "symbol", reference->final);
		set(item, "found_by", reference->how);
		json_object_array_add(list, item);
	}
	return list;
}

/* The symbol is what a message quotes first. */
static struct json_object *symbol(const struct build *build, const char *text)
{
	const char *start = strchr(text, '\''), *end = start ? strchr(start + 1, '\'') : NULL;

	return end ? json_object_new_string(pool_printf(build->pool, "%.*s", (int)(end - start - 1),
							start + 1)) : NULL;
}

static struct json_object *list(const struct build *build, const struct ptrs *messages,
				const char *kind)
{
	struct json_object *list = json_object_new_array(), *item;
	const struct message *message;
	const char *colon, *file;
	size_t i, length;

	for_each(messages, i, message) {
		if (strcmp(message->kind, kind))
			continue;
		item = json_object_new_object();
		colon = strrchr(message->where, ':');
		length = colon ? (size_t)(colon - message->where) : strlen(message->where);
		file = pool_printf(build->pool, "%.*s", (int)length, message->where);
		set(item, "file", length ? file : NULL);
		json_object_object_add(item, "line",
				       colon ? json_object_new_int(atoi(colon + 1)) : NULL);
		json_object_object_add(item, "symbol", symbol(build, message->text));
		set(item, "reason", message->text);
		set(item, "remedy", message->remedy);
		json_object_array_add(list, item);
	}
	return list;
}

/**
 * json_print - print the report
 * @build: the build
 * @status: how it has ended
 * @messages: all messages (struct message)
 */
void json_print(const struct build *build, enum status status, const struct ptrs *messages)
{
	struct json_object *report = json_object_new_object();

	set(report, "verdict", status == KB_REFUSED ? "refused" : status ? "error" :
			       build->options.verify ? "verified" :
			       build_has_effect(build) ? "built" : "nothing");
	set(report, "module", build->options.verify ? build->options.verify :
			      status || !build_has_effect(build) ? NULL : build->result);
	json_object_object_add(report, "functions", functions(build));
	json_object_object_add(report, "gone_functions", gone_functions(build));
	json_object_object_add(report, "new_functions", pieces(build, PIECE_CODE));
	json_object_object_add(report, "new_data", pieces(build, PIECE_DATA));
	json_object_object_add(report, "references", references(build));
	json_object_object_add(report, "errors", list(build, messages, "error"));
	json_object_object_add(report, "warnings", list(build, messages, "warning"));
	printf("%s\n", json_object_to_json_string_ext(report, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(report);
}
