// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: is a patch module what a kernel that is built with the fix would run?
 *
 * Each unit that the fix reaches is compiled as kbuild does it, unpatched and patched. What
 * differs must be what the module's tables say, and each new function must be, instruction
 * by instruction, the one of the patched object. What a relocation leads to is told by
 * names, positions and places in the images, not by what has made the module.
 */
#include <stdlib.h>

#include "compare.h"
#include "report.h"
#include "verify.h"
#include "walk.h"

#define KLP_SYM		".klp.sym."

/* A function or variable of the patched object that is at a place of the module */
struct job {
	struct unit	*unit;
	struct piece	*piece;
	uint64_t	loc;
};

/* --- where relocations lead ---------------------------------------------- */

static const struct image *find_image(const struct build *build, const char *name, size_t length)
{
	struct image *image;
	size_t i;

	for_each(&build->images, i, image)
		if (!strncmp(image->name, name, length) && !image->name[length])
			return image;
	return NULL;
}

/* The symbol that the kernel finds for ".klp.sym.OBJECT.SYMBOL,POSITION" */
static struct symbol *find_final(struct verify *verify, const char *final, const char **plain,
				 const struct image **image)
{
	struct pool *pool = verify->build->pool;
	const char *object = final + strlen(KLP_SYM), *dot = strchr(object, '.');
	const char *comma = strrchr(final, ',');
	unsigned long wanted;
	struct symbol *symbol = NULL;
	unsigned int position;

	*plain = NULL;
	*image = NULL;
	if (!dot || !comma || comma < dot)
		return NULL;
	*plain = pool_printf(pool, "%.*s", (int)(comma - dot - 1), dot + 1);
	*image = find_image(verify->build, object, dot - object);
	wanted = strtoul(comma + 1, NULL, 10);
	while (*image && (symbol = map_next((*image)->names, *plain, symbol)))
		if (image_position(pool, *image, *plain, image_loc(*image, symbol), &position) &&
		    (position == wanted || (!position && wanted == 1)))
			return symbol;
	return NULL;
}

static struct piece *named(const struct object *object, const char *name, enum piece_kind kind)
{
	struct piece *piece = map_get(object->names, name);

	while (piece && piece->kind != kind)
		piece = map_next(object->names, name, piece);
	return piece;
}

/* Is this place of the unit's image that of the patched piece before the fix? */
static bool is_original(struct verify *verify, const struct piece *patched, uint64_t loc)
{
	struct match match = { .pool = verify->build->pool, .image = verify->unit->image };
	struct piece *original = patched ? patched->twin : NULL;

	return original && !match_data(&match, original) && original->loc == loc;
}

static bool leads_to_symbol(struct verify *verify, const struct reloc *reloc, const char *final)
{
	const char *name = reloc->symbol->name;
	struct piece *target = reloc->target;
	const struct image *image;
	struct symbol *symbol;
	const char *plain;

	/* An exported symbol has only one name. */
	if (!str_starts(final, KLP_SYM))
		return !strcmp(final, name) && reloc->symbol->bind != STB_LOCAL &&
		       map_get(verify->build->exports, final);
	symbol = find_final(verify, final, &plain, &image);
	if (target && reloc->symbol->bind != STB_WEAK)
		target = named(verify->unit->after, target->name, target->kind);
	else
		target = refer_exposed(verify->build, verify->unit, name);
	if (target || (reloc->target && reloc->symbol->bind != STB_WEAK))
		return symbol && image == verify->unit->image &&
		       is_original(verify, target, image_loc(image, symbol));
	/* Without the image of another module, its exports are all that there is. */
	if (!image)
		return plain && !strcmp(plain, name) && map_get(verify->build->exports, plain);
	return symbol && symbol->bind != STB_LOCAL && !strcmp(plain, name);
}

static bool add_job(struct verify *verify, struct unit *unit, struct piece *piece, uint64_t loc)
{
	struct job *job;

	if (piece->found > FOUND_NOWHERE)
		return piece->loc == loc;
	piece->found = FOUND_BY_REFERENCE;
	piece->loc = loc;
	job = pool_alloc(verify->build->pool, sizeof(*job));
	job->unit = unit;
	job->piece = piece;
	job->loc = loc;
	ptrs_add(verify->build->pool, &verify->jobs, job);
	return true;
}

/**
 * verify_goal - tell whether a relocation leads to what a field of the module leads to
 * @verify: what is verified
 * @reloc: a relocation of a patched object
 * @goal: where the module's field leads; to a symbol, if @reloc leads to a piece
 * @bounds: not used: what is found is kept in @verify
 *
 * Return: true if both lead to the same.
 */
bool verify_goal(struct verify *verify, const struct reloc *reloc, const struct goal *goal,
		 struct ptrs *bounds)
{
	const char *name = reloc->symbol->name;
	struct unit *owner;
	struct piece *piece;
	int64_t at = reloc->at - (reloc->target ? (int64_t)reloc->target->entry : 0);

	(void)bounds;
	if (goal->name)
		return (int64_t)goal->loc == at && leads_to_symbol(verify, reloc, goal->name);
	/* A new function of another unit */
	if (!refer_new_global(verify->build, verify->unit, name, &owner) || !owner->plain ||
	    !image_symbol(verify->module, name, goal->loc - at))
		return false;
	piece = named(owner->plain, name, PIECE_CODE);
	if (!piece)
		piece = named(owner->plain, name, PIECE_DATA);
	return piece && add_job(verify, owner, piece, goal->loc - at);
}

/* --- comparing ----------------------------------------------------------- */

/* Find the module's entry for a place, and compare it with ours. */
static bool same_entry(struct verify *verify, struct match *match, struct piece *entry,
		       uint64_t place, struct ptrs *bounds)
{
	const struct object *object = verify->module->object;
	const struct section *section;
	const uint8_t *data = piece_data(entry), *there;
	uint64_t loc, left, i;
	struct goal goal;
	unsigned int s, r;
	bool same;

	for (s = 1; s < object->nr_sections; s++) {
		section = &object->sections[s];
		if (strcmp(section->name, entry->section->name))
			continue;
		loc = image_section_loc(verify->module, section);
		for (i = 0; i + entry->size <= section->size; i += entry->size) {
			if (!image_goal(verify->module, loc + i, entry->relocs[0].type, 0, &goal) ||
			    goal.name || goal.loc != place)
				continue;
			same = true;
			for (r = 1; r < entry->nr_relocs && same; r++)
				same = walk_reloc(match, entry, &entry->relocs[r],
						  loc + i + entry->relocs[r].offset - entry->offset,
						  bounds);
			there = image_bytes(verify->module, loc + i, &left);
			if (same && there && !memcmp(there, data, entry->size))
				return true;
		}
	}
	return false;
}

/* Tables that objtool leaves as they are, and whose entries lead to instructions */
static bool is_checked(const struct piece *entry)
{
	const char *name = entry->section->name;

	return entry->section->special->size && !consts_is(entry) &&
	       strcmp(name, "__patchable_function_entries");
}

static bool same_entries(struct verify *verify, struct match *match, struct piece *function,
			 uint64_t loc, struct ptrs *bounds)
{
	/* Comparing what alternatives put in sets another one. */
	const uint64_t *map = match->map;
	struct piece *entry;
	uint64_t place, at;
	size_t i;

	for_each(&function->entries, i, entry) {
		at = entry->relocs[0].at;
		if (!is_checked(entry) || at > function->size)
			continue;
		place = map[at];
		if (place && same_entry(verify, match, entry, loc + place - 1, bounds))
			continue;
		match->why = pool_printf(match->pool, "section %s has no such entry for %s+%#llx",
					 entry->section->name, function->name,
					 (unsigned long long)(at - function->entry));
		return false;
	}
	return true;
}

static uint64_t code_size(const struct piece *piece, const struct symbol *symbol)
{
	uint64_t size = symbol->size;
	unsigned int r;

	for (r = 0; r < piece->nr_relocs; r++)
		if (piece->relocs[r].is_short)
			size -= LONG_JUMP;
	return size;
}

static bool same_job(struct verify *verify, struct match *match, const struct job *job,
		     struct ptrs *bounds)
{
	const struct symbol *symbol;

	verify->unit = job->unit;
	if (job->piece->kind != PIECE_CODE)
		return walk_data(match, job->piece, job->loc - job->piece->entry, bounds);
	symbol = tables_symbol(verify->module, job->loc, "", STT_FUNC);
	if (!symbol) {
		match->why = "there is no such function";
		return false;
	}
	return walk_code(match, job->piece, job->loc, code_size(job->piece, symbol), bounds, 0) &&
	       same_entries(verify, match, job->piece, job->loc, bounds);
}

static enum status run_job(struct verify *verify, const struct job *job)
{
	struct match match = {
		.pool = verify->build->pool, .image = verify->module, .verify = verify,
	};
	struct ptrs bounds = { };
	struct bound *bound;
	bool same;
	size_t i;

	same = same_job(verify, &match, job, &bounds);
	for_each(&bounds, i, bound)
		same = same && add_job(verify, job->unit, bound->piece, bound->loc);
	if (same)
		return KB_OK;
	report_where(job->unit->source);
	return refuse("'%s' of %s is not what the patched source gives: %s", job->piece->name,
		      verify->module->path, match.why ? match.why : "its content differs");
}

/* --- what is replaced ---------------------------------------------------- */

static struct listed *find_listed(const struct verify *verify, const struct image *image,
				  const char *name, unsigned int position)
{
	struct listed *listed;
	size_t i;

	for_each(&verify->listed, i, listed)
		if (!strcmp(listed->object, image->name) && !strcmp(listed->name, name) &&
		    (listed->position ? listed->position : 1) == (position ? position : 1))
			return listed;
	return NULL;
}

static enum status check_gone(struct verify *verify)
{
	enum status status = KB_OK;
	struct listed *listed;
	struct gone *gone;
	size_t i;

	for_each(&verify->build->gone, i, gone) {
		listed = find_listed(verify, gone->unit->image, gone->piece->name, gone->position);
		report_where(gone->unit->source);
		if (!listed || !tables_symbol(verify->module, listed->loc, "klp_gone", STT_FUNC))
			status = refuse("'%s' of %s is gone, and %s does not say so",
					gone->piece->name, gone->unit->image->name,
					verify->module->path);
		if (listed)
			listed->seen = true;
	}
	return status;
}

static enum status check_listed(struct verify *verify)
{
	enum status status = check_gone(verify);
	struct replaced *replaced;
	struct listed *listed;
	struct piece *piece;
	size_t i;

	for_each(&verify->build->replaced, i, replaced) {
		listed = find_listed(verify, replaced->unit->image, replaced->name,
				     replaced->position);
		piece = named(replaced->unit->plain, replaced->piece->name, PIECE_CODE);
		report_where(select_where(verify->build, replaced->unit, replaced->piece));
		if (!listed)
			status = refuse("'%s' of %s changes, and %s does not replace it",
					replaced->name, replaced->unit->image->name,
					verify->module->path);
		else if (!piece || !add_job(verify, replaced->unit, piece, listed->loc))
			status = refuse("'%s' is not in the patched object of kbuild",
					replaced->piece->name);
		if (listed)
			listed->seen = true;
	}
	for_each(&verify->listed, i, listed) {
		if (listed->seen)
			continue;
		report_where("");
		status = refuse("%s replaces '%s' of %s, which the fix does not change",
				verify->module->path, listed->name, listed->object);
	}
	return status;
}

static bool is_accounted(const struct verify *verify, const struct unit *unit,
			 const struct piece *plain)
{
	const struct piece *piece = named(unit->after, plain->name, PIECE_CODE);

	return piece && (piece->verdict != VERDICT_EQUAL || piece_is_init(piece)) &&
	       (piece->taken || piece->verdict == VERDICT_CHANGED ||
		ptrs_has(&verify->build->carried, piece));
}

/* Functions that differ between the two objects as kbuild makes them */
static enum status check_plain(struct verify *verify, struct unit *unit)
{
	struct pool *pool = verify->build->pool;
	enum status status;
	struct object *before;
	struct piece *piece;
	size_t i;

	status = compile_plain(pool, &verify->build->tree, unit, &before, &unit->plain);
	if (status)
		return status;
	compare_objects(pool, before, unit->plain);
	for_each(&unit->plain->pieces, i, piece) {
		if (piece->kind != PIECE_CODE || piece->root != piece ||
		    piece->verdict != VERDICT_CHANGED || piece_is_registration(piece) ||
		    is_accounted(verify, unit, piece))
			continue;
		report_where(select_where(verify->build, unit, piece));
		status = refuse("'%s' differs (%s) in the objects of kbuild, and is not replaced",
				piece->name, piece->why);
	}
	return status;
}

static enum status open_module(struct verify *verify, const char *path)
{
	enum status status = image_open(verify->build->pool, path, "the module", &verify->module);

	return status ? status : tables_read(verify);
}

static enum status check_module(struct verify *verify)
{
	enum status status = check_listed(verify), one;
	size_t i;

	for (i = 0; i < verify->jobs.nr; i++) {
		one = run_job(verify, verify->jobs.at[i]);
		status = one > status ? one : status;
	}
	return status;
}

/**
 * verify_module - verify a patch module
 * @build: the build, with all that is to be replaced
 *
 * Return: KB_OK; KB_REFUSED after messages about what is wrong; KB_ERROR.
 */
enum status verify_module(struct build *build)
{
	struct verify verify = { .build = build };
	enum status status, one;
	struct unit *unit;
	size_t i;

	status = open_module(&verify, build->options.verify);
	if (status)
		return status;
	for_each(&build->units, i, unit) {
		if (!unit->after)
			continue;
		report_progress("verifying %s", unit->source);
		one = check_plain(&verify, unit);
		status = one > status ? one : status;
	}
	return status ? status : check_module(&verify);
}

/**
 * verify_result - compare a module that was just made with the patched objects
 * @build: the build
 * @path: the module
 *
 * A mistake in making it shows here: nothing but the reader is shared with that.
 *
 * Return: KB_OK, or KB_ERROR after messages.
 */
enum status verify_result(struct build *build, const char *path)
{
	struct verify verify = { .build = build };
	enum status status;
	struct unit *unit;
	size_t i;

	status = open_module(&verify, path);
	if (status)
		return status;
	for_each(&build->units, i, unit)
		unit->plain = unit->after;
	if (!check_module(&verify))
		return KB_OK;
	return error("the module is not what was wanted: this is a mistake in klp-build");
}
