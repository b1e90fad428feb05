// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: structs and enumerators that a fix gives another name.
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

static void add_name(struct map *names, const char *name)
{
	if (!map_get(names, name))
		map_add(names, name, (void *)name);
}

/* Structs and unions are "struct NAME", and "struct NAME{" where they are defined. */
static void add_struct(struct pool *pool, struct map *names, const char *word, size_t length)
{
	const char *next = word + length;

	add_name(names, pool_printf(pool, "struct %.*s", (int)length, word));
	while (isspace((unsigned char)*next))
		next++;
	if (*next == '{')
		add_name(names, pool_printf(pool, "struct %.*s{", (int)length, word));
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
			if (tag)
				add_struct(pool, names, word, length);
			else
				add_name(names, pool_printf(pool, "%.*s", (int)length, word));
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

/**
 * renamed_is_gone - does the fix remove a name that it has defined?
 * @build: the build
 * @die: what has the name, in the unpatched object
 * @name: the name, of a struct with "struct"
 *
 * Return: true if so.
 */
bool renamed_is_gone(struct build *build, Dwarf_Die *die, const char *name)
{
	return is_in_fix(build, die) && !has_name(build, true, name);
}

/**
 * renamed_is_new - does the fix define a name that was not there?
 * @build: the build
 * @die: what has the name, in the patched object
 * @name: the name, of a struct with "struct"
 *
 * Return: true if so.
 */
bool renamed_is_new(struct build *build, Dwarf_Die *die, const char *name)
{
	return is_in_fix(build, die) && !has_name(build, false, name);
}

static bool is_gone(struct build *build, struct debug *after, struct described *type)
{
	return !map_get(after->types_by, type->name) &&
	       renamed_is_gone(build, &type->die, type->name);
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

/* Does a type of the unit look like the new one, and has no name any more? */
static void find_old_name(struct build *build, struct debug *before, struct debug *after,
			  struct described *type)
{
	struct shape *shape = layout_shape(build, type->name);
	const char *what = NULL;
	struct described *old;
	size_t i;

	shape->fresh = true;
	shape->where = layout_place(build, &type->die);
	for_each(&before->types, i, old) {
		if (!is_gone(build, after, old))
			continue;
		if (types_same(build, &old->die, &type->die, true, &what))
			shape->renamed = true;
		add_gone(build, shape, layout_shape(build, old->name));
	}
}

static void compare_new(struct build *build, struct debug *before, struct debug *after,
			struct described *type)
{
	const char *name = other_word(build, type->name);
	struct shape *shape;

	/* Structs and unions cannot have one name at the same time. */
	if (name && map_get(before->types_by, name)) {
		shape = layout_changed(build, type->name, SHAPE_TYPE,
				       pool_printf(build->pool, "it was '%s'", name), &type->die);
		add_gone(build, shape, layout_shape(build, name));
	} else if (renamed_is_new(build, &type->die, type->name)) {
		find_old_name(build, before, after, type);
	}
}

/**
 * renamed_compare - find types that may have been other ones before
 * @build: the build; what is new or gone is marked in its shapes
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void renamed_compare(struct build *build, struct debug *before, struct debug *after)
{
	struct described *type;
	size_t i;

	for_each(&before->types, i, type)
		if (is_gone(build, after, type))
			layout_shape(build, type->name)->vanished = true;
	for_each(&after->types, i, type)
		if (!map_get(before->types_by, type->name))
			compare_new(build, before, after, type);
}

/**
 * renamed_check - find new types that may be ones that are gone
 * @build: the build, all units of which are compared
 *
 * Two types of different units are not compared. So the new one counts as changed, unless
 * it is the same as another one that is gone from its unit.
 */
void renamed_check(struct build *build)
{
	struct shape *shape, *other, *first;
	size_t i, j;

	for_each(&build->all_shapes, i, shape) {
		if (!shape->fresh || shape->renamed)
			continue;
		for_each(&build->all_shapes, j, other)
			if (other->vanished)
				add_gone(build, shape, other);
		if (!shape->gone.nr)
			continue;
		first = shape->gone.at[0];
		shape->kind = SHAPE_TYPE;
		shape->changed = pool_printf(build->pool, "it may be '%s', which is gone",
					     first->name);
	}
}

/**
 * renamed_has_shadow - does the fix use shadow variables?
 * @build: the build
 *
 * Return: true if so.
 */
bool renamed_has_shadow(struct build *build)
{
	return has_name(build, true, "klp_shadow_get") ||
	       has_name(build, true, "klp_shadow_alloc") ||
	       has_name(build, true, "klp_shadow_get_or_alloc");
}

/* Does the fix define a struct or union? */
static bool defines(struct build *build, bool patched, const char *type)
{
	return has_name(build, patched, pool_printf(build->pool, "%s{", type));
}

/**
 * renamed_is - is one type the other one, as its name goes?
 * @build: the build
 * @before: its name in the unpatched source, with "struct" or "union"
 * @after: its name in the patched source
 *
 * Return: true if the fix gives it that name, as far as its text tells.
 */
bool renamed_is(struct build *build, const char *before, const char *after)
{
	return defines(build, false, before) && !has_name(build, true, before) &&
	       defines(build, true, after) && !has_name(build, false, after);
}
