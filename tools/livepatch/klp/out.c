// SPDX-License-Identifier: GPL-2.0
/*
 * klp: JSON output, by json-c, and lists of tasks. The keys are interface: see klp.schema.json.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "util.h"

static bool printed;

/**
 * out_print - print a value, on one line unless --pretty is given
 * @json: the value; put
 */
void out_print(struct json_object *json)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (klp_opts.pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	printf("%s\n", json_object_to_json_string_ext(json, flags));
	json_object_put(json);
	fflush(stdout);
	printed = true;
}

/**
 * out_printed - find out whether JSON was printed
 *
 * Return: True if it was.
 */
bool out_printed(void)
{
	return printed;
}

/**
 * out_str - add a text
 * @json: what to add to
 * @key: the key
 * @value: the text, or NULL if it is not known
 */
void out_str(struct json_object *json, const char *key, const char *value)
{
	char *text = value ? strdup(value) : NULL;

	if (value && !text)
		util_die("memory is short: end other programs");
	json_object_object_add(json, key, text ? json_object_new_string(util_printable(text)) :
			       NULL);
	free(text);
}

/**
 * out_num - add a number
 * @json: what to add to
 * @key: the key
 * @value: the number, or -1 if it is not known
 */
void out_num(struct json_object *json, const char *key, long long value)
{
	json_object_object_add(json, key, value < 0 ? NULL : json_object_new_int64(value));
}

/**
 * out_bool - add a boolean
 * @json: what to add to
 * @key: the key
 * @value: 0 or 1, or -1 if it is not known
 */
void out_bool(struct json_object *json, const char *key, int value)
{
	json_object_object_add(json, key, value < 0 ? NULL : json_object_new_boolean(value));
}

/**
 * out_seconds - add a time
 * @json: what to add to
 * @key: the key
 * @ms: the time in milliseconds, or -1 if it is not known; becomes seconds
 */
void out_seconds(struct json_object *json, const char *key, long long ms)
{
	char text[32];

	/* As text: 0.1 is not 0.10000000000000001 then. */
	snprintf(text, sizeof(text), "%lld.%03lld", ms / 1000, ms % 1000);
	json_object_object_add(json, key, ms < 0 ? NULL :
			       json_object_new_double_s(ms / 1000.0, text));
}

static struct json_object *task_json(const struct tasks_one *one)
{
	struct json_object *json = json_object_new_object();
	char state[2] = { one->state };

	out_num(json, "pid", one->pid);
	out_num(json, "tid", one->tid);
	out_str(json, "comm", one->comm);
	out_str(json, "state", state);
	out_str(json, "reason", tasks_reason_word(one->reason));
	out_str(json, "where", one->where);
	return json;
}

/**
 * out_tasks - make an array of tasks
 * @tasks: the tasks
 * @max: at most so many
 *
 * Return: The array.
 */
struct json_object *out_tasks(const struct tasks *tasks, size_t max)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < tasks->nr && i < max; i++)
		json_object_array_add(array, task_json(&tasks->list[i]));
	return array;
}

/**
 * out_names - name some tasks that block, and count the others
 * @buf: where to
 * @size: its size
 * @tasks: the tasks
 * @max: how many to name
 */
void out_names(char *buf, size_t size, const struct tasks *tasks, size_t max)
{
	const size_t blocking = tasks->nr - tasks->parked;
	size_t i, named = 0, len = 0;
	const struct tasks_one *one;

	buf[0] = '\0';
	for (i = 0; i < tasks->nr && named < max && len < size; i++) {
		one = &tasks->list[i];
		if (one->reason == TASKS_PARKED)
			continue;
		len += snprintf(buf + len, size - len, "%s%d %s (%s%s%s)", named ? ", " : "",
				one->tid, one->comm, tasks_reason_word(one->reason),
				one->where ? " " : "", one->where ?: "");
		named++;
	}
	if (named < blocking && len < size)
		len += snprintf(buf + len, size - len, " and %zu more", blocking - named);
	if (tasks->denied && len < size)
		snprintf(buf + len, size - len, "%s%zu tasks that only root may look at",
			 named ? "; and perhaps " : "", tasks->denied);
}
