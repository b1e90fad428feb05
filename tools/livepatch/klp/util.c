// SPDX-License-Identifier: GPL-2.0
/*
 * klp: errors, paths, small files, time.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "util.h"

static char last_error[2 * PATH_MAX];

/* Print "klp: " and one line, whatever the names in the text contain. */
static void print_line(const char *fmt, va_list args)
{
	vsnprintf(last_error, sizeof(last_error), fmt, args);
	util_printable(last_error);
	fflush(stdout);
	fprintf(stderr, "klp: %s\n", last_error);
}

/**
 * util_error - say what failed, at which file or process, and what to do
 * @fmt: one line for printf()
 *
 * Return: KLP_ERROR.
 */
int util_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
	return KLP_ERROR;
}

/**
 * util_usage - say what is wrong with the command line
 * @fmt: one line for printf()
 *
 * Return: KLP_USAGE.
 */
int util_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
	return KLP_USAGE;
}

/**
 * util_note - say something that does not belong into the output
 * @fmt: one line for printf()
 */
void util_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
	last_error[0] = '\0';
}

/**
 * util_die - report that klp cannot go on, and exit
 * @fmt: one line for printf()
 */
void util_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(fmt, args);
	va_end(args);
	exit(KLP_ERROR);
}

/**
 * util_last_error - get the last error's text
 *
 * Return: The text, NULL if there was no error.
 */
const char *util_last_error(void)
{
	return last_error[0] ? last_error : NULL;
}

/**
 * util_path - make a path below klp_opts.root
 * @path: where to
 * @fmt: the path for printf(), beginning with a slash
 */
void util_path(struct util_path *path, const char *fmt, ...)
{
	va_list args;
	size_t root;
	int len;

	root = strlen(klp_opts.root);
	if (root >= sizeof(path->s))
		util_die("--root: the path is too long: choose a shorter one");
	memcpy(path->s, klp_opts.root, root);
	va_start(args, fmt);
	len = vsnprintf(path->s + root, sizeof(path->s) - root, fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(path->s) - root)
		util_die("%.64s...: the path is too long: use a shorter name", path->s);
}

/**
 * util_read_at - read a small file
 * @dir: a folder's descriptor
 * @name: the file's path from there
 * @buf: what to read into; gets a NUL at the end, and loses newlines at the end
 * @size: its size
 *
 * Three system calls: thousands of tasks are looked at in this way.
 *
 * Return: The length, or -errno.
 */
int util_read_at(int dir, const char *name, char *buf, size_t size)
{
	ssize_t len;
	int fd;

	buf[0] = '\0';
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	while (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return len;
}

/**
 * util_read - read a small file
 * @path: its path; nothing is put in front of it
 * @buf: see util_read_at()
 * @size: its size
 *
 * Return: The length, or -errno.
 */
int util_read(const char *path, char *buf, size_t size)
{
	return util_read_at(AT_FDCWD, path, buf, size);
}

/**
 * util_write - write a value to a file of the kernel
 * @path: its path; nothing is put in front of it
 * @value: the value
 *
 * Return: 0 or -errno.
 */
int util_write(const char *path, const char *value)
{
	ssize_t len = strlen(value), done;
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	done = write(fd, value, len);
	if (done < 0)
		ret = -errno;
	else if (done != len)
		ret = -EIO;
	close(fd);
	return ret;
}

/**
 * util_number_at - read a number from a small file
 * @dir: a folder's descriptor
 * @name: the file's path from there
 *
 * Return: The number, or -1 if there is no such file or no number in it.
 */
long long util_number_at(int dir, const char *name)
{
	char buf[32], *end;
	long long value;

	if (util_read_at(dir, name, buf, sizeof(buf)) <= 0)
		return -1;
	value = strtoll(buf, &end, 10);
	return *end || value < 0 ? -1 : value;
}

/**
 * util_text_at - read one line from a small file
 * @ob: where the text is kept
 * @dir: a folder's descriptor
 * @name: the file's path from there
 *
 * Return: The text, or NULL if there is no such file or nothing in it.
 */
char *util_text_at(struct obstack *ob, int dir, const char *name)
{
	char buf[1024];

	if (util_read_at(dir, name, buf, sizeof(buf)) <= 0)
		return NULL;
	buf[strcspn(buf, "\n")] = '\0';
	return obstack_copy0(ob, buf, strlen(buf));
}

/**
 * util_release - get the release of the running kernel
 * @buf: where to
 * @size: its size
 *
 * Return: @buf.
 */
char *util_release(char *buf, size_t size)
{
	struct util_path path;

	util_path(&path, "/proc/sys/kernel/osrelease");
	if (util_read(path.s, buf, size) <= 0)
		util_die("%s: cannot be read: is /proc mounted?", path.s);
	return buf;
}

/**
 * util_now_ms - get the time since boot
 *
 * Return: The time in milliseconds, including that in suspend.
 */
long long util_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/**
 * util_sleep_ms - sleep
 * @ms: for how many milliseconds
 */
void util_sleep_ms(long long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	fflush(stdout);
	nanosleep(&ts, NULL);
}

/**
 * util_parse_ms - parse a time: "2", "0.5s", "200ms", "3m"
 * @text: the text; seconds if it has no unit
 * @ms: gets the time in milliseconds
 *
 * Return: 0 or -EINVAL.
 */
int util_parse_ms(const char *text, long long *ms)
{
	double value;
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return -EINVAL;
	value = strtod(text, &end);
	if (!strcmp(end, "") || !strcmp(end, "s"))
		value *= 1000;
	else if (!strcmp(end, "m"))
		value *= 60 * 1000;
	else if (strcmp(end, "ms"))
		return -EINVAL;
	/* The kernel keeps milliseconds in 32 bits. */
	if (end == text || !isfinite(value) || value < 0 || value > UINT_MAX)
		return -EINVAL;
	*ms = value + 0.5;
	return 0;
}

/**
 * util_seconds - format a time
 * @buf: where to
 * @size: its size
 * @ms: the time in milliseconds, or -1 if it is not known
 *
 * Return: @buf.
 */
char *util_seconds(char *buf, size_t size, long long ms)
{
	if (ms < 0)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.1f s", ms / 1000.0);
	return buf;
}

/* Names are UTF-8, whatever the user's locale is, since JSON is. */
static void use_utf8(void)
{
	static locale_t utf8;

	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8)
		uselocale(utf8);
}

/**
 * util_printable - replace what could confuse a terminal or a reader of lines, or is no UTF-8
 * @text: a name that any user can have chosen; changed in place
 *
 * Return: @text.
 */
char *util_printable(char *text)
{
	size_t left = strlen(text), len;
	mbstate_t state = { };
	char *at = text;
	wchar_t wide;

	use_utf8();
	while (left) {
		len = mbrtowc(&wide, at, left, &state);
		if (len > left) {
			/* Wrong, or cut off at the end */
			memset(&state, 0, sizeof(state));
			len = 1;
			*at = '?';
		} else if (iswcntrl(wide)) {
			memset(at, '?', len);
		}
		at += len;
		left -= len;
	}
	uselocale(LC_GLOBAL_LOCALE);
	return text;
}
