// SPDX-License-Identifier: GPL-2.0
/*
 * klp: whether a fix is in effect.
 *
 * The kernel is asked. A kernel that does not answer leaves only what follows from the states of
 * the patches: that may say that a function is not in effect, never that it is, because of what
 * else can redirect a function.
 */
#include <stdio.h>
#include <string.h>

#include "effect.h"
#include "util.h"

const char *const effect_words[EFFECT_NR] = {
	[EFFECT_ACTIVE] = "active",
	[EFFECT_COVERED] = "covered",
	[EFFECT_NOT_LOADED] = "not loaded",
	[EFFECT_RETURNS] = "returns to original",
	[EFFECT_BYPASSED] = "bypassed",
	[EFFECT_TRANSITION] = "in transition",
	[EFFECT_DISABLED] = "disabled",
	[EFFECT_NOT_PATCHED] = "not patched",
	[EFFECT_UNKNOWN] = "unknown",
};

/* What the kernel says, up to the names that follow */
static enum effect parse(const char *said)
{
	static const struct {
		const char	*begin;
		enum effect	effect;
	} words[] = {
		{ "active", EFFECT_ACTIVE },
		{ "not loaded", EFFECT_NOT_LOADED },
		{ "not patched", EFFECT_NOT_PATCHED },
		{ "disabled", EFFECT_DISABLED },
		{ "in transition", EFFECT_TRANSITION },
		{ "covered ", EFFECT_COVERED },
		{ "returns ", EFFECT_RETURNS },
		{ "bypassed by ", EFFECT_BYPASSED },
	};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		len = strlen(words[i].begin);
		if (!strncmp(said, words[i].begin, len) &&
		    (!said[len] || words[i].begin[len - 1] == ' '))
			return words[i].effect;
	}
	return EFFECT_UNKNOWN;
}

static bool has_func(const struct sys_patch *patch, const char *object_name,
		     const struct sys_func *like)
{
	const struct sys_object *object;
	const struct sys_func *func;

	for (object = patch->objects; object; object = object->next) {
		if (strcmp(object->name, object_name))
			continue;
		for (func = object->funcs; func; func = func->next)
			if (func->pos == like->pos && !strcmp(func->name, like->name))
				return true;
	}
	return false;
}

/* Find the newest patch above this one that has the same function, and is settled. */
static const struct sys_patch *find_cover(const struct sys_patch *patches,
					  const struct sys_patch *patch,
					  const struct sys_object *object,
					  const struct sys_func *func)
{
	const struct sys_patch *other, *cover = NULL;

	for (other = patches; other && patch->order > 0; other = other->next)
		if (other->order > patch->order && other->state.enabled &&
		    !other->state.transition && has_func(other, object->name, func))
			cover = other;
	return cover;
}

/**
 * effect_of - find out whether a function is in effect
 * @ob: where the text is kept
 * @patches: all patches
 * @patch: the patch
 * @object: its object
 * @func: the object's function
 *
 * Return: The effect.
 */
struct effect_result effect_of(struct obstack *ob, const struct sys_patch *patches,
			       const struct sys_patch *patch, const struct sys_object *object,
			       const struct sys_func *func)
{
	const struct sys_patch *cover;
	struct effect_result result;

	if (func->said)
		return (struct effect_result){ parse(func->said), func->said };
	if (patch->state.transition)
		result.effect = EFFECT_TRANSITION;
	else if (!patch->state.enabled)
		result.effect = EFFECT_DISABLED;
	else if (!object->loaded)
		result.effect = EFFECT_NOT_LOADED;
	else if (object->patched == 0)
		result.effect = EFFECT_NOT_PATCHED;
	else
		result.effect = EFFECT_UNKNOWN;
	result.text = effect_words[result.effect];
	cover = find_cover(patches, patch, object, func);
	if (result.effect == EFFECT_UNKNOWN && cover) {
		result.effect = EFFECT_COVERED;
		obstack_printf(ob, "covered by %s", cover->name);
		obstack_1grow(ob, '\0');
		result.text = obstack_finish(ob);
	}
	return result;
}

/**
 * effect_count - count a patch's functions by their effect
 * @ob: scratch memory
 * @patches: all patches
 * @patch: the patch
 * @counts: gets the numbers
 */
void effect_count(struct obstack *ob, const struct sys_patch *patches,
		  const struct sys_patch *patch, size_t counts[EFFECT_NR])
{
	const struct sys_object *object;
	const struct sys_func *func;

	memset(counts, 0, EFFECT_NR * sizeof(counts[0]));
	for (object = patch->objects; object; object = object->next)
		for (func = object->funcs; func; func = func->next)
			counts[effect_of(ob, patches, patch, object, func).effect]++;
}
