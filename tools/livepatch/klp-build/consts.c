// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: constants in code that the kernel sets once while it boots.
 *
 * The kernel writes the values of a few variables into instructions of vmlinux
 * (asm/runtime-const.h), not of modules. A patch module has code of vmlinux: its init
 * copies each value from an instruction of vmlinux that has it.
 */
#include "build.h"
#include "report.h"

/**
 * consts_is - tell whether a piece is the entry of such a constant
 * @piece: the piece
 *
 * Return: true if it is.
 */
bool consts_is(const struct piece *piece)
{
	return piece->kind == PIECE_ENTRY && str_starts(piece->section->name, "runtime_");
}

/**
 * consts_any - tell whether such a constant goes into the patch module
 * @build: the build, with all that is taken
 *
 * Return: true if one does.
 */
bool consts_any(const struct build *build)
{
	struct taken *taken;
	size_t i;

	for_each(&build->taken, i, taken)
		if (consts_is(taken->piece))
			return true;
	return false;
}

/**
 * consts_refer - find where vmlinux has the value of a constant
 * @build: the build; the reference is added to it
 * @unit: the unit
 * @piece: the entry of the constant
 * @result: set to the reference to a function
 * @offset: set to the place in this function
 * @size: set to the number of bytes
 *
 * Return: KB_OK, or KB_REFUSED after a message.
 */
enum status consts_refer(struct build *build, const struct unit *unit,
			 const struct piece *piece, struct reference **result,
			 uint64_t *offset, uint64_t *size)
{
	const struct image *image = unit->image;
	const struct section *section, *code;
	const struct symbol *symbol;
	unsigned int i, position;
	struct goal goal;
	uint64_t at;

	*size = str_starts(piece->section->name, "runtime_ptr_") ? 8 : 1;
	for (i = 1; i < image->object->nr_sections; i++) {
		section = &image->object->sections[i];
		if (strcmp(section->name, piece->section->name))
			continue;
		for (at = 0; at + 4 <= section->size; at += 4) {
			if (!image_goal(image, image_section_loc(image, section) + at,
					R_X86_64_PC32, 0, &goal))
				continue;
			code = image_section(image, goal.loc);
			symbol = image_function_at(image, goal.loc);
			if (!code || !symbol || str_starts(code->name, ".init") ||
			    !image_position(build->pool, image, symbol->name,
					    image_loc(image, symbol), &position))
				continue;
			*offset = goal.loc - image_loc(image, symbol);
			*result = refer_by_position(build, image->name, symbol->name, position);
			return KB_OK;
		}
	}
	report_where(select_where(build, unit, piece));
	refuse("no code of vmlinux has the constant of section %s", piece->section->name);
	note("use the variable itself in the fix");
	return KB_REFUSED;
}
