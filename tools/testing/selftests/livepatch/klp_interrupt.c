// SPDX-License-Identifier: GPL-2.0
/*
 * klp_interrupt - sleep in a system call, and print how it ended
 *
 * usage: klp_interrupt CALL [FILE]
 *
 *   epoll	epoll_wait() without an event
 *   sigwait	sigtimedwait() without a signal
 *   semop	semop() of a semaphore that is 0
 *   futex	wait for a futex
 *   ring-read	let io_uring read FILE, and look for the result now and then
 *   ring-wait	wait for a completion of io_uring; there is none
 *
 * Prints what the call has returned, or the name of the error.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "klp_ring.h"

static const char *file;

static long do_epoll(void)
{
	int fd = checked(epoll_create1(0), "epoll_create1");
	struct epoll_event event;

	return epoll_wait(fd, &event, 1, -1);
}

static long do_sigwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigtimedwait(&set, NULL, NULL);
}

static long do_semop(void)
{
	struct sembuf down = { .sem_op = -1 };
	int id = checked(semget(IPC_PRIVATE, 1, 0600), "semget");
	int saved;
	long ret;

	ret = semop(id, &down, 1);
	saved = errno;
	semctl(id, 0, IPC_RMID);
	errno = saved;
	return ret;
}

static long do_futex(void)
{
	uint32_t word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static long do_ring_read(void)
{
	static uint64_t value;
	struct ring ring;

	make_ring(&ring, 1);
	ring.sqes[0] = (struct io_uring_sqe) {
		.opcode = IORING_OP_READ,
		.flags = IOSQE_ASYNC,
		.fd = checked(open(file, O_RDONLY), file),
		.addr = (uintptr_t)&value,
		.len = sizeof(value),
	};
	ring.sq_array[0] = 0;
	__atomic_store_n(ring.sq_tail, 1, __ATOMIC_RELEASE);
	checked(syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0),
		"io_uring_enter");
	while (!__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
		usleep(10000);
	if (ring.cqes[0].res >= 0)
		return ring.cqes[0].res;
	errno = -ring.cqes[0].res;
	return -1;
}

static long do_ring_wait(void)
{
	struct ring ring;

	make_ring(&ring, 1);
	return syscall(SYS_io_uring_enter, ring.fd, 0, 1,
		       IORING_ENTER_GETEVENTS, NULL, 0);
}

static const struct {
	const char	*name;
	long		(*run)(void);
} calls[] = {
	{ "epoll", do_epoll },
	{ "sigwait", do_sigwait },
	{ "semop", do_semop },
	{ "futex", do_futex },
	{ "ring-read", do_ring_read },
	{ "ring-wait", do_ring_wait },
};

int main(int argc, char **argv)
{
	size_t i;
	long ret;

	file = argc > 2 ? argv[2] : "";
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (argc < 2 || strcmp(argv[1], calls[i].name))
			continue;
		ret = calls[i].run();
		if (ret < 0)
			puts(strerrorname_np(errno));
		else
			printf("%ld\n", ret);
		return 0;
	}
	fputs("usage: klp_interrupt CALL [FILE]\n", stderr);
	return 2;
}
