// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: messages, and the report about a patch.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "build.h"
#include "json.h"
#include "report.h"

/* How messages are given; the only global state but that of unit.c's search. */
static struct {
	bool		verbose;
	bool		json;
	bool		terminal;
	bool		progress;
	char		where[4096];
	struct pool	*pool;
	struct ptrs	messages;	/* struct message, for the report in JSON */
	struct map	*given;		/* "where: text" of all errors and warnings */
	bool		again;		/* the last one was given before */
} report;

/**
 * report_init - say how messages are given
 * @verbose: show each command
 * @json: the report goes to the standard output as JSON
 */
void report_init(bool verbose, bool json)
{
	report.verbose = verbose;
	report.json = json;
	report.terminal = isatty(STDERR_FILENO);
	report.pool = pool_new();
	report.given = map_new(report.pool, 100);
}

static void clear_progress(void)
{
	if (report.progress)
		fprintf(stderr, "\r\033[K");
	report.progress = false;
}

/**
 * report_progress - say on a terminal what is being done
 * @format: as for printf()
 */
void report_progress(const char *format, ...)
{
	va_list args;

	if (!report.terminal || report.verbose)
		return;
	clear_progress();
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	report.progress = true;
}

/**
 * report_command - show a command that will be run, if the user wants to see them
 * @argv: its words
 */
void report_command(char **argv)
{
	if (!report.verbose)
		return;
	for (; *argv; argv++)
		fprintf(stderr, "%s%s", *argv, argv[1] ? " " : "\n");
}

/**
 * report_where - say what the next message is about
 * @where: the file, or the file and the line
 */
void report_where(const char *where)
{
	snprintf(report.where, sizeof(report.where), "%s", where);
}

/* Keep a message for the report in JSON. A note belongs to the message before it. */
static void keep(const char *kind, const char *text)
{
	struct message *message;

	if (!strcmp(kind, "note")) {
		if (report.messages.nr) {
			message = report.messages.at[report.messages.nr - 1];
			message->remedy = pool_printf(report.pool, "%s", text);
		}
		return;
	}
	message = pool_alloc(report.pool, sizeof(*message));
	message->kind = kind;
	message->where = pool_printf(report.pool, "%s", report.where);
	message->text = pool_printf(report.pool, "%s", text);
	ptrs_add(report.pool, &report.messages, message);
}

/* Several relocations may lead to the same message; a note belongs to the one before. */
static bool is_given(const char *kind, const char *text)
{
	char *line;

	if (!strcmp(kind, "note"))
		return report.again;
	line = pool_printf(report.pool, "%s: %s", report.where, text);
	report.again = map_get(report.given, line);
	if (!report.again)
		map_add(report.given, line, line);
	return report.again;
}

static void message(const char *kind, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	if (report.pool && is_given(kind, text ? text : format)) {
		free(text);
		return;
	}
	clear_progress();
	fprintf(stderr, "%s: %s: %s\n", report.where[0] ? report.where : "klp-build", kind,
		text ? text : format);
	if (report.json)
		keep(kind, text ? text : format);
	free(text);
}

/**
 * error - tell about something that is wrong with a tool, a tree or a file
 * @format: as for printf()
 *
 * Return: KB_ERROR.
 */
enum status error(const char *format, ...)
{
	va_list args;

	report.where[0] = '\0';
	va_start(args, format);
	message("error", format, args);
	va_end(args);
	return KB_ERROR;
}

/**
 * refuse - tell why a fix cannot be applied to a running kernel
 * @format: as for printf()
 *
 * Return: KB_REFUSED.
 */
enum status refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("error", format, args);
	va_end(args);
	return KB_REFUSED;
}

/**
 * note - tell about the remedy for what the last message was about
 * @format: as for printf()
 */
void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("note", format, args);
	va_end(args);
	report.where[0] = '\0';
}

/**
 * warning - tell about something that the user should know
 * @format: as for printf()
 */
void warning(const char *format, ...)
{
	va_list args;

	report.where[0] = '\0';
	va_start(args, format);
	message("warning", format, args);
	va_end(args);
}

/**
 * warning_at - tell about a place in the source
 * @where: the file, or the file and the line
 * @format: as for printf()
 */
void warning_at(const char *where, const char *format, ...)
{
	va_list args;

	report_where(where);
	va_start(args, format);
	message("warning", format, args);
	va_end(args);
}

static void put_functions(const struct build *build)
{
	struct replaced *replaced;
	struct taken *taken;
	struct gone *gone;
	size_t i;

	for_each(&build->replaced, i, replaced)
		printf("replaced: %s:%s%s (%s)\n", replaced->unit->image->name, replaced->name,
		       replaced->position ? pool_printf(build->pool, ",%u", replaced->position) :
					    "", replaced->piece->why);
	for_each(&build->gone, i, gone)
		printf("gone: %s:%s\n", gone->unit->image->name, gone->piece->name);
	for_each(&build->taken, i, taken)
		if (taken->piece->symbol && taken->piece->verdict == VERDICT_NEW)
			printf("new: %s:%s\n", taken->unit->image->name, taken->piece->name);
}

/**
 * report_done - report about the patch
 * @build: the build
 * @status: how it has ended
 *
 * Return: @status.
 */
enum status report_done(const struct build *build, enum status status)
{
	clear_progress();
	if (report.json) {
		json_print(build, status, &report.messages);
		goto out;
	}
	if (status)
		goto out;
	if (build->options.verify) {
		printf("verified: %s has what the fix changes, and nothing else\n",
		       build->options.verify);
		goto out;
	}
	if (!build_has_effect(build)) {
		printf("no function is replaced: the fix changes nothing that is run\n");
		goto out;
	}
	put_functions(build);
	printf("built %s\n", build->result);
out:
	pool_free(report.pool);
	report.pool = NULL;
	return status;
}
