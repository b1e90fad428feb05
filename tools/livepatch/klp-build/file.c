// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: files and folders.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "util.h"

/**
 * file_read - read a file
 * @pool: the pool that owns the content
 * @path: its name
 * @size: set to its size, if not NULL
 *
 * Return: the content, followed by a zero byte; NULL with errno set.
 */
char *file_read(struct pool *pool, const char *path, size_t *size)
{
	size_t room = 1 << 16, nr = 0;
	char *data, *more;
	struct stat st;
	ssize_t got;
	int fd, saved;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		room = st.st_size;
	data = pool_alloc(pool, room + 1);
	for (;;) {
		/* One byte more than is known, to see the end */
		got = read(fd, data + nr, room + 1 - nr);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		nr += got;
		if (nr <= room)
			continue;
		room *= 2;
		more = pool_alloc(pool, room + 1);
		memcpy(more, data, nr);
		data = more;
	}
	saved = errno;
	close(fd);
	errno = saved;
	if (got < 0)
		return NULL;
	data[nr] = '\0';
	if (size)
		*size = nr;
	return data;
}

/**
 * file_write - write a file, replacing one that exists
 * @path: its name
 * @data: its content
 * @size: the size of the content
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status file_write(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "we");
	bool bad;

	if (!file)
		return error("%s: %s", path, strerror(errno));
	bad = fwrite(data, 1, size, file) != size;
	bad |= fclose(file) != 0;
	if (bad)
		return error("%s: %s", path, strerror(errno));
	return KB_OK;
}

/**
 * make_folders - make the folders that a path leads through
 * @path: the path; the part behind the last slash is not made
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status make_folders(const char *path)
{
	char copy[4096];
	char *slash;

	if (strlen(path) >= sizeof(copy))
		return error("%s: the path is too long", path);
	memcpy(copy, path, strlen(path) + 1);
	for (slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST)
			return error("%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	return KB_OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/**
 * remove_tree - remove a folder and all that is in it
 * @path: the folder; links are not followed
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status remove_tree(const char *path)
{
	if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return error("%s: %s", path, strerror(errno));
	return KB_OK;
}
