// SPDX-License-Identifier: GPL-2.0
/*
 * klp_storm - tasks that are created and die, or never enter the kernel
 *
 * usage: klp_storm storm NUMBER	that many processes fork children, create
 *					threads, and exec from threads that are
 *					not the leader, without a pause, until
 *					SIGTERM; then prints how many of each
 *        klp_storm family		at each SIGUSR1 forks a child and
 *					creates a thread, and prints their IDs;
 *					both sleep until the end
 *        klp_storm crowd NUMBER FILE	so many threads read the file, which
 *					sleeps; prints "ready" when they have
 *					begun
 *        klp_storm spin		computes, without system calls
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Children of a process at the same time, and as many threads */
#define BURST		4

/* In one of so many bursts a child execs, which takes long. */
#define EXEC_EVERY	8

/* Sleep between bursts: other tasks need some time. */
#define BREATH_US	2000

struct totals {
	atomic_long forks;
	atomic_long threads;
	atomic_long execs;
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

/* However the parent ends, its children end with it. */
static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void *thread_return(void *unused)
{
	return unused;
}

/* The thread takes over the PID of the leader. */
static void *thread_exec(void *unused)
{
	execl("/proc/self/exe", "klp_storm", "nothing", NULL);
	_exit(3);
	return unused;
}

static void child(int execs)
{
	pthread_t thread;
	pid_t pid;

	die_with_parent();
	if (execs) {
		if (pthread_create(&thread, NULL, thread_exec, NULL))
			_exit(3);
		for (;;)
			pause();
	}
	/* The child has a child, which dies first. */
	pid = fork();
	if (!pid)
		_exit(0);
	_exit(pid < 0 || waitpid(pid, NULL, 0) != pid ? 3 : 0);
}

static int storm_burst(struct totals *totals, int execs)
{
	pthread_t threads[BURST];
	pid_t pids[BURST];
	int i, status;

	for (i = 0; i < BURST; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return -1;
		if (!pids[i])
			child(execs && !i);
		if (pthread_create(&threads[i], NULL, thread_return, NULL))
			return -1;
	}
	for (i = 0; i < BURST; i++) {
		if (pthread_join(threads[i], NULL) ||
		    waitpid(pids[i], &status, 0) != pids[i] || status)
			return -1;
	}
	atomic_fetch_add(&totals->forks, BURST + BURST - !!execs);
	atomic_fetch_add(&totals->threads, BURST + !!execs);
	atomic_fetch_add(&totals->execs, !!execs);
	return 0;
}

static void storm_process(struct totals *totals)
{
	int burst;

	die_with_parent();
	for (burst = 0; !stop; burst++) {
		if (storm_burst(totals, burst % EXEC_EVERY == 0))
			exit(2);
		usleep(BREATH_US);
	}
	exit(0);
}

static int storm(int nr)
{
	struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	struct totals *totals;
	int i, status, ret = 0;
	sigset_t mask, none;
	pid_t *pids;

	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pids = calloc(nr, sizeof(*pids));
	if (totals == MAP_FAILED || !pids)
		return 2;
	sigaction(SIGTERM, &term, NULL);
	for (i = 0; i < nr; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return 2;
		if (!pids[i])
			storm_process(totals);
	}

	sigemptyset(&none);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	while (!stop)
		sigsuspend(&none);
	for (i = 0; i < nr; i++)
		kill(pids[i], SIGTERM);
	for (i = 0; i < nr; i++) {
		if (waitpid(pids[i], &status, 0) != pids[i] || status)
			ret = 2;
	}
	printf("%ld %ld %ld\n", atomic_load(&totals->forks),
	       atomic_load(&totals->threads), atomic_load(&totals->execs));
	return ret;
}

static void *thread_sleep(void *tid)
{
	atomic_store((atomic_int *)tid, (int)syscall(SYS_gettid));
	for (;;)
		pause();
	return NULL;
}

static int family(void)
{
	pthread_t thread;
	atomic_int tid;
	sigset_t mask;
	pid_t pid;
	int sig;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	puts("ready");
	fflush(stdout);
	for (;;) {
		sigwait(&mask, &sig);
		pid = fork();
		if (pid < 0)
			return 2;
		if (!pid) {
			die_with_parent();
			for (;;)
				pause();
		}
		atomic_store(&tid, 0);
		if (pthread_create(&thread, NULL, thread_sleep, &tid))
			return 2;
		while (!atomic_load(&tid))
			usleep(1000);
		printf("%d %d\n", pid, atomic_load(&tid));
		fflush(stdout);
	}
}

static const char *crowd_file;
static atomic_int crowd_ready;

static void *thread_read(void *unused)
{
	char byte;
	int fd;

	fd = open(crowd_file, O_RDONLY);
	atomic_fetch_add(&crowd_ready, 1);
	/* A signal of live patching may make it begin again. */
	while (fd >= 0 && read(fd, &byte, 1) < 0)
		;
	return unused;
}

static int crowd(int nr, const char *file)
{
	/* A file for each thread: those that share one wait for each other. */
	const struct rlimit files = { .rlim_cur = nr + 64, .rlim_max = nr + 64 };
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	if (setrlimit(RLIMIT_NOFILE, &files))
		return 2;
	crowd_file = file;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 1 << 16);
	for (i = 0; i < nr; i++)
		if (pthread_create(&thread, &attr, thread_read, NULL))
			return 2;
	while (atomic_load(&crowd_ready) < nr)
		usleep(10000);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "storm"))
		return storm(argc > 2 ? atoi(argv[2]) : 4);
	if (!strcmp(what, "family"))
		return family();
	if (!strcmp(what, "crowd") && argc > 3)
		return crowd(atoi(argv[2]), argv[3]);
	if (!strcmp(what, "nothing"))
		return 0;
	if (!strcmp(what, "spin"))
		for (;;)
			__asm__ volatile("" : : : "memory");
	return 1;
}
