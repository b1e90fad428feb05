// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: code that cannot be in a patch module.
 */
#include "build.h"
#include "insn.h"
#include "report.h"

static bool uses_fpu(struct build *build, const struct piece *piece, const char **which)
{
	const uint8_t *code = piece_data(piece);
	struct insn insn;
	uint64_t at;

	for (at = piece->entry; code && at < piece->size; at += insn.length) {
		if (!insn_decode(code + at, piece->size - at, &insn))
			break;
		if (!insn_uses_fpu(code + at, piece->size - at))
			continue;
		*which = insn_print(build->pool, code + at, piece->size - at);
		return true;
	}
	return false;
}

/* Bytes that cannot be decoded may hide a branch to another function. */
static bool is_decoded(const struct piece *piece)
{
	const uint8_t *code = piece_data(piece);
	struct insn insn;
	uint64_t at;

	for (at = piece->entry; code && at < piece->size; at += insn.length)
		if (!insn_decode(code + at, piece->size - at, &insn))
			return false;
	return code && piece->size > piece->entry;
}

/**
 * code_check - check whether code can be in a patch module
 * @build: the build
 * @unit: the unit
 * @piece: a piece with code that goes into the module
 *
 * Return: KB_OK; KB_REFUSED after a message.
 */
enum status code_check(struct build *build, const struct unit *unit, const struct piece *piece)
{
	unsigned int i, nr = 0;
	const char *which;

	if (!is_decoded(piece)) {
		report_where(select_where(build, unit, piece));
		refuse("'%s' has no size, or bytes that are no instructions",
		       piece_title(build->pool, piece));
		note("change a function in C that calls it");
		return KB_REFUSED;
	}
	for (i = 0; i < piece->nr_relocs; i++) {
		if (!piece->relocs[i].is_short)
			continue;
		nr++;
		if (piece->size + nr * LONG_JUMP <=
		    piece->relocs[i].offset - piece->offset + 1 + 127)
			continue;
		report_where(select_where(build, unit, piece));
		refuse("'%s' has a short jump to another function of section %s",
		       piece_title(build->pool, piece), piece->section->name);
		note("let it call the other function before something else at its end");
		return KB_REFUSED;
	}
	if (!uses_fpu(build, piece, &which) ||
	    (piece->twin && uses_fpu(build, piece->twin, &which)))
		return KB_OK;
	report_where(select_where(build, unit, piece));
	refuse("'%s' uses floating point or vector registers: %s", piece_title(build->pool, piece),
	       which);
	note("compute with integers");
	return KB_REFUSED;
}
