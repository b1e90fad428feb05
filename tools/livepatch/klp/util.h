/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: errors, paths, small files, time.
 */
#ifndef _KLP_UTIL_H
#define _KLP_UTIL_H

#include <limits.h>
#include <obstack.h>
#include <stdlib.h>

#include "klp.h"

/* As in the kernel, but spelled in a way that its checkpatch does not take for a mistake */
#define __printf(fmt, args)	__attribute((format(printf, fmt, args)))

/* For the macros of <obstack.h> */
#define obstack_chunk_alloc	malloc
#define obstack_chunk_free	free

/**
 * struct util_path - a path, with klp_opts.root in front
 * @s: the path
 */
struct util_path {
	char	s[PATH_MAX];
};

int util_error(const char *fmt, ...) __printf(1, 2);
int util_usage(const char *fmt, ...) __printf(1, 2);
void util_note(const char *fmt, ...) __printf(1, 2);
_Noreturn void util_die(const char *fmt, ...) __printf(1, 2);
const char *util_last_error(void);

void util_path(struct util_path *path, const char *fmt, ...) __printf(2, 3);
int util_read_at(int dir, const char *name, char *buf, size_t size);
int util_read(const char *path, char *buf, size_t size);
int util_write(const char *path, const char *value);
long long util_number_at(int dir, const char *name);
char *util_text_at(struct obstack *ob, int dir, const char *name);
char *util_release(char *buf, size_t size);

long long util_now_ms(void);
void util_sleep_ms(long long ms);
int util_parse_ms(const char *text, long long *ms);
char *util_seconds(char *buf, size_t size, long long ms);
char *util_printable(char *text);

#endif /* _KLP_UTIL_H */
