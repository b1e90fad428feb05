/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: messages, and the report about a patch.
 *
 * Messages read like those of a compiler:
 *
 *	FILE:LINE: error: what is wrong
 *	FILE:LINE: note: the remedy
 */
#ifndef KLP_BUILD_REPORT_H
#define KLP_BUILD_REPORT_H

#include "util.h"

struct build;

/**
 * struct message - a message, for the report in JSON
 * @kind:	"error" or "warning".
 * @where:	The file, or the file and the line; "" if it is about neither.
 * @text:	What is wrong.
 * @remedy:	What to do instead, or NULL.
 */
struct message {
	const char	*kind;
	const char	*where;
	const char	*text;
	const char	*remedy;
};

void report_init(bool verbose, bool json);
void report_progress(const char *format, ...) __printf(1, 2);
void report_command(char **argv);
void report_where(const char *where);

enum status error(const char *format, ...) __printf(1, 2);
enum status refuse(const char *format, ...) __printf(1, 2);
void note(const char *format, ...) __printf(1, 2);
void warning(const char *format, ...) __printf(1, 2);
void warning_at(const char *where, const char *format, ...) __printf(2, 3);

enum status report_done(const struct build *build, enum status status);

#endif
