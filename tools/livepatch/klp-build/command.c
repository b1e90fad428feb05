// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: child processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "util.h"

static _Atomic int caught;

static void catch(int signal)
{
	caught = signal;
}

/**
 * command_catch_signals - let Ctrl-C and the like end the running child only
 *
 * The program goes on then, and cleans up: see command_end_by_signal().
 */
void command_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction action = { .sa_handler = catch };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
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

static void child(const struct command *command)
{
	/* Its own children end with it. */
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

/**
 * command_start - run a program
 * @command: the program
 * @pid: set to its process, to be passed to command_wait(); 0 after an error
 *
 * Return: KB_OK, or KB_ERROR after a message.
 */
enum status command_start(const struct command *command, pid_t *pid)
{
	*pid = 0;
	if (caught)
		return error("interrupted");
	report_command(command->argv);
	fflush(NULL);
	*pid = fork();
	if (!*pid)
		child(command);
	if (*pid > 0)
		return KB_OK;
	*pid = 0;
	return error("fork: %s", strerror(errno));
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
	for (;;) {
		if (caught)
			kill(pid, SIGTERM);
		if (waitpid(pid, &status, 0) >= 0)
			break;
		if (errno != EINTR)
			return error("waiting for %s: %s", command->argv[0], strerror(errno));
	}
	if (caught)
		return error("interrupted");
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
