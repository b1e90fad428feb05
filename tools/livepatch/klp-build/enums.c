// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: does a fix change the values of enumerators, or what they stand for? What
 * exists has the old ones.
 *
 * The last one may be a count of the others, or the last two a count and the greatest
 * value. Nothing has these values as its own.
 */
#include <inttypes.h>
#include <strings.h>

#include "layout.h"

/**
 * struct enumerator - a name of an enumeration
 * @name:	Its name.
 * @value:	Its value.
 * @die:	The enumeration.
 * @left:	How many come after it.
 */
struct enumerator {
	const char	*name;
	int64_t		value;
	Dwarf_Die	*die;
	size_t		left;
};

static struct ptrs read_enum(struct build *build, struct described *described)
{
	struct enumerator *enumerator;
	struct ptrs list = { };
	Dwarf_Die die;
	size_t i;

	if (dwarf_child(&described->die, &die))
		return list;
	do {
		if (dwarf_tag(&die) != DW_TAG_enumerator || !dwarf_diename(&die))
			continue;
		enumerator = pool_alloc(build->pool, sizeof(*enumerator));
		enumerator->name = pool_printf(build->pool, "%s", dwarf_diename(&die));
		enumerator->value = debug_number(&die, DW_AT_const_value, 0);
		enumerator->die = &described->die;
		ptrs_add(build->pool, &list, enumerator);
	} while (!dwarf_siblingof(&die, &die));
	for_each(&list, i, enumerator)
		enumerator->left = list.nr - 1 - i;
	return list;
}

static struct ptrs read_all(struct build *build, struct debug *debug)
{
	struct enumerator *enumerator;
	struct described *described;
	struct ptrs all = { }, list;
	size_t i, j;

	for_each(&debug->enums, i, described) {
		list = read_enum(build, described);
		for_each(&list, j, enumerator)
			ptrs_add(build->pool, &all, enumerator);
	}
	return all;
}

/* Functions may have enumerations of their own: several enumerators may have one name. */
static struct map *by_name(struct build *build, const struct ptrs *all)
{
	struct map *map = map_new(build->pool, 10000);
	struct enumerator *enumerator;
	size_t i;

	for_each(all, i, enumerator)
		map_add(map, enumerator->name, enumerator);
	return map;
}

static bool is_kept(const struct map *values, const struct enumerator *old)
{
	struct enumerator *new = map_get(values, old->name);

	while (new && new->value != old->value)
		new = map_next(values, old->name, new);
	return new;
}

/* Names of counts and the like, such as X_MAX, NR_X, __X_LAST or X_MASK */
static bool is_count_name(const char *name)
{
	static const char * const words[] = {
		"max", "nr", "num", "count", "counts", "cnt", "last", "end", "size", "total",
		"limit", "len", "mask",
	};
	size_t length, i;

	for (; *name; name += length + !!name[length]) {
		length = strcspn(name, "_");
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (strlen(words[i]) == length && !strncasecmp(name, words[i], length))
				return true;
	}
	return false;
}

/* How many enumerators at the end are counts: two if they are __X_MAX, X_MAX = __X_MAX - 1 */
static size_t nr_counts(const struct ptrs *list)
{
	const struct enumerator *last = list->at[list->nr - 1], *other;

	if (list->nr < 3 || !is_count_name(last->name))
		return 0;
	other = list->at[list->nr - 2];
	return list->nr > 4 && last->value == other->value - 1 && is_count_name(other->name) ?
	       2 : 1;
}

/* Is it a count of others that keep their values? */
static bool is_count(const struct map *values, const struct ptrs *list,
		     const struct enumerator *old, const struct enumerator *new)
{
	size_t nr = nr_counts(list), i;

	if (old->left >= nr || new->left != old->left)
		return false;
	for (i = 0; i < list->nr - nr; i++)
		if (!is_kept(values, list->at[i]))
			return false;
	return true;
}

static void compare_enum(struct build *build, const struct map *values,
			 const struct ptrs *list)
{
	const struct enumerator *old, *new;
	size_t i;

	for_each(list, i, old) {
		new = map_get(values, old->name);
		if (!new || is_kept(values, old))
			continue;
		layout_changed(build, pool_printf(build->pool, "the value of '%s'", old->name),
			       is_count(values, list, old, new) ? SHAPE_COUNT : SHAPE_VALUE,
			       pool_printf(build->pool, "from %" PRId64 " to %" PRId64,
					   old->value, new->value), new->die);
	}
}

/* An enumerator of the unpatched object that is gone, or NULL */
static const struct enumerator *find_gone(struct build *build, struct debug *before)
{
	struct ptrs all = read_all(build, before);
	const struct enumerator *enumerator;
	size_t i;

	for_each(&all, i, enumerator)
		if (renamed_is_gone(build, enumerator->die, enumerator->name))
			return enumerator;
	return NULL;
}

/* What has the value of one that is gone may be taken for what has that of a new one. */
static void compare_names(struct build *build, struct debug *before, const struct ptrs *new)
{
	const struct enumerator *gone = find_gone(build, before), *enumerator;
	size_t i;

	if (!gone)
		return;
	for_each(new, i, enumerator) {
		if (!renamed_is_new(build, enumerator->die, enumerator->name))
			continue;
		layout_changed(build, enumerator->name, SHAPE_NAME, gone->name, enumerator->die);
		return;
	}
}

/**
 * enums_compare - find enumerators that get another value or another name
 * @build: the build; what differs is added to its shapes
 * @before: the debug information of the unpatched object
 * @after: that of the patched object
 */
void enums_compare(struct build *build, struct debug *before, struct debug *after)
{
	struct ptrs all = read_all(build, after), list;
	struct map *values = by_name(build, &all);
	struct described *described;
	size_t i;

	for_each(&before->enums, i, described) {
		list = read_enum(build, described);
		compare_enum(build, values, &list);
	}
	compare_names(build, before, &all);
}
