// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: child processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "util.h"

/* A unit is compiled twice at the same time. */
#define MAX_RUNNING	2

/* Below this, a program that fails may have failed for lack of space. */
#define LITTLE_SPACE	0x100000

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
static _Atomic int caught;
static _Atomic pid_t running[MAX_RUNNING];

/* Each program has a process group: what it has started ends with it. */
static void end_running(void)
{
	size_t i;

	for (i = 0; i < MAX_RUNNING; i++)
		if (running[i])
			kill(-running[i], SIGTERM);
}

static void catch(int signal)
{
	int saved = errno;

	caught = signal;
	end_running();
	errno = saved;
}

/**
 * command_catch_signals - let Ctrl-C and the like end the running children only
 *
 * The program goes on then, and cleans up: see command_end_by_signal(). A signal that is
 * ignored, as in the background of a shell, stays so.
 */
void command_catch_signals(void)
{
	struct sigaction action = { .sa_handler = catch }, old;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/**
 * command_end_by_signal - end the program by the signal that it has got, if any
 *
 * To be called when all is cleaned up: the shell sees the reason.
 */
void command_end_by_signal(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	if (!caught)
		return;
	sigaction(caught, &action, NULL);
	raise(caught);
}

static void redirect(const char *path, int flags, int fd)
{
	int from = open(path, flags | O_CLOEXEC, 0666);

	if (from < 0 || dup2(from, fd) < 0)
		_exit(126);
}

/* Signals are blocked: one that comes now ends the child as soon as it can. */
static void restore_signals(const sigset_t *mask)
{
	struct sigaction action = { .sa_handler = SIG_DFL }, old;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static void child(const struct command *command, const sigset_t *mask)
{
	setpgid(0, 0);
	restore_signals(mask);
	/* In case that we are killed */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
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

/* Both sides do it, as none of them can tell who comes first. */
static void add_running(pid_t pid)
{
	size_t i;

	setpgid(pid, pid);
	for (i = 0; i < MAX_RUNNING; i++) {
		if (running[i])
			continue;
		running[i] = pid;
		break;
	}
}

static void remove_running(pid_t pid)
{
	size_t i;

	for (i = 0; i < MAX_RUNNING; i++)
		if (running[i] == pid)
			running[i] = 0;
}

/* A program that has no space for its messages cannot tell about it. */
static enum status check_space(const struct command *command)
{
	struct statvfs st;
	uint64_t left;

	if (!command->output || statvfs(command->output, &st))
		return KB_OK;
	left = (uint64_t)st.f_bavail * st.f_frsize;
	if (left >= LITTLE_SPACE)
		return KB_OK;
	return error("%s: no space is left (%llu KiB), and %s has failed", command->output,
		     (unsigned long long)left / 1024, command->argv[0]);
}

/**
 * command_start - run a program
 * @command: the program
 * @pid: set to its process, to be passed to command_wait(); 0 after an error
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status command_start(const struct command *command, pid_t *pid)
{
	sigset_t all, mask;
	int saved;

	*pid = 0;
	if (caught)
		return error("interrupted");
	report_command(command->argv);
	fflush(NULL);
	/* No signal between the fork and the entry in the list */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	*pid = fork();
	saved = errno;
	if (!*pid)
		child(command, &mask);
	if (*pid > 0)
		add_running(*pid);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (*pid > 0)
		return KB_OK;
	*pid = 0;
	return error("fork: %s", strerror(saved));
}

/**
 * command_wait - wait for the end of a program
 * @command: the program
 * @pid: its process; nothing is done if it is 0
 * @exit_status: set to its exit status, if not NULL; 127 if it does not exist
 *
 * Return: KB_OK if @exit_status is not NULL and the program has exited, or if its
 * status is 0. KB_ERROR after a message otherwise.
 */
enum status command_wait(const struct command *command, pid_t pid, int *exit_status)
{
	int status;

	if (!pid)
		return KB_ERROR;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error("waiting for %s: %s", command->argv[0], strerror(errno));
	remove_running(pid);
	if (caught)
		return error("interrupted");
	if (status && check_space(command))
		return KB_ERROR;
	if (!WIFEXITED(status))
		return error("%s ended by signal %d", command->argv[0], WTERMSIG(status));
	if (exit_status)
		*exit_status = WEXITSTATUS(status);
	else if (WEXITSTATUS(status))
		return error("%s failed with status %d", command->argv[0],
			     WEXITSTATUS(status));
	return KB_OK;
}

/**
 * command_run - run a program and wait for its end
 * @command: the program
 * @exit_status: as for command_wait()
 *
 * Return: as for command_wait().
 */
enum status command_run(const struct command *command, int *exit_status)
{
	enum status status;
	pid_t pid;

	status = command_start(command, &pid);
	return status ? status : command_wait(command, pid, exit_status);
}
