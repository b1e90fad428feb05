// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: memory and strings.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "util.h"

#define POOL_BLOCK	0x100000

struct block {
	struct block	*next;
	size_t		used;
	size_t		size;
	size_t		unused;		/* so that the data is aligned to 16 bytes */
	char		data[];
};

struct pool {
	struct block	*blocks;
};

struct entry {
	struct entry	*next;
	const char	*key;
	void		*value;
};

struct map {
	struct pool	*pool;
	size_t		nr;
	struct entry	**first;
	struct entry	**last;
};

static void *must(void *memory)
{
	if (!memory) {
		fprintf(stderr, "klp-build: error: out of memory\n");
		exit(KB_ERROR);
	}
	return memory;
}

/**
 * pool_new - make an empty pool
 *
 * Return: the pool, to be freed with pool_free().
 */
struct pool *pool_new(void)
{
	return must(calloc(1, sizeof(struct pool)));
}

/**
 * pool_free - free a pool and all memory that was allocated from it
 * @pool: the pool, or NULL
 */
void pool_free(struct pool *pool)
{
	struct block *next;

	if (!pool)
		return;
	for (; pool->blocks; pool->blocks = next) {
		next = pool->blocks->next;
		free(pool->blocks);
	}
	free(pool);
}

/**
 * pool_alloc - allocate zeroed memory
 * @pool: the pool that owns it
 * @size: how many bytes
 *
 * Return: the memory; the program ends if there is none.
 */
void *pool_alloc(struct pool *pool, size_t size)
{
	struct block *block = pool->blocks;
	size_t room;
	void *memory;

	size = ALIGN_UP(size, 16);
	if (!block || block->size - block->used < size) {
		room = size > POOL_BLOCK ? size : POOL_BLOCK;
		block = must(calloc(1, sizeof(*block) + room));
		block->size = room;
		block->next = pool->blocks;
		pool->blocks = block;
	}
	memory = block->data + block->used;
	block->used += size;
	return memory;
}

/**
 * pool_copy - copy bytes, and add a zero byte
 * @pool: the pool that owns the copy
 * @data: the bytes
 * @size: how many
 *
 * Return: the copy.
 */
void *pool_copy(struct pool *pool, const void *data, size_t size)
{
	char *copy = pool_alloc(pool, size + 1);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

/**
 * pool_printf - print into a new string
 * @pool: the pool that owns the string
 * @format: as for printf()
 *
 * Return: the string.
 */
char *pool_printf(struct pool *pool, const char *format, ...)
{
	va_list args;
	char *text;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = pool_alloc(pool, size + 1);
	va_start(args, format);
	vsnprintf(text, size + 1, format, args);
	va_end(args);
	return text;
}

/**
 * ptrs_add - add a pointer to an array
 * @pool: the pool that owns the array
 * @ptrs: the array
 * @ptr: the pointer
 */
void ptrs_add(struct pool *pool, struct ptrs *ptrs, void *ptr)
{
	void **old = ptrs->at;

	if (ptrs->nr == ptrs->room) {
		ptrs->room = ptrs->room ? 2 * ptrs->room : 8;
		ptrs->at = pool_alloc(pool, ptrs->room * sizeof(*ptrs->at));
		if (ptrs->nr)
			memcpy(ptrs->at, old, ptrs->nr * sizeof(*old));
	}
	ptrs->at[ptrs->nr++] = ptr;
}

/**
 * ptrs_has - tell whether an array has a pointer
 * @ptrs: the array
 * @ptr: the pointer
 *
 * Return: true if it has.
 */
bool ptrs_has(const struct ptrs *ptrs, const void *ptr)
{
	size_t i;

	for (i = 0; i < ptrs->nr; i++)
		if (ptrs->at[i] == ptr)
			return true;
	return false;
}

/**
 * bytes_add - append bytes
 * @pool: the pool that owns them
 * @bytes: what they are appended to
 * @data: the bytes; NULL for zeroes
 * @size: how many
 *
 * Return: where the first one is.
 */
size_t bytes_add(struct pool *pool, struct bytes *bytes, const void *data, size_t size)
{
	size_t at = bytes->nr;
	uint8_t *old = bytes->at;

	if (bytes->nr + size > bytes->room) {
		bytes->room = 2 * (bytes->nr + size);
		bytes->at = pool_alloc(pool, bytes->room);
		if (at)
			memcpy(bytes->at, old, at);
	}
	if (data)
		memcpy(bytes->at + at, data, size);
	else if (size)
		memset(bytes->at + at, 0, size);
	bytes->nr += size;
	return at;
}

/**
 * bytes_align - append bytes up to a multiple of the alignment
 * @pool: the pool that owns them
 * @bytes: what they are appended to
 * @align: the alignment; 0 counts as 1
 * @fill: the value of the bytes
 */
void bytes_align(struct pool *pool, struct bytes *bytes, size_t align, uint8_t fill)
{
	while (align && bytes->nr % align)
		bytes_add(pool, bytes, &fill, 1);
}

static size_t hash(const char *key)
{
	size_t value = 5381;

	for (; *key; key++)
		value = value * 33 + (unsigned char)*key;
	return value;
}

/**
 * map_new - make an empty hash table
 * @pool: the pool that owns it
 * @buckets: about how many entries it will have
 *
 * Return: the table.
 */
struct map *map_new(struct pool *pool, size_t buckets)
{
	struct map *map = pool_alloc(pool, sizeof(*map));

	map->pool = pool;
	map->nr = buckets ? buckets : 1;
	map->first = pool_alloc(pool, map->nr * sizeof(*map->first));
	map->last = pool_alloc(pool, map->nr * sizeof(*map->last));
	return map;
}

/**
 * map_add - add an entry, behind others with the same key
 * @map: the table
 * @key: the key, which must live as long as the table
 * @value: the value, not NULL
 */
void map_add(struct map *map, const char *key, void *value)
{
	struct entry *entry = pool_alloc(map->pool, sizeof(*entry));
	size_t bucket = hash(key) % map->nr;

	entry->key = key;
	entry->value = value;
	if (map->last[bucket])
		map->last[bucket]->next = entry;
	else
		map->first[bucket] = entry;
	map->last[bucket] = entry;
}

/**
 * map_next - look up a key
 * @map: the table
 * @key: the key
 * @after: NULL, or the value of the key after which to go on
 *
 * Return: the next value in the order in which values were added, or NULL.
 */
void *map_next(const struct map *map, const char *key, const void *after)
{
	struct entry *entry;
	bool seen = !after;

	for (entry = map->first[hash(key) % map->nr]; entry; entry = entry->next) {
		if (strcmp(entry->key, key))
			continue;
		if (seen)
			return entry->value;
		seen = entry->value == after;
	}
	return NULL;
}

/**
 * str_starts - tell whether a string begins with another one
 * @string: the string
 * @prefix: what it may begin with
 *
 * Return: true if it does.
 */
bool str_starts(const char *string, const char *prefix)
{
	return !strncmp(string, prefix, strlen(prefix));
}

/**
 * str_ends - tell whether a string ends with another one
 * @string: the string
 * @suffix: what it may end with
 *
 * Return: true if it does.
 */
bool str_ends(const char *string, const char *suffix)
{
	size_t length = strlen(string), end = strlen(suffix);

	return length >= end && !strcmp(string + length - end, suffix);
}

static char unquote(const char **at, char *quote)
{
	const char *c = *at;

	if (*quote) {
		if (*c == *quote) {
			*quote = 0;
			*at = c + 1;
			return 0;
		}
		if (*quote == '"' && *c == '\\' && c[1] && strchr("\"\\$`", c[1]))
			c++;
	} else if (*c == '\'' || *c == '"') {
		*quote = *c;
		*at = c + 1;
		return 0;
	} else if (*c == '\\' && c[1]) {
		c++;
	}
	*at = c + 1;
	return *c;
}

/**
 * command_split - split a line into words as a shell does
 * @pool: the pool that owns the words
 * @line: the line; nothing in it is expanded
 * @nr: set to the number of words
 *
 * A semicolon outside of quotes ends the command.
 *
 * Return: the words, ending with NULL; NULL if a quote is not closed.
 */
char **command_split(struct pool *pool, const char *line, size_t *nr)
{
	char *word = pool_alloc(pool, strlen(line) + 1), *end = word, quote = 0, c;
	struct ptrs words = { };
	bool any = false;

	for (; *line && *line != '\n' && (quote || *line != ';');) {
		if (!quote && (*line == ' ' || *line == '\t')) {
			if (any)
				ptrs_add(pool, &words, pool_copy(pool, word, end - word));
			end = word;
			any = false;
			line++;
			continue;
		}
		any = true;
		c = unquote(&line, &quote);
		if (c)
			*end++ = c;
	}
	if (quote)
		return NULL;
	if (any)
		ptrs_add(pool, &words, pool_copy(pool, word, end - word));
	*nr = words.nr;
	ptrs_add(pool, &words, NULL);
	return (char **)words.at;
}
