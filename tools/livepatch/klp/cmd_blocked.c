// SPDX-License-Identifier: GPL-2.0
/*
 * klp blocked
 */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "out.h"
#include "record.h"
#include "sys.h"
#include "tasks.h"
#include "util.h"

struct blocked {
	const char		*patch;
	bool			stack;
	struct sys_state	state;
	long long		ms;
	struct tasks		tasks;
};

static int parse(int argc, char **argv, struct blocked *blocked)
{
	static const struct option longs[] = {
		{ "stack", no_argument, NULL, 's' },
		{ }
	};
	int opt, ret;

	while ((opt = args_next(argc, argv, longs, &ret)) > 0)
		blocked->stack |= opt == 's';
	if (ret >= 0)
		return ret;
	return args_at_most_one(argc, argv, &blocked->patch) ?: -1;
}

/* Read the stack of a task, which ends with a newline; empty if only root may, or it has ended. */
static void read_stack(const struct tasks_one *one, char *buf, size_t size)
{
	struct util_path path;

	util_path(&path, "/proc/%d/task/%d/stack", one->pid, one->tid);
	util_read(path.s, buf, size);
}

static struct json_object *stack_json(const struct tasks_one *one)
{
	struct json_object *array = json_object_new_array();
	char buf[4096], *rest = buf, *line;

	read_stack(one, buf, sizeof(buf));
	while (buf[0] && (line = strsep(&rest, "\n")))
		json_object_array_add(array, json_object_new_string(line));
	return array;
}

static void print_stack(const struct tasks_one *one)
{
	char buf[4096], *rest = buf, *line;

	read_stack(one, buf, sizeof(buf));
	while (buf[0] && (line = strsep(&rest, "\n")))
		printf("          %s\n", line);
}

static void print_json(const struct blocked *blocked)
{
	const struct tasks *tasks = &blocked->tasks;
	struct json_object *json = json_object_new_object();
	struct json_object *array, *advice = json_object_new_object();
	size_t i, nr = blocked->patch ? tasks->nr : 0;
	bool seen[TASKS_NR_REASONS] = { };

	out_str(json, "patch", blocked->patch);
	out_str(json, "state", blocked->patch ? sys_state_word(&blocked->state) : NULL);
	out_seconds(json, "seconds", blocked->ms);
	out_num(json, "pending", blocked->patch ? blocked->state.pending : 0);
	out_num(json, "denied", blocked->patch ? tasks->denied : 0);
	array = blocked->patch ? out_tasks(tasks, tasks->nr) : json_object_new_array();
	for (i = 0; i < nr; i++) {
		if (blocked->stack)
			json_object_object_add(json_object_array_get_idx(array, i), "stack",
					       stack_json(&tasks->list[i]));
		seen[tasks->list[i].reason] = true;
	}
	json_object_object_add(json, "tasks", array);
	for (i = 0; i < TASKS_NR_REASONS; i++)
		if (seen[i])
			out_str(advice, tasks_reason_word(i), tasks_advice(i));
	json_object_object_add(json, "advice", advice);
	out_print(json);
}

/* The kernel's count is right. The list is made of thousands of looks at tasks that move. */
static void print_head(const struct blocked *blocked)
{
	const long long pending = blocked->state.pending;
	const struct tasks *tasks = &blocked->tasks;

	printf("%s: %s, ", blocked->patch, sys_state_word(&blocked->state));
	if (pending < 0)
		printf("tasks pending: not known");
	else
		printf("%lld task%s pending", pending, pending == 1 ? "" : "s");
	if (tasks->parked)
		printf(", %zu parked", tasks->parked);
	if (tasks->denied)
		printf(", %zu that only root may look at", tasks->denied);
	printf("\n");
}

/* How many pending tasks are not listed, and are not those that only root may look at? */
static long long unlisted(const struct blocked *blocked)
{
	const struct tasks *tasks = &blocked->tasks;
	const long long listed = tasks->nr - tasks->parked;

	return tasks->denied || blocked->state.pending <= listed ? 0 :
	       blocked->state.pending - listed;
}

static void print_text(const struct blocked *blocked)
{
	const struct tasks *tasks = &blocked->tasks;
	const struct tasks_one *one;
	bool seen[TASKS_NR_REASONS] = { };
	char time[32];
	size_t i;

	util_seconds(time, sizeof(time), blocked->ms);
	print_head(blocked);
	if (tasks->nr)
		printf("%8s  %-15s  S  %9s  %-10s  %s\n", "TID", "COMM", "FOR", "REASON",
		       "FUNCTION");
	for (i = 0; i < tasks->nr; i++) {
		one = &tasks->list[i];
		seen[one->reason] = true;
		printf("%8d  %-15s  %c  %9s  %-10s  %s\n", one->tid, one->comm, one->state, time,
		       tasks_reason_word(one->reason), one->where ?: "-");
		if (blocked->stack)
			print_stack(one);
	}
	if (unlisted(blocked))
		printf("%lld more: not looked at yet, or switched meanwhile\n", unlisted(blocked));
	for (i = 0; i < TASKS_NR_REASONS; i++)
		if (seen[i])
			printf("%s: %s\n", tasks_reason_word(i), tasks_advice(i));
}

/* Find the patch that is in transition, if it is the one that was asked for. */
static int find(struct obstack *ob, struct blocked *blocked)
{
	const char *asked = blocked->patch;
	struct record record;
	int ret;

	if (asked && sys_state(asked, &blocked->state))
		return sys_no_patch(asked);
	ret = sys_transition(ob, &blocked->patch);
	if (ret)
		return ret;
	if (asked && blocked->patch && strcmp(asked, blocked->patch))
		blocked->patch = NULL;
	if (!blocked->patch || sys_state(blocked->patch, &blocked->state)) {
		blocked->patch = NULL;
		return KLP_OK;
	}
	record_get(ob, blocked->patch, &record);
	blocked->ms = record_running_ms(&record, blocked->state.enabled);
	return KLP_OK;
}

int cmd_blocked(int argc, char **argv)
{
	struct blocked blocked = { .ms = -1 };
	const char *asked;
	struct obstack ob;
	int ret;

	ret = parse(argc, argv, &blocked);
	if (ret >= 0)
		return ret;
	asked = blocked.patch;
	obstack_init(&ob);
	ret = find(&ob, &blocked);
	if (!ret && blocked.patch) {
		ret = tasks_scan(&blocked.tasks, blocked.state.enabled);
		if (blocked.state.pending < 0 && !blocked.tasks.denied)
			blocked.state.pending = blocked.tasks.nr - blocked.tasks.parked;
		if (!ret && klp_opts.json)
			print_json(&blocked);
		else if (!ret)
			print_text(&blocked);
		tasks_free(&blocked.tasks);
	} else if (!ret && klp_opts.json) {
		print_json(&blocked);
	} else if (!ret) {
		if (asked)
			printf("%s: in no transition\n", asked);
		else
			printf("no patch is in transition\n");
	}
	obstack_free(&ob, NULL);
	return ret;
}
