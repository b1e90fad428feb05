// SPDX-License-Identifier: GPL-2.0
/*
 * klp: the tasks that a transition waits for, from /proc.
 *
 * There can be ten thousands, and each of them can end between two system calls. For each thread
 * one small file is opened, read and closed. Only a task that is pending costs more.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tasks.h"
#include "util.h"

static const struct {
	const char *word, *advice;
} reasons[TASKS_NR_REASONS] = {
	[TASKS_RUNNING] = {
		"running",
		"the task was running: wait; if that does not end, it loops in the kernel or is on an isolated CPU: lower kernel.livepatch_isolated_delay_ms, or end the task",
	},
	[TASKS_UNRELIABLE] = {
		"unreliable",
		"the stack cannot be unwound: wait; if that does not end, stop and resume the task (kill -STOP, kill -CONT), or detach the BPF programs and probes that it sleeps in",
	},
	[TASKS_FUNCTION] = {
		"function",
		"the task sleeps in an affected function: give it what it waits for, or stop and resume it (kill -STOP, kill -CONT), or restart its service",
	},
	[TASKS_TRAMPOLINE] = {
		"trampoline",
		"the task is entering a patched function: wait, this passes",
	},
	[TASKS_KERNEL] = {
		"kernel",
		"the task may switch only outside of the kernel: stop and resume it (kill -STOP, kill -CONT), or restart its service; a kernel thread must end",
	},
	[TASKS_PARKED] = {
		"parked",
		"the task waits for the others and blocks nothing: see to the others",
	},
	[TASKS_OTHER] = {
		"other",
		"this klp does not know the reason: see the documentation of the kernel",
	},
	[TASKS_NOT_TOLD] = {
		"unknown",
		"this kernel does not tell the reason: look at the task's stack with --stack",
	},
};

/**
 * tasks_reason_word - name a reason
 * @reason: the reason
 *
 * Return: The word; interface, see klp(8).
 */
const char *tasks_reason_word(enum tasks_reason reason)
{
	return reasons[reason].word;
}

/**
 * tasks_advice - say what one can do about a reason
 * @reason: the reason
 *
 * Return: The text.
 */
const char *tasks_advice(enum tasks_reason reason)
{
	return reasons[reason].advice;
}

/**
 * tasks_kernel_tells - find out whether the kernel says why a task is pending
 *
 * Return: True if it does.
 */
bool tasks_kernel_tells(void)
{
	struct util_path path;

	util_path(&path, "/proc/self/patch_blocker");
	return !access(path.s, F_OK);
}

/**
 * tasks_total - count all tasks
 *
 * Return: Their number, -1 if it is not known.
 */
long tasks_total(void)
{
	struct util_path path;
	char buf[128];
	const char *slash;

	util_path(&path, "/proc/loadavg");
	if (util_read(path.s, buf, sizeof(buf)) <= 0)
		return -1;
	slash = strchr(buf, '/');
	return slash ? strtol(slash + 1, NULL, 10) : -1;
}

/* How this scan finds out that a task is pending */
struct scan {
	struct tasks	*tasks;
	const char	*file;
	const char	*pending;	/* what is in the file then, NULL for any text */
};

/* Name and state are in one file: "tid (name) state ...". The name can contain anything. */
static void read_name(int dir, const char *tid, struct tasks_one *one)
{
	char path[NAME_MAX + sizeof("/stat")], buf[512], *open, *close;
	size_t len;

	snprintf(path, sizeof(path), "%s/stat", tid);
	one->state = '?';
	one->comm[0] = '\0';
	if (util_read_at(dir, path, buf, sizeof(buf)) <= 0)
		return;
	open = strchr(buf, '(');
	close = strrchr(buf, ')');
	if (!open || !close || close < open || close[1] != ' ')
		return;
	one->state = close[2];
	len = close - open - 1;
	if (len >= sizeof(one->comm))
		len = sizeof(one->comm) - 1;
	memcpy(one->comm, open + 1, len);
	one->comm[len] = '\0';
	util_printable(one->comm);
}

/* "reason" or "reason function+0xoffset/0xsize [module]" */
static void parse_blocker(struct tasks *tasks, struct tasks_one *one, char *text)
{
	char *where;

	text[strcspn(text, "\n")] = '\0';
	util_printable(text);
	where = strchr(text, ' ');
	if (where)
		*where++ = '\0';
	for (one->reason = 0; one->reason < TASKS_OTHER; one->reason++)
		if (!strcmp(text, reasons[one->reason].word))
			break;
	/* An unknown word is shown in place of a function. */
	if (one->reason == TASKS_OTHER) {
		if (where)
			where[-1] = ' ';
		where = text;
	}
	if (one->reason == TASKS_PARKED)
		tasks->parked++;
	one->where = where ? obstack_copy0(&tasks->texts, where, strlen(where)) : NULL;
}

static struct tasks_one *add(struct tasks *tasks)
{
	struct tasks_one *list;

	if (tasks->nr == tasks->room) {
		tasks->room = tasks->room ? tasks->room * 2 : 256;
		list = reallocarray(tasks->list, tasks->room, sizeof(*list));
		if (!list)
			util_die("memory is short: end other programs");
		tasks->list = list;
	}
	return &tasks->list[tasks->nr++];
}

static void scan_thread(struct scan *scan, int dir, const char *pid, const char *tid)
{
	char path[NAME_MAX + 32], buf[1024];
	struct tasks_one *one;
	int len;

	snprintf(path, sizeof(path), "%s/%s", tid, scan->file);
	len = util_read_at(dir, path, buf, sizeof(buf));
	if (len == -EACCES || len == -EPERM)
		scan->tasks->denied++;
	/* Not pending, or ended meanwhile */
	if (len <= 0 || (scan->pending && strcmp(buf, scan->pending)))
		return;
	one = add(scan->tasks);
	one->pid = atoi(pid);
	one->tid = atoi(tid);
	one->reason = TASKS_NOT_TOLD;
	one->where = NULL;
	if (!scan->pending)
		parse_blocker(scan->tasks, one, buf);
	read_name(dir, tid, one);
}

static bool is_number(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

static void scan_process(struct scan *scan, int proc, const char *pid)
{
	char path[NAME_MAX + sizeof("/task")];
	struct dirent *entry;
	DIR *threads;
	int fd;

	snprintf(path, sizeof(path), "%s/task", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	threads = fdopendir(fd);
	if (!threads) {
		close(fd);
		return;
	}
	while ((entry = readdir(threads)))
		if (is_number(entry))
			scan_thread(scan, fd, pid, entry->d_name);
	closedir(threads);
}

static int by_tid(const void *one, const void *other)
{
	return ((const struct tasks_one *)one)->tid - ((const struct tasks_one *)other)->tid;
}

/**
 * tasks_scan - find the tasks that have not switched
 * @tasks: gets them; call tasks_free() in any case
 * @enabling: the transition enables its patch; matters only where the kernel tells no reasons
 *
 * Return: KLP_OK or KLP_ERROR.
 */
int tasks_scan(struct tasks *tasks, bool enabling)
{
	struct scan scan = { .tasks = tasks, .file = "patch_blocker" };
	struct dirent *entry;
	struct util_path path;
	DIR *proc;

	*tasks = (struct tasks){ };
	obstack_init(&tasks->texts);
	if (!tasks_kernel_tells()) {
		scan.file = "patch_state";
		scan.pending = enabling ? "0" : "1";
	}
	util_path(&path, "/proc");
	proc = opendir(path.s);
	if (!proc)
		return util_error("%s: cannot be read: %s: is /proc mounted?", path.s,
				  strerror(errno));
	while ((entry = readdir(proc)))
		if (is_number(entry))
			scan_process(&scan, dirfd(proc), entry->d_name);
	closedir(proc);
	if (tasks->nr)
		qsort(tasks->list, tasks->nr, sizeof(*tasks->list), by_tid);
	return KLP_OK;
}

/**
 * tasks_free - free what tasks_scan() has found
 * @tasks: the tasks
 */
void tasks_free(struct tasks *tasks)
{
	free(tasks->list);
	obstack_free(&tasks->texts, NULL);
}
