// SPDX-License-Identifier: GPL-2.0
/*
 * klp: waiting for a transition, and showing how far it is: as a bar on a terminal, else as a line
 * a second. JSON output has the end only.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "out.h"
#include "progress.h"
#include "util.h"

#define PROGRESS_BAR		20	/* columns */
#define PROGRESS_MAX_SLEEP	100	/* ms */
#define PROGRESS_SCAN_FIRST	200	/* ms */
#define PROGRESS_SCAN_EVERY	1000	/* ms */

/* Looking at all tasks must not become the machine's work: spend a 20th of the time on it. */
#define PROGRESS_SCAN_SHARE	20

/* The times when something has to be done, in milliseconds since boot */
struct schedule {
	long long	scan;
	long long	line;
	long long	sleep;
};

static void scan(struct progress *progress)
{
	progress_free(progress);
	/* What is wrong with /proc has been said, and is no reason not to wait. */
	tasks_scan(&progress->tasks, progress->enabling);
	progress->scanned = true;
}

static void count(struct progress *progress)
{
	const struct tasks *tasks = &progress->tasks;

	progress->pending = progress->state.pending;
	if (progress->pending < 0 && progress->scanned && !tasks->denied)
		progress->pending = tasks->nr - tasks->parked;
	if (progress->pending > progress->total)
		progress->total = progress->pending;
}

static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

static int put_count(char *buf, size_t size, const struct progress *progress)
{
	if (progress->pending < 0)
		return snprintf(buf, size, "tasks switched: not known");
	if (progress->total <= 0)
		return snprintf(buf, size, "%lld tasks pending", progress->pending);
	return snprintf(buf, size, "%lld/%ld tasks switched",
			progress->total - progress->pending, progress->total);
}

static int put_bar(char *buf, const struct progress *progress)
{
	long full = 0;
	int i;

	if (progress->pending >= 0 && progress->total > 0)
		full = (progress->total - progress->pending) * PROGRESS_BAR / progress->total;
	buf[0] = '[';
	for (i = 0; i < PROGRESS_BAR; i++)
		buf[1 + i] = i < full ? '#' : '.';
	buf[1 + PROGRESS_BAR] = ']';
	buf[2 + PROGRESS_BAR] = ' ';
	return 3 + PROGRESS_BAR;
}

static void show(struct progress *progress)
{
	const long long time = util_now_ms() - progress->start_ms;
	char line[1024], names[512] = "";
	size_t width, len;

	len = snprintf(line, sizeof(line), "%.200s: %s: ", progress->patch,
		       sys_state_word(&progress->state));
	if (klp_opts.tty)
		len += put_bar(line + len, progress);
	len += put_count(line + len, sizeof(line) - len, progress);
	if (progress->scanned)
		out_names(names, sizeof(names), &progress->tasks, klp_opts.tty ? 1 : 5);
	snprintf(line + len, sizeof(line) - len, ", %.1f s%s%s", time / 1000.0,
		 names[0] ? ", waiting for " : "", names);
	if (!klp_opts.tty) {
		printf("%s\n", line);
		return;
	}
	/* Not into the last column: some terminals begin a new line then. */
	width = columns() - 1;
	if (strlen(line) > width)
		line[width] = '\0';
	printf("\r\033[K%s", line);
}

static void work(struct progress *progress, struct schedule *schedule)
{
	long long now = util_now_ms(), took;

	if (now >= schedule->scan) {
		scan(progress);
		took = util_now_ms() - now;
		now += took;
		schedule->scan = now + PROGRESS_SCAN_EVERY;
		if (took * PROGRESS_SCAN_SHARE > PROGRESS_SCAN_EVERY)
			schedule->scan = now + took * PROGRESS_SCAN_SHARE;
	}
	count(progress);
	if (klp_opts.json || now < schedule->line)
		return;
	show(progress);
	schedule->line = klp_opts.tty ? now : schedule->line + 1000;
}

/* Has waiting ended? */
static bool has_ended(struct progress *progress)
{
	const struct sys_state *state = &progress->state;

	if (sys_state(progress->patch, &progress->state)) {
		progress->end = PROGRESS_GONE;
		return true;
	}
	progress->moving |= state->transition;
	if (!state->transition && (state->enabled || !progress->until_gone)) {
		progress->end = PROGRESS_SETTLED;
		return true;
	}
	if (state->transition && state->enabled != progress->enabling) {
		progress->end = PROGRESS_TURNED;
		return true;
	}
	if (progress->timeout_ms >= 0 &&
	    util_now_ms() - progress->start_ms >= progress->timeout_ms) {
		progress->end = PROGRESS_TIMEOUT;
		return true;
	}
	return false;
}

/**
 * progress_wait - wait for the end of a transition
 * @progress: what to wait for; gets how it has ended
 *
 * Return: Why waiting has ended.
 */
enum progress_end progress_wait(struct progress *progress)
{
	struct schedule schedule = { .sleep = 1 };

	progress->scanned = false;
	progress->moving = progress->loading;
	progress->pending = -1;
	progress->total = tasks_total();
	progress->start_ms = util_now_ms();
	sys_state(progress->patch, &progress->state);
	progress->enabling = progress->loading || progress->state.enabled == 1;
	/* A transition that ends soon needs no names; one that times out does. */
	schedule.scan = progress->start_ms + PROGRESS_SCAN_FIRST;
	if (progress->timeout_ms >= 0 && progress->timeout_ms / 2 < PROGRESS_SCAN_FIRST)
		schedule.scan = progress->start_ms + progress->timeout_ms / 2;
	schedule.line = progress->start_ms + (klp_opts.tty ? 100 : 1000);
	while (!has_ended(progress)) {
		work(progress, &schedule);
		util_sleep_ms(schedule.sleep);
		if (schedule.sleep < PROGRESS_MAX_SLEEP)
			schedule.sleep *= 2;
	}
	if (progress->end == PROGRESS_TIMEOUT) {
		scan(progress);
		/* That takes its time, and what has ended meanwhile must not be reversed. */
		has_ended(progress);
		count(progress);
	}
	progress->took_ms = util_now_ms() - progress->start_ms;
	if (klp_opts.tty)
		printf("\r\033[K");
	return progress->end;
}

/**
 * progress_free - free the list of tasks
 * @progress: after progress_wait()
 */
void progress_free(struct progress *progress)
{
	if (!progress->scanned)
		return;
	tasks_free(&progress->tasks);
	progress->scanned = false;
}
