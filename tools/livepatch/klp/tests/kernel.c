// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel does with patches, as far as klp can see it, on a made-up machine. It is what
 * klp --root runs as hooks/insmod and hooks/rmmod, and goes on in the background as the kernel of
 * one patch until the patch is disabled, or the machine is removed.
 *
 * Files below control/ on the machine change what it does:
 *	<patch>.errno	"ERRNO TEXT": the patch is refused with this number and line in the log
 *	stock		what only our kernel has is missing
 *	late		a patch takes no timeout_ms, as if it had settled already
 *	hold		no transition ends that enables a patch; or, if it names one, that enables it
 *	stuck		no transition ends that disables one
 *	leave		a patch that is disabled keeps its folder
 *	forced		no module can be unloaded
 *	crash		klp is killed when the module is loaded
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

static char patch[256], dir[4096];

static int is(const char *control)
{
	char path[512];

	snprintf(path, sizeof(path), "control/%s", control);
	return !access(path, F_OK);
}

/* Write a file at once: klp must not see an empty one. */
static void put(const char *folder, const char *name, const char *value)
{
	char path[8192], new[8192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(new, sizeof(new), "%s/.new", folder);
	file = fopen(new, "w");
	if (!file)
		return;
	fprintf(file, "%s\n", value);
	fclose(file);
	rename(new, path);
}

static void append(const char *path, const char *format, ...)
{
	FILE *file = fopen(path, "a");
	va_list args;

	if (!file)
		exit(EIO);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

/* Returns a number from the patch's folder; -1 if there is none. klp writes without a newline. */
static long get(const char *name)
{
	char path[8192];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* Remove a folder, at once for those who look at it. */
static void remove_tree(const char *path)
{
	char gone[512];

	snprintf(gone, sizeof(gone), "control/gone.%d", getpid());
	if (!rename(path, gone))
		nftw(gone, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int is_held(void)
{
	FILE *file = fopen("control/hold", "r");
	char name[256] = "";
	int held;

	if (!file)
		return 0;
	held = fscanf(file, "%255s", name) != 1 || !strcmp(name, patch);
	fclose(file);
	return held;
}

static int may_end(long enabled, long start)
{
	long timeout = get("timeout_ms");

	if (get("force") == 1)
		return 1;
	if (!enabled)
		return !is("stuck");
	if (!is_held())
		return 1;
	if (timeout > 0 && now_ms() - start >= timeout)
		put(dir, "enabled", "0");
	return 0;
}

static void run_kernel(void)
{
	long was = 1, enabled, start = now_ms();
	int transition = 1;

	for (; !access(dir, F_OK); usleep(5000)) {
		enabled = get("enabled");
		if (enabled < 0)
			continue;
		if (enabled != was) {
			was = enabled;
			transition = 1;
			start = now_ms();
			put(dir, "transition", "1");
		} else if (transition && may_end(enabled, start)) {
			transition = 0;
			if (get("pending") >= 0)
				put(dir, "pending", "0");
			put(dir, "transition", "0");
			/* Loaded again, the patch has a kernel of its own. */
			if (!enabled && !is("leave")) {
				remove_tree(dir);
				return;
			}
		}
	}
}

static void make_folders(void)
{
	static const char *const values[][2] = {
		{ "enabled", "1" }, { "transition", "1" }, { "replace", "0" },
		{ "stack_order", "9" }, { "force", "0" }, { "consistency", "task" },
		{ "pending", "3" }, { "timeout_ms", "0" }, { "stopped_ns", "0" },
		{ "parked_ns", "0" },
	};
	const char *new = "control/new";
	size_t i, nr = is("stock") ? 5 : ARRAY_SIZE(values);
	char path[4096];

	snprintf(path, sizeof(path), "sys/module/%s", patch);
	if (mkdir(path, 0755))
		exit(errno);
	put(path, "initstate", "live");
	put(path, "taint", "OEK");
	put(path, "version", "1.0");
	mkdir(new, 0755);
	for (i = 0; i < nr; i++)
		put(new, values[i][0], values[i][1]);
	/* Writing to a folder fails, also for root. */
	if (is("late") && !remove("control/new/timeout_ms"))
		mkdir("control/new/timeout_ms", 0755);
	mkdir("control/new/vmlinux", 0755);
	put("control/new/vmlinux", "patched", "1");
	mkdir("control/new/vmlinux/cmdline_proc_show,1", 0755);
	if (!is("stock"))
		put("control/new/vmlinux/cmdline_proc_show,1", "effect", "active");
	rename(new, dir);
}

/* Become the kernel of the patch, which is no klp nor a program that klp runs: see part-kill.sh. */
static void hide(char **argv)
{
	for (; *argv; argv++)
		memset(*argv, 0, strlen(*argv));
}

static int insert(char **argv, const char *file, const char *params)
{
	char path[512], text[512] = "";
	FILE *refused;
	int number, i;

	snprintf(path, sizeof(path), "control/%s.errno", patch);
	refused = fopen(path, "r");
	if (refused) {
		if (fscanf(refused, "%d %511[^\n]", &number, text) < 1)
			number = EIO;
		append("dev/kmsg", "4,1,1,-;%s\n3,2,2,-;livepatch: failed to enable patch '%s'\n",
		       text, patch);
		return number;
	}
	make_folders();
	append("control/inserted", "%s %s\n", file, params);
	if (is("crash"))
		kill(getppid(), SIGKILL);
	if (fork())
		return 0;
	setsid();
	hide(argv);
	/* A pipe or terminal of klp's must not be kept open. */
	for (i = 0; i < 16; i++)
		close(i);
	run_kernel();
	return 0;
}

static void take_out(void)
{
	char path[512];

	snprintf(path, sizeof(path), "sys/module/%s", patch);
	if (access(path, F_OK))
		exit(ENOENT);
	if (!access(dir, F_OK) || is("forced"))
		exit(EAGAIN);
	append("control/removed", "%s\n", patch);
	remove_tree(path);
}

int main(int argc, char **argv)
{
	char root[4096], *at;

	snprintf(root, sizeof(root), "%s", argv[0]);
	if (argc < 2 || chdir(dirname(dirname(root))))
		exit(EIO);
	at = strrchr(argv[1], '/');
	snprintf(patch, sizeof(patch), "%.200s", at ? at + 1 : argv[1]);
	at = strstr(patch, ".ko");
	if (at)
		*at = '\0';
	/* The copy of a newer build: one-2.ko */
	at = strrchr(patch, '-');
	if (at && !strcmp(at, "-2"))
		*at = '\0';
	for (at = patch; (at = strchr(at, '-'));)
		*at = '_';
	snprintf(dir, sizeof(dir), "sys/kernel/livepatch/%s", patch);
	if (!strcmp(strrchr(argv[0], '/'), "/rmmod"))
		take_out();
	else
		exit(insert(argv, argv[1], argc > 2 ? argv[2] : ""));
	return 0;
}
