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
	INSN_LEAVE,	/* a return, or an indirect jump */
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

/**
 * struct insn_store - an instruction that stores a constant of 64 bits beside a register
 * @base:	The decoder's number of the register.
 * @at:		How far from where it points to.
 * @value:	The constant.
 */
struct insn_store {
	unsigned int	base;
	int64_t		at;
	int64_t		value;
};

bool insn_decode(const uint8_t *code, size_t size, struct insn *insn);
bool insn_stores(const uint8_t *code, size_t size, struct insn_store *store);
bool insn_uses_fpu(const uint8_t *code, size_t size);
const char *insn_print(struct pool *pool, const uint8_t *code, size_t size);

static inline bool insn_branches(const struct insn *insn)
{
	return insn->kind == INSN_CALL || insn->kind == INSN_JMP || insn->kind == INSN_JCC;
}

#endif
