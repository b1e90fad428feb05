/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: memory, strings, files and child processes.
 */
#ifndef KLP_BUILD_UTIL_H
#define KLP_BUILD_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(n, a)	(((n) + (a) - 1) / (a) * (a))
#define __printf(f, a)	__attribute((format(printf, f, a)))

/* What each step returns; the exit status of the program. */
enum status {
	KB_OK		= 0,	/* done */
	KB_REFUSED	= 1,	/* the fix cannot be applied to a running kernel */
	KB_USAGE	= 2,	/* wrong options */
	KB_ERROR	= 3,	/* something is wrong with a tool, a tree or a file */
};

/* Memory that is freed at once. */
struct pool;

struct pool *pool_new(void);
void pool_free(struct pool *pool);
void *pool_alloc(struct pool *pool, size_t size);
void *pool_copy(struct pool *pool, const void *data, size_t size);
char *pool_printf(struct pool *pool, const char *format, ...) __printf(2, 3);

/* A growing array of pointers; its memory is the pool's. */
struct ptrs {
	void		**at;
	size_t		nr;
	size_t		room;
};

void ptrs_add(struct pool *pool, struct ptrs *ptrs, void *ptr);
bool ptrs_has(const struct ptrs *ptrs, const void *ptr);

/* A growing run of bytes; its memory is the pool's. */
struct bytes {
	uint8_t		*at;
	size_t		nr;
	size_t		room;
};

size_t bytes_add(struct pool *pool, struct bytes *bytes, const void *data, size_t size);
void bytes_align(struct pool *pool, struct bytes *bytes, size_t align, uint8_t fill);

/* A hash table from strings to pointers; several pointers may have one key. */
struct map;

struct map *map_new(struct pool *pool, size_t buckets);
void map_add(struct map *map, const char *key, void *value);
void *map_next(const struct map *map, const char *key, const void *after);
static inline void *map_get(const struct map *map, const char *key)
{
	return map_next(map, key, NULL);
}

bool str_starts(const char *string, const char *prefix);
bool str_ends(const char *string, const char *suffix);

char *file_read(struct pool *pool, const char *path, size_t *size);
enum status file_write(const char *path, const void *data, size_t size);
enum status make_folders(const char *path);
enum status remove_tree(const char *path);

/**
 * struct command - a program to be run
 * @argv:	Its words, ending with NULL.
 * @folder:	Where it runs, or NULL.
 * @output:	The file that gets its standard output and errors, or NULL.
 * @input:	The file that it reads, or NULL.
 */
struct command {
	char		**argv;
	const char	*folder;
	const char	*output;
	const char	*input;
};

void command_catch_signals(void);
void command_end_by_signal(void);
enum status command_start(const struct command *command, pid_t *pid);
enum status command_wait(const struct command *command, pid_t pid, int *exit_status);
enum status command_run(const struct command *command, int *exit_status);
char **command_split(struct pool *pool, const char *line, size_t *nr);

#endif
