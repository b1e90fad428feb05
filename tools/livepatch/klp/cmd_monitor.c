// SPDX-License-Identifier: GPL-2.0
/*
 * klp monitor: print what happens to patches.
 *
 * The kernel's events are printed as they come. A kernel that sends none is looked at now and
 * then, and what has changed is printed; what happens in between two looks is not seen.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "out.h"
#include "sys.h"
#include "uevent.h"
#include "util.h"

struct monitor {
	long long	interval_ms;
	long long	count;		/* events to print, or -1 */
	bool		events;		/* the kernel sends them */
	int		fd;
	/* What was seen last, if the kernel sends no events; and before that */
	struct obstack	memory[2];
	struct sys_patch *patches[2];
};

static void print_event(struct monitor *monitor, const char *source, const struct uevent *event)
{
	struct json_object *json;
	struct timespec now;
	struct tm tm;
	char time[64], took[32];

	if (!monitor->count)
		return;
	if (monitor->count > 0)
		monitor->count--;
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(time, sizeof(time), "%FT%T", gmtime_r(&now.tv_sec, &tm));
	snprintf(time + strlen(time), 8, ".%03ldZ", now.tv_nsec / 1000000 % 1000);
	if (!klp_opts.json) {
		printf("%s %s: %s", time, event->patch, event->event);
		if (event->direction[0])
			printf(" %s", event->direction);
		if (event->duration_ms >= 0)
			printf(" after %s", util_seconds(took, sizeof(took), event->duration_ms));
		printf("\n");
		fflush(stdout);
		return;
	}
	json = json_object_new_object();
	out_str(json, "time", time);
	out_str(json, "source", source);
	out_str(json, "patch", event->patch);
	out_str(json, "event", event->event);
	out_str(json, "direction", event->direction[0] ? event->direction : NULL);
	out_num(json, "duration_ms", event->duration_ms);
	out_print(json);
}

static void seen(struct monitor *monitor, const struct sys_patch *patch, const char *what)
{
	struct uevent event = { .duration_ms = -1 };

	snprintf(event.patch, sizeof(event.patch), "%s", patch->name);
	snprintf(event.event, sizeof(event.event), "%s", what);
	if (strcmp(what, "added") && strcmp(what, "removed"))
		snprintf(event.direction, sizeof(event.direction), "%s",
			 patch->state.enabled ? "patching" : "unpatching");
	print_event(monitor, "poll", &event);
}

static const struct sys_patch *find(const struct sys_patch *patch, const char *name)
{
	while (patch && strcmp(patch->name, name))
		patch = patch->next;
	return patch;
}

/* Print how a patch differs from what it was; @old is NULL if it is new. */
static void compare(struct monitor *monitor, const struct sys_patch *old,
		    const struct sys_patch *now)
{
	const bool was_in = old && old->state.transition;
	const bool turned = old && old->state.enabled != now->state.enabled;

	if (!old)
		seen(monitor, now, "added");
	if (was_in && turned)
		seen(monitor, now, "reversed");
	if (now->state.transition && !was_in)
		seen(monitor, now, "started");
	if (!now->state.transition && (was_in || !old || turned))
		seen(monitor, now, "completed");
}

/* Look at all patches, and print what has changed unless @quiet. */
static int look(struct monitor *monitor, bool quiet)
{
	const struct sys_patch *patch;
	struct obstack *memory;
	int ret;

	monitor->patches[1] = monitor->patches[0];
	monitor->patches[0] = NULL;
	memory = &monitor->memory[0];
	obstack_free(&monitor->memory[1], NULL);
	monitor->memory[1] = monitor->memory[0];
	obstack_init(memory);
	ret = sys_read_states(memory, &monitor->patches[0]);
	if (ret || quiet)
		return ret;
	for (patch = monitor->patches[0]; patch; patch = patch->next)
		compare(monitor, find(monitor->patches[1], patch->name), patch);
	for (patch = monitor->patches[1]; patch; patch = patch->next) {
		if (find(monitor->patches[0], patch->name))
			continue;
		/* A patch that was being enabled has been reversed, too, perhaps; or forced. */
		if (patch->state.transition && !patch->state.enabled)
			seen(monitor, patch, "completed");
		seen(monitor, patch, "removed");
	}
	return KLP_OK;
}

static int take_event(struct monitor *monitor)
{
	struct uevent event;

	switch (uevent_read(monitor->fd, &event)) {
	case UEVENT_SOME:
		monitor->events = true;
		print_event(monitor, "uevent", &event);
		return KLP_OK;
	case UEVENT_LOST:
		util_note("uevents: some were lost, since klp was too slow: see klp list");
		return KLP_OK;
	case UEVENT_ERROR:
		return KLP_ERROR;
	default:
		return KLP_OK;
	}
}

static int loop(struct monitor *monitor)
{
	struct pollfd pollfd = { .fd = monitor->fd, .events = POLLIN };
	int ret, nr;

	ret = monitor->events ? KLP_OK : look(monitor, true);
	while (!ret && monitor->count) {
		nr = poll(&pollfd, 1, monitor->events ? -1 : monitor->interval_ms);
		if (nr < 0 && errno != EINTR)
			return util_error("uevents: poll: %s: run klp monitor again",
					  strerror(errno));
		if (nr > 0)
			ret = take_event(monitor);
		/* An event of another subsystem must not keep klp from looking. */
		if (!ret && !monitor->events)
			ret = look(monitor, false);
		/* The reader has gone. */
		if (ferror(stdout))
			break;
	}
	return ret;
}

static int parse(int argc, char **argv, struct monitor *monitor)
{
	static const struct option longs[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ }
	};
	int opt, ret;
	char *end;

	while ((opt = args_next(argc, argv, longs, &ret)) > 0) {
		if (opt == 'i' && args_time("interval", &monitor->interval_ms, &ret))
			return ret;
		if (opt == 'i' && (monitor->interval_ms < 10 || monitor->interval_ms > INT_MAX))
			return util_usage("--interval %s: is too short or too long: give another",
					  optarg);
		if (opt != 'c')
			continue;
		monitor->count = strtoll(optarg, &end, 10);
		if (*end || monitor->count <= 0)
			return util_usage("--count %s: is not a number from 1: give one", optarg);
	}
	if (ret >= 0)
		return ret;
	if (optind < argc)
		return util_usage("'%s': monitor takes no patch: see klp help monitor",
				  argv[optind]);
	return -1;
}

int cmd_monitor(int argc, char **argv)
{
	struct monitor monitor = { .interval_ms = 500, .count = -1 };
	int ret;

	ret = parse(argc, argv, &monitor);
	if (ret >= 0)
		return ret;
	if (sys_check_supported())
		return KLP_ERROR;
	monitor.events = uevent_kernel_sends();
	monitor.fd = uevent_open();
	if (monitor.fd < 0)
		return KLP_ERROR;
	obstack_init(&monitor.memory[0]);
	obstack_init(&monitor.memory[1]);
	ret = loop(&monitor);
	obstack_free(&monitor.memory[0], NULL);
	obstack_free(&monitor.memory[1], NULL);
	close(monitor.fd);
	return ret;
}
