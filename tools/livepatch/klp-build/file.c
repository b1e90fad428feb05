// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: files, folders and child processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
	struct stat st;
	char *data;
	ssize_t got;
	int fd, saved;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		room = st.st_size;
	data = pool_alloc(pool, room + 1);
	while (nr < room) {
		got = read(fd, data + nr, room - nr);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		nr += got;
	}
	saved = errno;
	close(fd);
	errno = saved;
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
	strcpy(copy, path);
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

static void redirect(const char *path, int flags, int fd)
{
	int from = open(path, flags | O_CLOEXEC, 0666);

	if (from < 0 || dup2(from, fd) < 0)
		_exit(126);
}

static void child(const struct command *command)
{
	if (command->folder && chdir(command->folder))
		_exit(126);
	redirect(command->input ? command->input : "/dev/null", O_RDONLY, 0);
	if (command->output) {
		redirect(command->output, O_WRONLY | O_CREAT | O_TRUNC, 1);
		dup2(1, 2);
	}
	execvp(command->argv[0], command->argv);
	_exit(127);
}

/**
 * command_run - run a program and wait for its end
 * @command: the program
 * @exit_status: set to its exit status, if not NULL; 127 if it does not exist
 *
 * Return: KB_OK if @exit_status is not NULL and the program has exited, or if its
 * status is 0. KB_ERROR after a message otherwise.
 */
enum status command_run(const struct command *command, int *exit_status)
{
	int status;
	pid_t pid;

	report_command(command->argv);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return error("fork: %s", strerror(errno));
	if (!pid)
		child(command);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error("waiting for %s: %s", command->argv[0], strerror(errno));
	if (!WIFEXITED(status))
		return error("%s ended by signal %d", command->argv[0], WTERMSIG(status));
	if (exit_status)
		*exit_status = WEXITSTATUS(status);
	else if (WEXITSTATUS(status))
		return error("%s failed with status %d", command->argv[0],
			     WEXITSTATUS(status));
	return KB_OK;
}
