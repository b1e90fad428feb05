// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch benchmark: the load in user space.
 *
 * usage: bench_user threads NUMBER	creates that many threads that sleep; says
 *					"ready" and sleeps until SIGTERM
 *        bench_user deep NUMBER	the same, and half of the threads sleep below
 *					60 frames of the kernel
 *        bench_user fork NUMBER	forks that many children that exit at
 *					once; prints nanoseconds for each
 *        bench_user lock		takes tasklist_lock for writing, again and
 *					again, until SIGTERM; prints the longest
 *					wait for it, in nanoseconds
 *        bench_user module FILE NAME	loads and unloads that module many times;
 *					prints the median, in nanoseconds
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For time_module() */
#define ROUNDS 201

#define DEEP "/sys/kernel/debug/klp_bench/deep"

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *sleep_deep(void *fd)
{
	char c;

	/* Not read(): threads would wait for the file position, one for another. */
	return (void *)(long)pread(*(int *)fd, &c, 1, 0);
}

static void *sleep_shallow(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static int start_threads(int number, int deep)
{
	int i, fd = open(DEEP, O_RDONLY);
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	pthread_attr_setguardsize(&attr, 0);
	if (fd < 0)
		return 1;
	for (i = 0; i < number; i++) {
		if (pthread_create(&thread, &attr,
				   deep && i % 2 ? sleep_deep : sleep_shallow, &fd)) {
			fprintf(stderr, "only %d threads\n", i);
			return 1;
		}
	}
	/* Wait until all threads sleep. */
	sleep(2);
	puts("ready");
	fflush(stdout);
	while (!stop)
		pause();
	_exit(0);
}

static int time_forks(int number)
{
	long long start = now(CLOCK_MONOTONIC);
	int i;

	for (i = 0; i < number; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	printf("%lld\n", (now(CLOCK_MONOTONIC) - start) / number);
	return 0;
}

static int time_lock(void)
{
	const struct sched_param param = { .sched_priority = 1 };
	long long worst = 0;
	int i;

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		return 1;
	puts("ready");
	fflush(stdout);
	for (i = 0; !stop; i++) {
		/*
		 * CPU time of this thread: it spins while it waits for the
		 * lock. Time in which other tasks have the CPU does not count.
		 */
		long long start = now(CLOCK_THREAD_CPUTIME_ID), took;

		setpgid(0, 0);
		took = now(CLOCK_THREAD_CPUTIME_ID) - start;
		if (took > worst)
			worst = took;
		/* Let other tasks have the CPU, too. */
		if (i % 8 == 0)
			usleep(20);
	}
	printf("%lld\n", worst);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Return: what is in @file, of @size bytes, or NULL. */
static void *read_file(const char *file, size_t *size)
{
	int fd = open(file, O_RDONLY);
	char *image = NULL;
	struct stat stat;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &stat))
		image = malloc(stat.st_size);
	if (image && read(fd, image, stat.st_size) != stat.st_size) {
		free(image);
		image = NULL;
	}
	close(fd);
	*size = stat.st_size;
	return image;
}

/*
 * System calls only: insmod and rmmod would be read from the host, which the clock
 * does not know of.
 */
static int time_module(const char *file, const char *name)
{
	long long took[ROUNDS], start;
	size_t size;
	void *image = read_file(file, &size);
	int i;

	if (!image)
		return 1;
	for (i = 0; i < ROUNDS; i++) {
		start = now(CLOCK_MONOTONIC);
		if (syscall(SYS_init_module, image, size, "") ||
		    syscall(SYS_delete_module, name, O_NONBLOCK)) {
			perror(name);
			break;
		}
		took[i] = now(CLOCK_MONOTONIC) - start;
	}
	free(image);
	if (i < ROUNDS)
		return 1;
	qsort(took, ROUNDS, sizeof(took[0]), compare);
	printf("%lld\n", took[ROUNDS / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGTERM, on_term);
	if (argc == 3 && !strcmp(argv[1], "threads"))
		return start_threads(atoi(argv[2]), 0);
	if (argc == 3 && !strcmp(argv[1], "deep"))
		return start_threads(atoi(argv[2]), 1);
	if (argc == 3 && !strcmp(argv[1], "fork"))
		return time_forks(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "lock"))
		return time_lock();
	if (argc == 4 && !strcmp(argv[1], "module"))
		return time_module(argv[2], argv[3]);
	fprintf(stderr,
		"usage: bench_user threads NUMBER | deep NUMBER | fork NUMBER | lock | module FILE NAME\n");
	return 2;
}
