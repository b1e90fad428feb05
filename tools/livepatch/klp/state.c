// SPDX-License-Identifier: GPL-2.0
/*
 * klp: files that survive a crash, of klp or of the machine.
 *
 * A file is written under another name, synced, and renamed; then its folder is synced. So at any
 * moment there is the old file or the new one, whole. What a killed klp leaves is a file
 * ".<name>.new", which the next klp that writes in this folder removes, or at least overwrites.
 * That file is locked while it is written, since not every folder is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"
#include "util.h"

#define STATE_LOCK_MS	10000
#define STATE_TRIES	100

static int sync_dir(const char *path)
{
	int fd, ret = 0;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		ret = -errno;
	close(fd);
	return ret;
}

/*
 * Make a folder and those above it, each of them synced into the one above it. The last one is for
 * root only: who can open a folder can also lock it.
 */
static int make_dirs(const char *path, mode_t mode)
{
	struct util_path part;
	char *slash;
	int ret;

	snprintf(part.s, sizeof(part.s), "%s", path);
	ret = mkdir(path, mode) && errno != EEXIST ? -errno : 0;
	slash = strrchr(part.s, '/');
	if (!slash || slash == part.s)
		return ret;
	*slash = '\0';
	if (ret == -ENOENT) {
		ret = make_dirs(part.s, 0755);
		if (!ret && mkdir(path, mode) && errno != EEXIST)
			ret = -errno;
	}
	return ret ?: sync_dir(part.s);
}

/* "<folder>/<name>" for messages; overwritten by the next call */
static const char *full(int dir, const char *name)
{
	static char path[PATH_MAX + NAME_MAX + 2];
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, path, PATH_MAX);
	if (len < 0)
		len = 0;
	snprintf(path + len, sizeof(path) - len, "%s%s", len ? "/" : "", name);
	return path;
}

static int lock(int fd)
{
	const long long end = util_now_ms() + STATE_LOCK_MS;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (util_now_ms() >= end)
			return -EBUSY;
		util_sleep_ms(20);
	}
	return 0;
}

/* Remove what a killed klp has left. With the folder locked, nobody else is writing. */
static void sweep(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *stream;
	size_t len;

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(stream))) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' && len > 4 &&
		    !strcmp(entry->d_name + len - 4, ".new"))
			unlinkat(dir, entry->d_name, 0);
	}
	closedir(stream);
}

/**
 * state_open - open a folder, and lock it until its descriptor is closed
 * @path: the folder; nothing is put in front of it
 * @mode: what for
 *
 * The lock keeps two commands apart. The kernel gives it back when klp is killed.
 *
 * Return: The descriptor, or -errno after having said what is wrong. With STATE_READ, nothing is
 * said of a folder that does not exist or that the user may not read.
 */
int state_open(const char *path, enum state_mode mode)
{
	int dir, ret;

	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && mode == STATE_READ && (errno == ENOENT || errno == EACCES))
		return -errno;
	if (dir < 0 && errno == ENOENT) {
		ret = make_dirs(path, 0700);
		if (ret) {
			util_error("%s: cannot make the folder: %s: run klp as root",
				   path, strerror(-ret));
			return ret;
		}
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir < 0) {
		ret = -errno;
		util_error("%s: cannot open the folder: %s: run klp as root", path, strerror(-ret));
		return ret;
	}
	if (mode != STATE_WRITE)
		return dir;
	ret = lock(dir);
	if (!ret) {
		sweep(dir);
		return dir;
	}
	close(dir);
	util_error("%s: cannot lock the folder: %s: wait for the other klp to end", path,
		   strerror(-ret));
	return ret;
}

static void new_name(char buf[NAME_MAX + 1], const char *name)
{
	if (snprintf(buf, NAME_MAX + 1, ".%s.new", name) > NAME_MAX)
		util_die("%s: the name is too long: use a shorter one", name);
}

/* Is this still the file of that name? Another klp may have renamed it. */
static bool is_there(int dir, const char *new, const struct stat *st)
{
	struct stat there;

	return !fstatat(dir, new, &there, AT_SYMLINK_NOFOLLOW) && st->st_ino == there.st_ino &&
	       st->st_dev == there.st_dev;
}

/* Open and lock the file. Returns -EAGAIN if it was not the right one any more. */
static int try_begin(int dir, const char *new)
{
	struct stat st;
	int fd, ret;

	/* Nobody else can open it, and with that lock it, before it is whole. */
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 && errno != ELOOP)
		return -errno;
	/* Not the contents of a link that somebody has put there */
	if (fd < 0)
		return unlinkat(dir, new, 0) && errno != ENOENT ? -errno : -EAGAIN;
	ret = lock(fd);
	if (!ret && fstat(fd, &st))
		ret = -errno;
	if (!ret && !is_there(dir, new, &st))
		ret = -EAGAIN;
	else if (!ret && (!S_ISREG(st.st_mode) || st.st_nlink > 1 || st.st_uid != geteuid()))
		ret = unlinkat(dir, new, 0) ? -errno : -EAGAIN;
	else if (!ret && ftruncate(fd, 0))
		ret = -errno;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int begin(int dir, const char *name)
{
	char new[NAME_MAX + 1];
	int ret = -EAGAIN, i;

	new_name(new, name);
	for (i = 0; i < STATE_TRIES && ret == -EAGAIN; i++)
		ret = try_begin(dir, new);
	return ret;
}

static int commit(int dir, const char *name, int fd, int ret)
{
	char new[NAME_MAX + 1];

	new_name(new, name);
	if (!ret && (fchmod(fd, 0644) || fsync(fd)))
		ret = -errno;
	/* Still locked: another klp may be waiting for this name. */
	if (!ret && renameat(dir, new, dir, name))
		ret = -errno;
	if (!ret && fsync(dir))
		ret = -errno;
	if (ret)
		unlinkat(dir, new, 0);
	if (close(fd) && !ret)
		ret = -errno;
	if (ret)
		util_error("%s: cannot be written: %s: see to the disk's space and state",
			   full(dir, name), strerror(-ret));
	return ret;
}

static int begin_failed(int dir, const char *name, int ret)
{
	util_error("%s: cannot be written: %s: run klp as root, or see to the disk",
		   full(dir, name), strerror(-ret));
	return ret;
}

/**
 * state_write - replace a file
 * @dir: descriptor of its folder, which is locked
 * @name: its name
 * @text: what to write
 * @len: how much
 *
 * Return: 0, or -errno after having said what is wrong.
 */
int state_write(int dir, const char *name, const char *text, size_t len)
{
	ssize_t done;
	int fd, ret = 0;

	fd = begin(dir, name);
	if (fd < 0)
		return begin_failed(dir, name, fd);
	while (len) {
		done = write(fd, text, len);
		if (done < 0) {
			ret = -errno;
			break;
		}
		text += done;
		len -= done;
	}
	return commit(dir, name, fd, ret);
}

/**
 * state_write_json - replace a file
 * @dir: descriptor of its folder, which is locked
 * @name: its name
 * @json: what to write; put
 *
 * Return: 0, or -errno after having said what is wrong.
 */
int state_write_json(int dir, const char *name, struct json_object *json)
{
	const char *text;
	int ret;

	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	ret = state_write(dir, name, text, strlen(text));
	json_object_put(json);
	return ret;
}

/**
 * state_copy - replace a file by the contents of another one
 * @dir: descriptor of its folder, which is locked
 * @name: its name
 * @from: descriptor of the other file
 *
 * Return: 0, or -errno after having said what is wrong.
 */
int state_copy(int dir, const char *name, int from)
{
	off_t offset = 0;
	ssize_t done;
	int fd, ret = 0;

	fd = begin(dir, name);
	if (fd < 0)
		return begin_failed(dir, name, fd);
	do {
		done = sendfile(fd, from, &offset, 1 << 20);
		if (done < 0)
			ret = -errno;
	} while (done > 0);
	return commit(dir, name, fd, ret);
}

/**
 * state_remove - remove a file, if there is one, for good
 * @dir: descriptor of its folder, which is locked
 * @name: its name
 *
 * Return: 0, or -errno after having said what is wrong.
 */
int state_remove(int dir, const char *name)
{
	int ret = 0;

	if (unlinkat(dir, name, 0) && errno != ENOENT)
		ret = -errno;
	if (!ret && fsync(dir))
		ret = -errno;
	if (ret)
		util_error("%s: cannot be removed: %s: run klp as root, or see to the disk",
			   full(dir, name), strerror(-ret));
	return ret;
}

/**
 * state_try_json - read a file that may be damaged
 * @dir: descriptor of its folder
 * @name: its name
 * @json: gets its contents, NULL on error
 *
 * Return: 0; -ENOENT if there is no such file; -EINVAL if it is not what klp writes; or -errno.
 */
int state_try_json(int dir, const char *name, struct json_object **json)
{
	int fd;

	*json = NULL;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*json = json_object_from_fd(fd);
	close(fd);
	if (json_object_is_type(*json, json_type_object))
		return 0;
	json_object_put(*json);
	*json = NULL;
	return -EINVAL;
}

/**
 * state_read_json - read a file
 * @dir: descriptor of its folder
 * @name: its name
 * @json: gets its contents, NULL on error
 *
 * Return: 0, -ENOENT if there is no such file, or another -errno after having said what is wrong.
 */
int state_read_json(int dir, const char *name, struct json_object **json)
{
	int ret;

	ret = state_try_json(dir, name, json);
	if (ret == -EINVAL)
		util_error("%s: is not what klp writes there: restore or remove the file",
			   full(dir, name));
	else if (ret && ret != -ENOENT)
		util_error("%s: cannot be read: %s: run klp as root", full(dir, name),
			   strerror(-ret));
	return ret;
}
