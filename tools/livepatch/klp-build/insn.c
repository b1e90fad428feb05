// SPDX-License-Identifier: GPL-2.0
/*
 * klp-build: instructions.
 */
#include <Zydis/Zydis.h>

#include "insn.h"

static bool init(ZydisDecoder *decoder)
{
	return ZYAN_SUCCESS(ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64,
					     ZYDIS_STACK_WIDTH_64));
}

static enum insn_kind kind_of(const ZydisDecodedInstruction *found)
{
	switch (found->meta.category) {
	case ZYDIS_CATEGORY_NOP:
	case ZYDIS_CATEGORY_WIDENOP:
		/* ENDBR is coded like a NOP, but means something. */
		if (found->mnemonic != ZYDIS_MNEMONIC_NOP)
			return INSN_OTHER;
		return INSN_NOP;
	case ZYDIS_CATEGORY_CALL:
		return found->raw.imm[0].is_relative ? INSN_CALL : INSN_OTHER;
	case ZYDIS_CATEGORY_UNCOND_BR:
		return found->raw.imm[0].is_relative ? INSN_JMP : INSN_LEAVE;
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SYSRET:
		return INSN_LEAVE;
	case ZYDIS_CATEGORY_COND_BR:
		return found->raw.imm[0].is_relative ? INSN_JCC : INSN_OTHER;
	default:
		return INSN_OTHER;
	}
}

/* LKGS, with a register: newer than the decoder. In code of gcc as bytes, behind a check. */
static bool is_lkgs(const uint8_t *code, size_t size)
{
	return size >= 4 && code[0] == 0xf2 && code[1] == 0x0f && code[2] == 0x00 &&
	       (code[3] & 0xf8) == 0xf0;
}

/**
 * insn_decode - decode an instruction
 * @code: its first byte
 * @size: how many bytes there are, at least one
 * @insn: set to what it is
 *
 * Return: false if this is no instruction.
 */
bool insn_decode(const uint8_t *code, size_t size, struct insn *insn)
{
	ZydisDecodedInstruction found;
	ZydisDecoder decoder;

	memset(insn, 0, sizeof(*insn));
	if (is_lkgs(code, size)) {
		insn->length = 4;
		insn->mnemonic = ZYDIS_MNEMONIC_INVALID;
		return true;
	}
	if (!init(&decoder) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code, size, &found)))
		return false;
	insn->kind = kind_of(&found);
	insn->length = found.length;
	insn->mnemonic = found.mnemonic;
	if (insn_branches(insn))
		insn->target = found.raw.imm[0].value.s + found.length;
	insn->field = found.raw.imm[0].size ? found.raw.imm[0].offset : found.raw.disp.offset;
	return true;
}

/**
 * insn_stores - tell what an instruction stores
 * @code: its first byte
 * @size: how many bytes there are, at least one
 * @store: set to what is stored where
 *
 * Return: true if it stores a constant of 64 bits in memory that a register points to.
 */
bool insn_stores(const uint8_t *code, size_t size, struct insn_store *store)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	const ZydisDecodedOperand *to = &operands[0], *from = &operands[1];
	ZydisDecodedInstruction found;
	ZydisDecoder decoder;

	if (!init(&decoder) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &found, operands)) ||
	    found.mnemonic != ZYDIS_MNEMONIC_MOV || found.operand_width != 64 ||
	    to->type != ZYDIS_OPERAND_TYPE_MEMORY || to->mem.index != ZYDIS_REGISTER_NONE ||
	    from->type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return false;
	store->base = to->mem.base;
	store->at = to->mem.disp.value;
	store->value = from->imm.value.s;
	return true;
}

static bool is_fpu(ZydisRegister which)
{
	switch (ZydisRegisterGetClass(which)) {
	case ZYDIS_REGCLASS_X87:
	case ZYDIS_REGCLASS_MMX:
	case ZYDIS_REGCLASS_XMM:
	case ZYDIS_REGCLASS_YMM:
	case ZYDIS_REGCLASS_ZMM:
	case ZYDIS_REGCLASS_TMM:
	case ZYDIS_REGCLASS_MASK:
		return true;
	default:
		return false;
	}
}

/**
 * insn_uses_fpu - tell whether an instruction computes with the floating point unit
 * @code: its first byte
 * @size: how many bytes there are, at least one
 *
 * Not so of what has come with its extensions, but has to do with other registers only,
 * such as POPCNT or LFENCE.
 *
 * Return: true if it uses a register for floating point or vectors.
 */
bool insn_uses_fpu(const uint8_t *code, size_t size)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction found;
	ZydisDecoder decoder;
	unsigned int i;

	if (!init(&decoder) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &found, operands)))
		return false;
	for (i = 0; i < found.operand_count; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    is_fpu(operands[i].reg.value))
			return true;
	return found.meta.isa_ext == ZYDIS_ISA_EXT_X87;
}

/**
 * insn_print - disassemble an instruction
 * @pool: the pool that owns the text
 * @code: its first byte
 * @size: how many bytes there are
 *
 * Return: the text; addresses in it are relative to the instruction.
 */
const char *insn_print(struct pool *pool, const uint8_t *code, size_t size)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction found;
	ZydisFormatter formatter;
	ZydisDecoder decoder;
	char text[256];

	if (!size)
		return "the end";
	if (!init(&decoder) ||
	    !ZYAN_SUCCESS(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT)) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &found, operands)) ||
	    !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &found, operands,
							  found.operand_count_visible,
							  text, sizeof(text),
							  ZYDIS_RUNTIME_ADDRESS_NONE, NULL)))
		return pool_printf(pool, ".byte 0x%02x", code[0]);
	return pool_printf(pool, "%s", text);
}
