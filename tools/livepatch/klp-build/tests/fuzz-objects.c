// SPDX-License-Identifier: GPL-2.0
/*
 * Feed damaged object files to the reader of klp-build, under the sanitizers: each is
 * read, or is an error; never a crash, a hang, or an access outside of the file.
 *
 * usage: fuzz-objects [-s SEED] [-n NUMBER] [-i ONLY] FOLDER OBJECT...
 *
 * FOLDER is where the damaged file is written, best on a tmpfs. The damaged object is
 * read, taken apart, compared with the undamaged one in both directions, and looked for in
 * the undamaged one as if that was a module, and the other way round. Prints
 * the number of those that were read and of those that were refused. Before each one
 * its number is in FOLDER/number, for -i to repeat it.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compare.h"
#include "../image.h"
#include "../report.h"

/* Longer than this for one object counts as a hang. */
#define LIMIT 60

static uint64_t state;

/* xorshift64*: the same on every machine */
static uint64_t random_next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545F4914F6CDD1DULL;
}

static size_t below(size_t limit)
{
	return limit ? random_next() % limit : 0;
}

/* Where damage matters most: the headers, and what sections hold tables */
static size_t pick_place(const uint8_t *data, size_t size)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)data;
	const Elf64_Shdr *sections;
	size_t nr = header->e_shnum, i;

	if (size < sizeof(*header) || header->e_shoff % 8 || header->e_shoff > size ||
	    nr > (size - header->e_shoff) / sizeof(*sections) || !nr)
		return below(size);
	sections = (const Elf64_Shdr *)(data + header->e_shoff);
	switch (below(8)) {
	case 0:
		return below(sizeof(*header));
	case 1: case 2: case 3:
		return header->e_shoff + below(nr * sizeof(*sections));
	case 4:
		return below(size);
	}
	for (i = below(nr); nr--; i = (i + 1) % header->e_shnum)
		if ((sections[i].sh_type == SHT_SYMTAB || sections[i].sh_type == SHT_RELA ||
		     sections[i].sh_type == SHT_STRTAB) && sections[i].sh_size &&
		    sections[i].sh_offset < size &&
		    sections[i].sh_size <= size - sections[i].sh_offset)
			return sections[i].sh_offset + below(sections[i].sh_size);
	return below(size);
}

static const uint64_t edges[] = {
	0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0xff00, 0xfff1, 0xfff2,
	0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000,
	0xffffffffffffffff, 0xfffffffffffffff8,
};

static void damage(uint8_t *data, size_t *size)
{
	size_t rounds = 1 + below(4), place, width, other;
	uint64_t value;

	while (rounds--) {
		place = pick_place(data, *size);
		width = (size_t)1 << below(4);
		if (width > *size - place)
			width = *size - place;
		switch (below(8)) {
		case 0: case 1:
			data[place] ^= 1 << below(8);
			break;
		case 2: case 3:
			value = edges[below(ARRAY_SIZE(edges))];
			memcpy(data + (place & ~(width - 1)), &value, width);
			break;
		case 4:
			value = random_next();
			memcpy(data + place, &value, width);
			break;
		case 5:
			other = pick_place(data, *size);
			if (width > *size - other)
				width = *size - other;
			memmove(data + place, data + other, width);
			break;
		case 6:
			data[place] += (int)below(17) - 8;
			break;
		case 7:
			/* Not often: what is cut off is nearly always the headers. */
			if (!below(6))
				*size = place + 1;
			break;
		}
	}
}

static enum status read_pieces(struct pool *pool, const char *path, struct object **object)
{
	enum status status = object_read(pool, path, object);

	return status ? status : object_split(pool, *object);
}

/* Look for all functions and variables of an object in a file, as in a module. */
static void find_all(struct pool *pool, struct object *object, const char *path)
{
	struct image *image;
	struct piece *piece;
	size_t i;

	if (image_open(pool, path, "image", &image))
		return;
	for_each(&object->pieces, i, piece) {
		struct match match = { .pool = pool, .image = image };

		if (!piece->symbol || piece->kind == PIECE_ENTRY)
			continue;
		if (piece->kind == PIECE_CODE)
			match_function(&match, piece);
		else
			match_data(&match, piece);
	}
}

static void compare_all(struct pool *pool, struct object *before, struct object *after,
			const char *image)
{
	compare_objects(pool, before, after);
	compare_unclaimed(pool, before, after);
	compare_aliases(pool, before, after);
	find_all(pool, before, image);
}

static enum status try_one(const char *good, const char *bad)
{
	struct pool *pool = pool_new();
	struct object *before, *after;
	enum status status = read_pieces(pool, good, &before);

	if (status) {
		fprintf(stdout, "not ok - %s cannot be read\n", good);
		exit(1);
	}
	status = read_pieces(pool, bad, &after);
	if (!status)
		compare_all(pool, before, after, bad);
	pool_free(pool);
	if (status)
		return status;
	pool = pool_new();
	status = read_pieces(pool, bad, &before);
	if (!status)
		status = read_pieces(pool, good, &after);
	if (!status)
		compare_all(pool, before, after, good);
	pool_free(pool);
	return status;
}

static void one(const char *folder, const char *good, uint64_t seed, unsigned long number,
		unsigned long counts[2])
{
	char bad[4096], note[4096], text[64];
	struct pool *pool = pool_new();
	size_t size;
	uint8_t *data = (uint8_t *)file_read(pool, good, &size);

	if (!data || size < sizeof(Elf64_Ehdr)) {
		fprintf(stdout, "not ok - %s cannot be read\n", good);
		exit(1);
	}
	state = seed * 0x9E3779B97F4A7C15ULL + number + 1;
	random_next();
	damage(data, &size);
	snprintf(bad, sizeof(bad), "%s/damaged.o", folder);
	snprintf(note, sizeof(note), "%s/number", folder);
	snprintf(text, sizeof(text), "%lu\n", number);
	if (file_write(bad, data, size) || file_write(note, text, strlen(text))) {
		fprintf(stdout, "not ok - %s cannot be written\n", folder);
		exit(1);
	}
	pool_free(pool);
	alarm(LIMIT);
	counts[try_one(good, bad) != KB_OK]++;
	alarm(0);
}

int main(int argc, char **argv)
{
	unsigned long number = 10000, only = -1UL, seed = 1, i, counts[2] = {};
	const char *folder;
	int option;

	while ((option = getopt(argc, argv, "s:n:i:")) != -1) {
		if (option == 's')
			seed = strtoul(optarg, NULL, 0);
		else if (option == 'n')
			number = strtoul(optarg, NULL, 0);
		else if (option == 'i')
			only = strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	if (argc - optind < 2)
		return 2;
	folder = argv[optind++];
	report_init(false, false);
	/* Ten thousand messages are of no use; those of the sanitizers have a file. */
	if (only == -1UL && !freopen("/dev/null", "w", stderr))
		return 2;
	for (i = 0; i < number; i++)
		if (only == -1UL || only == i)
			one(folder, argv[optind + i % (argc - optind)], seed, i, counts);
	printf("%lu read, %lu refused\n", counts[0], counts[1]);
	return 0;
}
