// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: structs that a fix gives another name, or makes a union.
 *
 * Debug information has only the types that are used, so it does not tell which ones are
 * gone. The text of the files that the fix changes does: a name that they no longer have is
 * gone, and one that they did not have is new.
 */
#include <ctype.h>

#include "layout.h"

static const char *skip_comment(const char *text)
{
	const char *end;

	if (text[1] == '/')
		return text + strcspn(text, "\n");
	end = strstr(text + 2, "*/");
	return end ? end + 2 : text + strlen(text);
}

static const char *skip_literal(const char *text)
{
	char quote = *text++;

	while (*text && *text != quote && *text != '\n')
		text += *text == '\\' && text[1] ? 2 : 1;
	return *text == quote ? text + 1 : text;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Structs and unions are "struct NAME". */
static void add_name(struct pool *pool, struct map *names, const char *word, size_t length,
		     bool tag)
{
	const char *name = pool_printf(pool, "%s%.*s", tag ? "struct " : "", (int)length, word);

	if (!map_get(names, name))
		map_add(names, name, (void *)name);
}

static void read_names(struct pool *pool, struct map *names, const char *text)
{
	const char *word;
	bool tag = false;
	size_t length;

	while (*text) {
		if (*text == '/' && (text[1] == '/' || text[1] == '*')) {
			text = skip_comment(text);
		} else if (is_word(*text)) {
			for (word = text; is_word(*text); text++)
				;
			length = text - word;
			if ((length == 6 && str_starts(word, "struct")) ||
			    (length == 5 && str_starts(word, "union"))) {
				tag = true;
				continue;
			}
			add_name(pool, names, word, length, tag);
			tag = false;
		} else {
			tag = tag && isspace((unsigned char)*text);
			text = *text == '"' || *text == '\'' ? skip_literal(text) : text + 1;
		}
	}
}

static struct map *names_in(struct build *build, const char *folder)
{
	struct map *names = map_new(build->pool, 10000);
	const char *file, *path, *text;
	size_t i;

	for_each(&build->tree.files, i, file) {
		/* One that is new, or removed, is missing in one of the folders. */
		path = pool_printf(build->pool, "%s/%s", folder, file);
		text = file_read(build->pool, path, NULL);
		if (text)
			read_names(build->pool, names, text);
	}
	return names;
}

static bool has_name(struct build *build, bool patched, const char *type)
{
	struct map **names = &build->names[patched];

	if (!*names)
		*names = names_in(build, patched ? build->tree.overlay : build->tree.source);
	if (str_starts(type, "union "))
		type = pool_printf(build->pool, "struct %s", type + strlen("union "));
	return map_get(*names, type);
}

static bool is_in_fix(struct build *build, Dwarf_Die *die)
{
	const char *place = layout_place(build, die), *file;
	size_t i, length;

	for_each(&build->tree.files, i, file) {
		length = strlen(file);
		if (place && str_starts(place, file) && place[length] == ':')
			return true;
	}
	return false;
}

static bool is_gone(struct build *build, struct debug *after, struct described *type)
{
	return !map_get(after->types_by, type->name) && is_in_fix(build, &type->die) &&
	       !has_name(build, true, type->name);
}

/* Several units may tell the same. */
static void add_gone(struct build *build, struct shape *shape, struct shape *gone)
{
	if (!ptrs_has(&shape->gone, gone))
		ptrs_add(build->pool, &shape->gone, gone);
}

/* The same name with the other word in front, NULL for that of a typedef */
static const char *other_word(struct build *build, const char *name)
{
	if (str_starts(name, "struct "))
		return pool_printf(build->pool, "union %s", name + strlen("struct "));
	if (str_starts(name, "union "))
		return pool_printf(build->pool, "struct %s", name + strlen("union "));
	return NULL;
}

/**
 * renamed_compare - find out whether a type was another one before
 * @build: the build; if it changes, that is added to its shapes
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 * @type: a type of the patched object, whose name the unpatched one does not have
 */
void renamed_compare(struct build *build, struct debug *before, struct debug *after,
		     struct described *type)
{
	const char *name = other_word(build, type->name), *what = NULL;
	struct described *old;
	struct shape *shape, *other;
	struct ptrs gone = { };
	size_t i;

	/* Structs and unions cannot have one name at the same time. */
	if (name && map_get(before->types_by, name)) {
		shape = layout_changed(build, type->name, SHAPE_TYPE,
				       pool_printf(build->pool, "it was '%s'", name), &type->die);
		add_gone(build, shape, layout_shape(build, name));
		return;
	}
	if (!is_in_fix(build, &type->die) || has_name(build, false, type->name))
		return;
	for_each(&before->types, i, old) {
		if (!is_gone(build, after, old))
			continue;
		if (layout_same(build, &old->die, &type->die, true, &what))
			return;
		ptrs_add(build->pool, &gone, layout_shape(build, old->name));
	}
	if (!gone.nr)
		return;
	name = ((struct shape *)gone.at[0])->name;
	shape = layout_changed(build, type->name, SHAPE_TYPE,
			       pool_printf(build->pool, "it may be '%s', which is gone", name),
			       &type->die);
	for_each(&gone, i, other)
		add_gone(build, shape, other);
}
