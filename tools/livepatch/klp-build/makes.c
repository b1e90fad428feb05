// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: headers that kbuild makes other files of.
 *
 * kbuild writes no .cmd file for what $(call cmd,...) makes. That such a file depends on
 * a header is only said in a makefile.
 */
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <unistd.h>

#include "report.h"
#include "unit.h"

/* What nftw() calls gets no argument. */
static struct search {
	struct pool		*pool;
	const struct tree	*tree;
	enum status		status;
} search;

static bool is_makefile(const char *name)
{
	return str_starts(name, "Makefile") || !strcmp(name, "Kbuild");
}

/* Has kbuild been in this folder of the source? */
static bool is_built(const char *folder, size_t length)
{
	static const char * const results[] = { "built-in.a", "modules.order" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(results); i++)
		if (!access(pool_printf(search.pool, "%s/%.*s%s", search.tree->build, (int)length,
					folder, results[i]), F_OK))
			return true;
	return false;
}

/* All units that include what an option names depend on it: that is seen in .cmd files. */
static bool is_option(const char *text, const char *at)
{
	static const char option[] = "-include";
	const char *word = at;

	while (word > text && !isspace(word[-1]))
		word--;
	while (word > text && isspace(word[-1]))
		word--;
	return word - text >= (ptrdiff_t)strlen(option) &&
	       !strncmp(word - strlen(option), option, strlen(option));
}

static bool is_comment(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return *at == '#';
}

static bool names(const char *text, const char *header)
{
	size_t length = strlen(header);
	const char *at;

	for (at = strstr(text, header); at; at = strstr(at + length, header))
		if ((at == text || at[-1] == '/' || isspace(at[-1])) && !isalnum(at[length]) &&
		    !is_option(text, at) && !is_comment(text, at))
			return true;
	return false;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *place = path + strlen(search.tree->source) + 1;
	char *text, *file;
	size_t i;

	(void)st;
	if (type != FTW_F || !is_makefile(path + ftw->base) ||
	    !is_built(place, path + ftw->base - place))
		return 0;
	text = file_read(search.pool, path, NULL);
	if (!text) {
		search.status = error("%s: %s", path, strerror(errno));
		return search.status;
	}
	for_each(&search.tree->files, i, file) {
		if (!str_ends(file, ".h") || !names(text, file))
			continue;
		report_where(file);
		search.status = refuse("it is not known what %s makes of this header", place);
		note("put what is new into another header");
	}
	return 0;
}

/**
 * makes_check - check that kbuild makes nothing of a fix's headers
 * @pool: for temporary memory
 * @tree: the tree
 *
 * Return: KB_OK; KB_REFUSED or KB_ERROR after a message.
 */
enum status makes_check(struct pool *pool, const struct tree *tree)
{
	char *file;
	size_t i;

	search = (struct search){ .pool = pool, .tree = tree };
	for_each(&tree->files, i, file)
		if (str_ends(file, ".h"))
			break;
	if (tree->outside || i == tree->files.nr)
		return KB_OK;
	if (nftw(tree->source, visit, 64, FTW_PHYS) && !search.status)
		return error("%s: %s", tree->source, strerror(errno));
	return search.status;
}
