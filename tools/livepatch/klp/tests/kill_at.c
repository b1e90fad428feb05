// SPDX-License-Identifier: GPL-2.0
/*
 * Run a command, and kill it before its n-th system call.
 *
 * usage: kill_at N COMMAND [ARGUMENT]...
 *
 * Exit status 0 if the command was killed, 1 if it has ended before. Its children are not followed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int trace(pid_t pid, long at)
{
	int status, sig = 0;
	long stops = 0;

	for (;;) {
		if (waitpid(pid, &status, 0) < 0)
			return 2;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return 1;
		/* Two stops for each system call: on the way in, and out */
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (++stops == 2 * at - 1) {
				kill(pid, SIGKILL);
				waitpid(pid, &status, 0);
				return 0;
			}
			sig = 0;
		} else {
			sig = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
}

int main(int argc, char **argv)
{
	pid_t pid;
	int status;

	if (argc < 3)
		return 2;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) {
		perror("kill_at");
		return 2;
	}
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	return trace(pid, atol(argv[1]));
}
