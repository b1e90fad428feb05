// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: what the fix itself tells, with the macros of include/linux/livepatch_fix.h.
 */
#include <stdlib.h>

#include "build.h"
#include "report.h"

#define MARK	".klp.mark."

static const char * const kinds[] = { "pre_patch", "post_patch", "pre_unpatch", "post_unpatch" };

static enum status add_callback(struct build *build, struct unit *unit, const char *kind,
				struct piece *function)
{
	struct callback *callback;
	size_t i;

	if (!function || function->kind != PIECE_CODE || function->verdict != VERDICT_NEW) {
		report_where(unit->source);
		refuse("the callback %s is not a new function of this file", kind);
		note("give the callback a function of its own");
		return KB_REFUSED;
	}
	for_each(&build->callbacks, i, callback) {
		if (callback->unit->image != unit->image || strcmp(callback->kind, kind))
			continue;
		report_where(select_where(build, unit, function));
		refuse("'%s' is another callback %s of %s, beside '%s'", function->name, kind,
		       unit->image->name, callback->piece->name);
		note("call both functions from one callback");
		return KB_REFUSED;
	}
	callback = pool_alloc(build->pool, sizeof(*callback));
	callback->unit = unit;
	callback->kind = kind;
	callback->piece = function;
	callback->global = pool_printf(build->pool, "klp_callback_%zu", build->callbacks.nr);
	ptrs_add(build->pool, &build->callbacks, callback);
	return KB_OK;
}

static enum status read_callbacks(struct build *build, struct unit *unit,
				  const struct section *section)
{
	const char *name = section->name + strlen(MARK);
	enum status status = KB_OK;
	unsigned int r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i]))
			break;
	if (i == ARRAY_SIZE(kinds)) {
		report_where(unit->source);
		return refuse("section %s is not understood", section->name);
	}
	for (r = 0; r < section->nr_relocs && !status; r++)
		status = add_callback(build, unit, kinds[i], section->relocs[r].target);
	return status;
}

/**
 * marks_add_state - add a state to those of the patch
 * @build: the build
 * @text: "ID:VERSION"
 *
 * Return: false if the text is something else.
 */
bool marks_add_state(struct build *build, const char *text)
{
	struct options *options = &build->options;
	struct state *state = options->states;
	char *end;

	options->states = pool_alloc(build->pool, (options->nr_states + 1) * sizeof(*state));
	if (options->nr_states)
		memcpy(options->states, state, options->nr_states * sizeof(*state));
	state = &options->states[options->nr_states++];
	state->id = strtoul(text, &end, 0);
	if (end == text || *end != ':' || !state->id)
		return false;
	text = end + 1;
	state->version = strtoul(text, &end, 0);
	return end != text && !*end;
}

/* A fix tells something once, or the same in several units. */
static enum status set(const struct unit *unit, const char **option, const char *value,
		       const char *what)
{
	report_where(unit->source);
	if (*option && strcmp(*option, value))
		return refuse("the fix tells two %s: '%s' and '%s'", what, *option, value);
	*option = value;
	return KB_OK;
}

static enum status check_states(struct options *options)
{
	struct state *states = options->states;
	size_t i, j, nr = 0;

	for (i = 0; i < options->nr_states; i++) {
		for (j = 0; j < nr && states[j].id != states[i].id; j++)
			;
		if (j == nr) {
			states[nr++] = states[i];
		} else if (states[j].version != states[i].version) {
			report_where("");
			return refuse("state %lu has two versions: %u and %u", states[j].id,
				      states[j].version, states[i].version);
		}
	}
	options->nr_states = nr;
	return KB_OK;
}

static enum status add_text(struct build *build, struct unit *unit, const char *text)
{
	static const char * const models[] = {
		"KLP_CONSISTENCY_TASK", "KLP_CONSISTENCY_IMMEDIATE", "KLP_CONSISTENCY_TASK_EXIT",
		"KLP_CONSISTENCY_SYSTEM", "KLP_CONSISTENCY_SYSTEM_FROZEN",
	};
	struct options *options = &build->options;
	const char *value = strchr(text, '=');
	size_t i;

	value = value ? value + 1 : "";
	if (str_starts(text, "immediate=")) {
		ptrs_add(build->pool, &build->immediate, (char *)value);
		return KB_OK;
	}
	if (str_starts(text, "fixes=")) {
		ptrs_add(build->pool, &options->texts, (char *)text);
		return KB_OK;
	}
	if (str_starts(text, "description="))
		return set(unit, &build->description, value, "descriptions");
	if (str_starts(text, "state=") && marks_add_state(build, value))
		return KB_OK;
	if (str_starts(text, "consistency="))
		for (i = 0; i < ARRAY_SIZE(models); i++)
			if (!strcmp(value, models[i]))
				return set(unit, &build->consistency, models[i],
					   "consistency models");
	report_where(unit->source);
	return refuse("'%s' is not understood", text);
}

static enum status read_texts(struct build *build, struct unit *unit,
			      const struct section *section)
{
	const char *text;
	enum status status = KB_OK;
	uint64_t at, length;

	for (at = 0; section->data && at < section->size && !status; at += length + 1) {
		text = (const char *)section->data + at;
		length = strnlen(text, section->size - at);
		if (length)
			status = add_text(build, unit, pool_printf(build->pool, "%.*s", (int)length,
								   text));
	}
	return status;
}

/**
 * marks_read - read what the fix itself tells
 * @build: the build, the units of which are compared; its callbacks and options are set
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status marks_read(struct build *build)
{
	enum status status = KB_OK;
	const struct section *section;
	struct unit *unit;
	unsigned int s;
	size_t i;

	for_each(&build->units, i, unit) {
		for (s = 1; unit->after && s < unit->after->nr_sections && !status; s++) {
			section = &unit->after->sections[s];
			if (!strcmp(section->name, MARK "text"))
				status = read_texts(build, unit, section);
			else if (str_starts(section->name, MARK))
				status = read_callbacks(build, unit, section);
		}
	}
	return status ? : check_states(&build->options);
}

/**
 * marks_check - check that what the fix tells is about something
 * @build: the build, with all that is replaced
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status marks_check(struct build *build)
{
	struct replaced *replaced;
	bool found;
	char *name;
	size_t i, j;

	for_each(&build->immediate, i, name) {
		found = false;
		for_each(&build->replaced, j, replaced) {
			if (strcmp(replaced->name, name))
				continue;
			replaced->immediate = true;
			found = true;
		}
		if (found)
			continue;
		report_where("");
		return refuse("KLP_IMMEDIATE(\"%s\"): no function of this name is replaced", name);
	}
	return KB_OK;
}

/**
 * marks_callback - find the name that a callback gets in our object file
 * @build: the build
 * @piece: a piece
 *
 * Return: the name, NULL if the piece is no callback.
 */
const char *marks_callback(const struct build *build, const struct piece *piece)
{
	struct callback *callback;
	size_t i;

	for_each(&build->callbacks, i, callback)
		if (callback->piece == piece)
			return callback->global;
	return NULL;
}
