/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: instructions. The only user of the decoder.
 */
#ifndef KLP_BUILD_INSN_H
#define KLP_BUILD_INSN_H

#include "util.h"

enum insn_kind {
	INSN_OTHER,
	INSN_NOP,
	INSN_CALL,	/* direct */
	INSN_JMP,	/* direct */
	INSN_JCC,	/* direct, with a condition */
};

/**
 * struct insn - an instruction
 * @kind:	What it is.
 * @length:	How many bytes it has.
 * @mnemonic:	The decoder's number of its name.
 * @target:	Where a direct branch leads, from the beginning of the instruction.
 * @field:	Where the last relocatable field is, an immediate or a displacement.
 */
struct insn {
	enum insn_kind	kind;
	unsigned int	length;
	unsigned int	mnemonic;
	int64_t		target;
	unsigned int	field;
};

bool insn_decode(const uint8_t *code, size_t size, struct insn *insn);
bool insn_uses_fpu(const uint8_t *code, size_t size);
const char *insn_print(struct pool *pool, const uint8_t *code, size_t size);

static inline bool insn_branches(const struct insn *insn)
{
	return insn->kind == INSN_CALL || insn->kind == INSN_JMP || insn->kind == INSN_JCC;
}

#endif
