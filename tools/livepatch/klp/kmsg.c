// SPDX-License-Identifier: GPL-2.0
/*
 * klp: why the kernel has refused a patch. An errno has a dozen causes; the line in the kernel's
 * log has one.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "util.h"

/**
 * kmsg_open - begin to follow the kernel's log
 *
 * Return: A descriptor, or -1 if the log cannot be read: that makes an error less clear only.
 */
int kmsg_open(void)
{
	struct util_path path;
	int fd;

	util_path(&path, "/dev/kmsg");
	fd = open(path.s, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* Warnings and errors of live patching, and what the module loader says about the module */
static bool is_cause(const char *text, int level, const char *patch)
{
	size_t len = strlen(patch);

	/* The module loader logs at any level. */
	if (!strncmp(text, patch, len) && !strncmp(text + len, ": ", 2))
		return !strstr(text, "taint");
	return level <= 4 && !strncmp(text, "livepatch: ", 11) && !strstr(text, "failed to enable");
}

/**
 * kmsg_cause - find the line that says why a patch was refused
 * @fd: from kmsg_open(), before the patch was loaded; closed
 * @patch: the patch's name
 * @buf: where to
 * @size: its size
 *
 * Return: @buf, or NULL if there is no such line.
 */
const char *kmsg_cause(int fd, const char *patch, char *buf, size_t size)
{
	const char *found = NULL;
	char record[8192], *text, *line, *rest;
	ssize_t len;
	int level;

	if (fd < 0)
		return NULL;
	/* A record at a time: "level,number,time,flags;text", and then properties */
	while (!found && (len = read(fd, record, sizeof(record) - 1)) > 0) {
		record[len] = '\0';
		rest = record;
		while (!found && (line = strsep(&rest, "\n"))) {
			text = strchr(line, ';');
			if (!text || *line == ' ' || sscanf(line, "%d,", &level) != 1)
				continue;
			if (!is_cause(text + 1, level & 7, patch))
				continue;
			snprintf(buf, size, "%s", text + 1);
			found = buf;
		}
	}
	close(fd);
	return found;
}
