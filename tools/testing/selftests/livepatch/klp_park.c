// SPDX-License-Identifier: GPL-2.0
/*
 * klp_park - what a task that is parked does, and what happens to it meanwhile
 *
 * usage: klp_park gap			compute until SIGTERM; then print for how
 *					many microseconds the task did not run at
 *					most, how often it was for more than 0.3 s,
 *					and the shortest time in between
 *        klp_park target [SIGNAL FILE]...
 *					sleep; whoever writes to the FIFO sends the
 *					signal, given as a number. Prints a line for
 *					each SIGUSR1
 *        klp_park vfork		create a child by vfork() and sleep, in turns;
 *					the child sleeps as well
 *        klp_park trace PID		attach to the process, read its registers, and
 *					detach; print "traced"
 *        klp_park seize PID		attach without stopping the process, print
 *					"seized", wait for a signal to it, print its
 *					number, drop it, and detach
 *        klp_park later ACTION...	let a worker of io_uring do this, one after the
 *					other, and print what was read:
 *					wait MS; read FILE; write FILE TEXT
 *
 * While tasks are parked, no program can look at them, or do something to them: it is
 * parked as well. Workers of io_uring are not.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "klp_ring.h"

/* A task that does not run for longer is parked, and not only waiting for a CPU. */
#define GAP_US		300000

/* Most actions of "later", and what is read of one file */
#define MAX_ACTIONS	16
#define MAX_TEXT	65536

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static int do_gap(void)
{
	long long last = now_us(), since = 0, longest = 0, shortest = 0, now;
	long gaps = 0;

	while (!stop) {
		now = now_us();
		if (now - last > longest)
			longest = now - last;
		if (now - last > GAP_US) {
			if (gaps++ && (!shortest || last - since < shortest))
				shortest = last - since;
			since = now;
		}
		last = now;
	}
	printf("%lld %ld %lld\n", longest, gaps, shortest);
	return 0;
}

static void on_usr1(int sig)
{
	static const char line[] = "handled\n";

	(void)sig;
	if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
		_exit(2);
}

static int do_target(char **args)
{
	struct sigaction action = { .sa_handler = on_usr1 };
	int fd;

	sigaction(SIGUSR1, &action, NULL);
	for (; args[0]; args += 2) {
		fd = checked(open(args[1], O_RDWR | O_NONBLOCK), args[1]);
		checked(fcntl(fd, F_SETSIG, atoi(args[0])), "F_SETSIG");
		checked(fcntl(fd, F_SETOWN, getpid()), "F_SETOWN");
		checked(fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC), "F_SETFL");
	}
	puts("ready");
	fflush(stdout);
	while (!stop)
		pause();
	return 0;
}

static int do_vfork(void)
{
	const struct timespec pause = { .tv_nsec = 300000000 };
	pid_t pid;

	while (!stop) {
		pid = vfork();
		if (!pid) {
			nanosleep(&pause, NULL);
			_exit(0);
		}
		checked(pid, "vfork");
		checked(waitpid(pid, NULL, 0), "waitpid");
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int stopped_by(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			err(2, "waitpid");
	if (!WIFSTOPPED(status))
		errx(2, "the process has ended");
	return WSTOPSIG(status);
}

static int do_trace(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec iov = { .iov_base = &regs, .iov_len = sizeof(regs) };

	checked(ptrace(PTRACE_ATTACH, pid, NULL, NULL), "PTRACE_ATTACH");
	stopped_by(pid);
	checked(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov),
		"PTRACE_GETREGSET");
	checked(ptrace(PTRACE_DETACH, pid, NULL, NULL), "PTRACE_DETACH");
	puts("traced");
	return 0;
}

static int do_seize(pid_t pid)
{
	checked(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "PTRACE_SEIZE");
	puts("seized");
	fflush(stdout);
	printf("%d\n", stopped_by(pid));
	checked(ptrace(PTRACE_DETACH, pid, NULL, NULL), "PTRACE_DETACH");
	return 0;
}

struct action {
	struct __kernel_timespec	ts;
	char				*text;
};

/* Translate one action. Return: the number of its words. */
static int make_action(struct io_uring_sqe *sqe, struct action *action, char **args)
{
	if (args[1] && !strcmp(args[0], "wait")) {
		action->ts.tv_sec = atoi(args[1]) / 1000;
		action->ts.tv_nsec = atoi(args[1]) % 1000 * 1000000LL;
		sqe->opcode = IORING_OP_TIMEOUT;
		sqe->fd = -1;
		sqe->addr = (uintptr_t)&action->ts;
		sqe->len = 1;
		return 2;
	}
	sqe->flags |= IOSQE_ASYNC;
	if (args[1] && !strcmp(args[0], "read")) {
		action->text = calloc(1, MAX_TEXT);
		sqe->opcode = IORING_OP_READ;
		sqe->fd = checked(open(args[1], O_RDONLY), args[1]);
		sqe->addr = (uintptr_t)action->text;
		sqe->len = MAX_TEXT - 1;
		return 2;
	}
	if (args[1] && args[2] && !strcmp(args[0], "write")) {
		sqe->opcode = IORING_OP_WRITE;
		sqe->fd = checked(open(args[1], O_WRONLY), args[1]);
		sqe->addr = (uintptr_t)args[2];
		sqe->len = strlen(args[2]);
		return 3;
	}
	errx(2, "what is '%s'?", args[0]);
}

static void show(const struct action *action, int result, int nr)
{
	if (result < 0 && result != -ETIME)
		printf("action %d: %s\n", nr, strerrorname_np(-result));
	if (!action->text || result < 0)
		return;
	printf("%s%s", action->text,
	       result && action->text[result - 1] == '\n' ? "" : "\n");
}

static int do_later(char **args)
{
	static struct action actions[MAX_ACTIONS];
	int results[MAX_ACTIONS] = { };
	unsigned int nr = 0, i;
	struct ring ring;

	make_ring(&ring, MAX_ACTIONS);
	while (args[0] && nr < MAX_ACTIONS) {
		ring.sqes[nr] = (struct io_uring_sqe) {
			/* Goes on even if the action has failed. */
			.flags = IOSQE_IO_HARDLINK,
			.user_data = nr,
		};
		args += make_action(&ring.sqes[nr], &actions[nr], args);
		ring.sq_array[nr] = nr;
		nr++;
	}
	if (!nr)
		return 0;
	ring.sqes[nr - 1].flags &= ~IOSQE_IO_HARDLINK;
	__atomic_store_n(ring.sq_tail, nr, __ATOMIC_RELEASE);
	checked(syscall(SYS_io_uring_enter, ring.fd, nr, 0, 0, NULL, 0),
		"io_uring_enter");
	/* Not by waiting in io_uring: no signal ends that, so the task would not park. */
	while (__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE) < nr)
		usleep(10000);
	for (i = 0; i < nr; i++)
		results[ring.cqes[i].user_data] = ring.cqes[i].res;
	for (i = 0; i < nr; i++)
		show(&actions[i], results[i], i + 1);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	signal(SIGTERM, strcmp(what, "target") ? on_term : SIG_DFL);
	if (!strcmp(what, "gap"))
		return do_gap();
	if (!strcmp(what, "target") && argc % 2 == 0)
		return do_target(argv + 2);
	if (!strcmp(what, "vfork"))
		return do_vfork();
	if (!strcmp(what, "trace") && argc == 3)
		return do_trace(atoi(argv[2]));
	if (!strcmp(what, "seize") && argc == 3)
		return do_seize(atoi(argv[2]));
	if (!strcmp(what, "later"))
		return do_later(argv + 2);
	fputs("usage: klp_park gap|target|vfork|trace|seize|later ...\n", stderr);
	return 2;
}
