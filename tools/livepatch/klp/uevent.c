// SPDX-License-Identifier: GPL-2.0
/*
 * klp: events from the kernel, without udev, which may not run yet or not at all.
 *
 * With --root, the events come from a socket that klp makes: run/uevents below that folder.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys.h"
#include "uevent.h"
#include "util.h"

#define UEVENT_KERNEL_GROUP	1
#define UEVENT_BUFFER		(4 << 20)

static int open_made_up(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct util_path path;
	int fd;

	util_path(&path, "/run/uevents");
	if (strlen(path.s) >= sizeof(addr.sun_path)) {
		util_error("%s: is too long for a socket: choose a shorter --root", path.s);
		return -1;
	}
	memcpy(addr.sun_path, path.s, strlen(path.s));
	unlink(path.s);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	util_error("%s: cannot be made: %s: make run/ below --root", path.s, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/**
 * uevent_open - begin to listen
 *
 * Return: A descriptor to poll, or -1 after having said what is wrong.
 */
int uevent_open(void)
{
	const struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = UEVENT_KERNEL_GROUP,
	};
	const int size = UEVENT_BUFFER;
	int fd;

	if (klp_opts.root[0])
		return open_made_up();
	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd >= 0 && !bind(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		/* Only root may; without it, events of a busy machine can get lost. */
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		return fd;
	}
	util_error("uevents: cannot be received: %s: run klp outside of a container",
		   strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/**
 * uevent_kernel_sends - find out whether the kernel sends events about patches
 *
 * Return: True if it does: the events have come with this sysctl.
 */
bool uevent_kernel_sends(void)
{
	struct util_path path;

	util_path(&path, "/proc/sys/kernel/livepatch_timeout_ms");
	return !access(path.s, F_OK);
}

static void take(char *buf, size_t size, const char *value)
{
	snprintf(buf, size, "%s", value);
	util_printable(buf);
}

static void take_action(struct uevent *event, const char *value)
{
	if (!strcmp(value, "add"))
		take(event->event, sizeof(event->event), "added");
	else if (!strcmp(value, "remove"))
		take(event->event, sizeof(event->event), "removed");
}

/* Take "KEY=value" */
static void parse_line(struct uevent *event, const char *line, bool *ours)
{
	static const char folder[] = "/kernel/livepatch/";
	const char *equal = strchr(line, '='), *value;
	char key[32];

	if (!equal)
		return;
	value = equal + 1;
	snprintf(key, sizeof(key), "%.*s", (int)(equal - line), line);
	if (!strcmp(key, "SUBSYSTEM"))
		*ours = !strcmp(value, "livepatch");
	/* A patch, not one of its objects */
	else if (!strcmp(key, "DEVPATH") && !strncmp(value, folder, strlen(folder)) &&
		 !strchr(value + strlen(folder), '/'))
		take(event->patch, sizeof(event->patch), value + strlen(folder));
	else if (!strcmp(key, "LIVEPATCH_PATCH"))
		take(event->patch, sizeof(event->patch), value);
	else if (!strcmp(key, "LIVEPATCH_EVENT"))
		take(event->event, sizeof(event->event), value);
	else if (!strcmp(key, "LIVEPATCH_DIRECTION"))
		take(event->direction, sizeof(event->direction), value);
	else if (!strcmp(key, "LIVEPATCH_DURATION_MS"))
		event->duration_ms = atoll(value);
	else if (!strcmp(key, "ACTION"))
		take_action(event, value);
}

static enum uevent_got parse(struct uevent *event, const char *text, const char *end)
{
	bool ours = false;

	*event = (struct uevent){ .duration_ms = -1 };
	/* The first string repeats action and path. */
	for (text += strlen(text) + 1; text < end; text += strlen(text) + 1)
		parse_line(event, text, &ours);
	return ours && event->event[0] && event->patch[0] ? UEVENT_SOME : UEVENT_NONE;
}

/**
 * uevent_read - read an event
 * @fd: from uevent_open(), readable
 * @event: gets the event
 *
 * Return: What it has got.
 */
enum uevent_got uevent_read(int fd, struct uevent *event)
{
	struct sockaddr_nl from = { };
	socklen_t from_len = sizeof(from);
	char buf[8192];
	ssize_t len;

	len = recvfrom(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT, (struct sockaddr *)&from,
		       &from_len);
	if (len < 0 && errno == ENOBUFS)
		return UEVENT_LOST;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return UEVENT_NONE;
	if (len < 0) {
		util_error("uevents: cannot be received: %s: run klp monitor again",
			   strerror(errno));
		return UEVENT_ERROR;
	}
	/* Anybody may send to a netlink socket; the kernel has number 0. */
	if (!klp_opts.root[0] && (from.nl_family != AF_NETLINK || from.nl_pid))
		return UEVENT_NONE;
	buf[len] = '\0';
	return parse(event, buf, buf + len);
}
