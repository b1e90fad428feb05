// SPDX-License-Identifier: GPL-2.0
/*
 * inspect - show what the parts of klp-build make of object files
 *
 * usage: inspect read FILE...		read, take apart, and look for everything
 *	  inspect compare BEFORE AFTER	print what differs
 *	  inspect match OBJECT IMAGE	print which functions of a unit are in an image
 *	  inspect masks OBJECT IMAGE	print the bytes of these functions in hexadecimal, with
 *					dots for those that are masked in the hash
 *	  inspect positions IMAGE NAME	print the place and the position of each symbol of a name
 *	  inspect layout FOLDER OLD NEW {BEFORE AFTER}...
 *					print which types differ in these units; the source is
 *					FOLDER/source.c, OLD/source.c and NEW/source.c its text
 *	  inspect mutate OBJECT		change each byte and each relocation; print what is
 *					not seen as a change
 */
#include <stdio.h>

#include "../../compare.h"
#include "../../image.h"
#include "../../layout.h"
#include "../../report.h"

static enum status load(struct pool *pool, const char *path, struct object **object)
{
	enum status status = object_read(pool, path, object);

	return status ? status : object_split(pool, *object);
}

static enum status read_one(struct pool *pool, const char *path)
{
	struct object *object, *other;
	struct image *image;
	struct piece *piece;
	enum status status;
	size_t i;

	status = load(pool, path, &object);
	if (!status)
		status = load(pool, path, &other);
	if (!status)
		status = image_open(pool, path, "image", &image);
	if (status)
		return status;
	compare_objects(pool, object, other);
	for_each(&object->pieces, i, piece) {
		struct match match = { .pool = pool, .image = image };

		if (piece->kind == PIECE_CODE && piece->symbol)
			match_function(&match, piece);
	}
	return KB_OK;
}

static void show(const struct piece *piece)
{
	static const char * const verdicts[] = { "none", "equal", "changed", "new" };

	printf("%s %s%s\n", piece->name, verdicts[piece->verdict],
	       piece->ambiguous ? " ambiguous" : "");
}

static enum status compare(struct pool *pool, char **paths)
{
	struct object *before, *after;
	struct section *section;
	struct piece *piece;
	enum status status;
	unsigned int s;
	size_t i;

	status = load(pool, paths[0], &before);
	if (!status)
		status = load(pool, paths[1], &after);
	if (status)
		return status;
	compare_objects(pool, before, after);
	for_each(&after->pieces, i, piece)
		if (piece->symbol && piece->root == piece)
			show(piece);
	for_each(&before->pieces, i, piece)
		if (piece->symbol && piece->root == piece && !piece->twin)
			printf("%s vanished\n", piece->name);
	for (s = 1; s < after->nr_sections; s++) {
		section = &after->sections[s];
		if (section->special && section->special->kind == SPECIAL_COLLECTED &&
		    !compare_collected(compare_section(before, after, section), section))
			printf("section %s changed\n", section->name);
	}
	for (s = 1; s < before->nr_sections; s++) {
		section = &before->sections[s];
		if (section->special && section->special->kind == SPECIAL_COLLECTED &&
		    !compare_section(after, before, section))
			printf("section %s changed\n", section->name);
	}
	piece = compare_unclaimed(pool, before, after);
	if (piece)
		printf("section %s changed where no symbol is\n", piece->section->name);
	if (compare_aliases(pool, before, after))
		printf("%s is something else\n", compare_aliases(pool, before, after));
	return KB_OK;
}

/* Look for each function of an object in an image, and show what comes of it. */
static enum status for_functions(struct pool *pool, char **paths,
				 enum status (*tell)(struct pool *pool, struct image *image,
						     struct piece *piece, const char *missing))
{
	struct object *object;
	struct image *image;
	struct piece *piece;
	enum status status;
	size_t i;

	status = load(pool, paths[0], &object);
	if (!status)
		status = image_open(pool, paths[1], "image", &image);
	if (status)
		return status;
	for_each(&object->pieces, i, piece) {
		struct match match = { .pool = pool, .image = image };

		if (piece->kind != PIECE_CODE || !piece->symbol || piece->root != piece)
			continue;
		status = tell(pool, image, piece,
			      match_function(&match, piece) ? match.why ?: "" : NULL);
		if (status)
			return status;
	}
	return KB_OK;
}

static enum status show_match(struct pool *pool, struct image *image, struct piece *piece,
			      const char *missing)
{
	(void)pool;
	(void)image;
	if (missing)
		printf("%s missing: %s\n", piece->name, missing);
	else
		printf("%s found\n", piece->name);
	return KB_OK;
}

static enum status match(struct pool *pool, char **paths)
{
	return for_functions(pool, paths, show_match);
}

static enum status show_masks(struct pool *pool, struct image *image, struct piece *function,
			      const char *missing)
{
	struct build build = { .pool = pool };
	struct identity identity = { };
	const struct mask *mask = NULL;
	const uint8_t *code;
	enum status status;
	uint64_t left, i;

	if (missing)
		return KB_OK;
	status = identity_make(&build, image, function, &identity);
	if (status)
		return status;
	code = image_bytes(image, function->loc, &left);
	printf("%s ", function->name);
	for (i = 0; i < identity.size; i++) {
		for (mask = identity.masks; mask < identity.masks + identity.nr_masks; mask++)
			if (i - mask->offset < mask->size)
				break;
		if (mask < identity.masks + identity.nr_masks)
			printf("..");
		else
			printf("%02x", code[i]);
	}
	printf("\n");
	return KB_OK;
}

static enum status masks(struct pool *pool, char **paths)
{
	return for_functions(pool, paths, show_masks);
}

static enum status positions(struct pool *pool, const char *path, const char *name)
{
	struct symbol *symbol = NULL;
	unsigned int position;
	const char *section;
	struct image *image;
	enum status status;

	status = image_open(pool, path, "image", &image);
	while (!status && (symbol = map_next(image->names, name, symbol))) {
		section = symbol->section ? symbol->section->name : "absolute";
		if (image_position(pool, image, name, image_loc(image, symbol), &position))
			printf("%s %u\n", section, position);
		else
			printf("%s unknown\n", section);
	}
	return status;
}

static bool is_seen(struct pool *pool, const char *path, struct object *after)
{
	struct section *section;
	struct object *before;
	struct piece *piece;
	unsigned int s;
	size_t i;

	if (load(pool, path, &before) || object_split(pool, after))
		return true;
	compare_objects(pool, before, after);
	for_each(&after->pieces, i, piece)
		if (piece->symbol && piece->root == piece && piece->verdict != VERDICT_EQUAL)
			return true;
	for (s = 1; s < after->nr_sections; s++) {
		section = &after->sections[s];
		if (section->special && section->special->kind == SPECIAL_COLLECTED &&
		    !compare_collected(compare_section(before, after, section), section))
			return true;
	}
	return compare_unclaimed(pool, before, after) || compare_aliases(pool, before, after);
}

static bool is_mutated(const struct section *section)
{
	if (!(section->flags & SHF_ALLOC) || section->type == SHT_NOTE)
		return false;
	section = &(struct section){ .special = special_find(section->name) };
	return !section->special || section->special->kind != SPECIAL_IGNORED;
}

/* Change one bit of the content, or one relocation; both are counted by @which. */
static bool mutate(struct object *object, unsigned long which, char *what, size_t room)
{
	struct section *section;
	struct reloc *reloc;
	unsigned int s;

	for (s = 1; s < object->nr_sections; s++) {
		section = &object->sections[s];
		if (!is_mutated(section))
			continue;
		if (section->data && which < section->size) {
			((uint8_t *)section->data)[which] ^= 0x10;
			snprintf(what, room, "%s, byte %#lx", section->name, which);
			return true;
		}
		which -= section->data ? section->size : 0;
		if (which < 3 * section->nr_relocs) {
			reloc = &section->relocs[which / 3];
			snprintf(what, room, "%s, relocation %#lx, %lu", section->name,
				 (unsigned long)reloc->offset, which % 3);
			if (which % 3 == 0)
				reloc->addend ^= 1;
			else if (which % 3 == 1)
				reloc->type = reloc->type == R_X86_64_32S ? R_X86_64_PC32 :
									    R_X86_64_32S;
			else
				reloc->symbol = &object->symbols[reloc->symbol ==
						&object->symbols[object->nr_symbols - 1] ?
						object->nr_symbols - 2 : object->nr_symbols - 1];
			return true;
		}
		which -= 3 * section->nr_relocs;
	}
	return false;
}

static enum status mutate_all(const char *path)
{
	struct object *after;
	enum status status;
	unsigned long which;
	struct pool *pool;
	char what[256];
	bool more = true;

	for (which = 0; more; which++) {
		pool = pool_new();
		status = object_read(pool, path, &after);
		if (status)
			return status;
		more = mutate(after, which, what, sizeof(what));
		if (more && !is_seen(pool, path, after))
			printf("not seen: %s\n", what);
		pool_free(pool);
	}
	printf("tried: %lu\n", which - 1);
	return KB_OK;
}

static enum status layout(struct pool *pool, char **paths, int nr)
{
	struct build build = { .pool = pool, .tree = { .build = paths[0], .source = paths[1],
						       .overlay = paths[2] } };
	struct object before = { }, after = { };
	struct unit unit = { .before = &before, .after = &after };
	enum status status = KB_OK;
	struct shape *shape;
	bool in_frames;
	size_t i;
	int at;

	ptrs_add(pool, &build.tree.files, "source.c");
	for (at = 3; at + 1 < nr && !status; at += 2) {
		before.path = paths[at];
		after.path = paths[at + 1];
		status = layout_compare(&build, &unit);
	}
	renamed_check(&build);
	for_each(&build.all_shapes, i, shape) {
		in_frames = shape->in_frame && !shape->lasting && !shape->linked;
		if (shape->changed)
			printf("%s %s: %s\n", shape->name,
			       shape->kind == SHAPE_COUNT ? "count" :
			       in_frames ? "in frames" : "changed", shape->changed);
	}
	return status;
}

int main(int argc, char **argv)
{
	enum status status = KB_USAGE;
	struct pool *pool;
	int i;

	report_init(false, false);
	if (argc == 4 && !strcmp(argv[1], "compare")) {
		pool = pool_new();
		status = compare(pool, argv + 2);
		pool_free(pool);
	} else if (argc == 4 && !strcmp(argv[1], "match")) {
		pool = pool_new();
		status = match(pool, argv + 2);
		pool_free(pool);
	} else if (argc == 4 && !strcmp(argv[1], "masks")) {
		pool = pool_new();
		status = masks(pool, argv + 2);
		pool_free(pool);
	} else if (argc == 4 && !strcmp(argv[1], "positions")) {
		pool = pool_new();
		status = positions(pool, argv[2], argv[3]);
		pool_free(pool);
	} else if (argc > 6 && !strcmp(argv[1], "layout")) {
		pool = pool_new();
		status = layout(pool, argv + 2, argc - 2);
		pool_free(pool);
	} else if (argc == 3 && !strcmp(argv[1], "mutate")) {
		status = mutate_all(argv[2]);
	} else if (argc > 2 && !strcmp(argv[1], "read")) {
		for (i = 2; i < argc; i++) {
			pool = pool_new();
			status = read_one(pool, argv[i]);
			printf("%s %d\n", argv[i], status);
			pool_free(pool);
		}
		status = KB_OK;
	}
	return status;
}
