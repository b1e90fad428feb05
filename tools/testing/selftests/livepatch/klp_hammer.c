// SPDX-License-Identifier: GPL-2.0
/*
 * klp_hammer - call patched functions from several processes
 *
 * usage: klp_hammer NUMBER [FILE]
 *
 * Each process reads debugfs livepatch_test/consistency, or FILE there, until
 * SIGTERM. What it reads is a number of inconsistent calls. At the end the parent
 * prints how often the file was read, times 1000, and how many calls were
 * inconsistent.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "/sys/kernel/debug/livepatch_test/"

struct totals {
	atomic_long calls;
	atomic_long bad;
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void hammer(struct totals *totals, const char *file)
{
	char buf[32];
	ssize_t len;
	int fd;

	while (!stop) {
		fd = open(file, O_RDONLY);
		if (fd < 0)
			exit(2);
		len = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		if (len <= 0)
			exit(2);
		buf[len] = 0;
		atomic_fetch_add(&totals->calls, 1000);
		atomic_fetch_add(&totals->bad, atol(buf));
		/* Let the machine be idle at times. */
		usleep(500);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	int i, status, ret = 0, nr = argc > 1 ? atoi(argv[1]) : 4;
	struct totals *totals;
	char file[128];
	pid_t *pids;

	snprintf(file, sizeof(file), FOLDER "%s", argc > 2 ? argv[2] : "consistency");

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
			hammer(totals, file);
	}
	while (!stop)
		pause();
	for (i = 0; i < nr; i++)
		kill(pids[i], SIGTERM);
	for (i = 0; i < nr; i++) {
		waitpid(pids[i], &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			ret = 2;
	}
	printf("%ld %ld\n", atomic_load(&totals->calls),
	       atomic_load(&totals->bad));
	return ret;
}
