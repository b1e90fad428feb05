// SPDX-License-Identifier: GPL-2.0
/*
 * klp_uevents - print what the kernel tells about patches
 *
 * usage: klp_uevents
 *
 * Prints "ready", then one line for each uevent of the subsystem "livepatch": the
 * action, and the variables of live patching in the order of the message.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

static void print_event(const char *text, size_t size)
{
	const char *action = "", *end = text + size;
	const char *var;
	int ours = 0;

	for (var = text; var < end; var += strlen(var) + 1) {
		if (!strncmp(var, "ACTION=", 7))
			action = var + 7;
		ours |= !strcmp(var, "SUBSYSTEM=livepatch");
	}
	if (!ours)
		return;
	printf("%s", action);
	for (var = text; var < end; var += strlen(var) + 1)
		if (!strncmp(var, "DEVPATH=", 8) || !strncmp(var, "LIVEPATCH_", 10))
			printf(" %s", var);
	printf("\n");
	fflush(stdout);
}

int main(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	static char text[8192];
	ssize_t size;
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "listening to uevents");
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		size = recv(fd, text, sizeof(text) - 1, 0);
		if (size < 0)
			err(1, "receiving uevents");
		text[size] = '\0';
		print_event(text, size);
	}
}
