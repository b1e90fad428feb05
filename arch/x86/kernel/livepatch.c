// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: decoding jumps and calls of x86.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/static_call_types.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include <asm/insn.h>
#include <asm/livepatch.h>
#include <asm/nospec-branch.h>
#include <asm/text-patching.h>

#include "kprobes/common.h"

static bool klp_is_return_thunk(unsigned long addr)
{
#ifdef CONFIG_MITIGATION_RETHUNK
	return addr == (unsigned long)x86_return_thunk ||
	       addr == (unsigned long)&__x86_return_thunk;
#else
	return false;
#endif
}

static bool klp_is_probed(unsigned long addr)
{
	/* Keeps the probes that are searched from being freed. */
	guard(preempt)();
	return get_kprobe((void *)addr);
}

/**
 * klp_arch_decode_jump - decode one instruction
 * @addr: where it is, in the kernel's code
 * @end: where the code ends; nothing behind it is read
 * @jump: set to what the instruction does
 * @target: with KLP_JUMP, set to where the instruction jumps to
 *
 * Context: Process; text_mutex held, so that no instruction is half written.
 * Return: the length of the instruction in bytes, or -EINVAL if there is no
 * valid one, or if the breakpoint of a kprobe hides it.
 */
int klp_arch_decode_jump(unsigned long addr, unsigned long end, enum klp_jump *jump,
			 unsigned long *target)
{
	struct insn insn;
	u8 opcode;

	lockdep_assert_held(&text_mutex);

	if (insn_decode(&insn, (void *)addr,
			min_t(unsigned long, end - addr, MAX_INSN_SIZE),
			INSN_MODE_KERN))
		return -EINVAL;

	*jump = KLP_NO_JUMP;
	*target = addr + insn.length + insn.immediate.value;
	opcode = insn.opcode.bytes[0];
	switch (opcode) {
	case INT3_INSN_OPCODE:
		/* Padding, or the first byte of a probed instruction */
		if (klp_is_probed(addr))
			return -EINVAL;
		break;
	case RET_INSN_OPCODE:
		*jump = KLP_RETURN;
		break;
	case JMP32_INSN_OPCODE:
		*jump = klp_is_return_thunk(*target) ? KLP_RETURN : KLP_JUMP;
		break;
	case JMP8_INSN_OPCODE:
	case 0x70 ... 0x7f:	/* Jcc */
	case 0xe0 ... 0xe3:	/* LOOP, JRCXZ */
		*jump = KLP_JUMP;
		break;
	case 0x0f:
		if (insn.opcode.bytes[1] >= 0x80 &&
		    insn.opcode.bytes[1] <= 0x8f)
			*jump = KLP_JUMP;
		break;
	case 0xff:
		/* 4 and 5: JMP to what is in a register or in memory */
		if ((X86_MODRM_REG(insn.modrm.value) & 6) == 4)
			*jump = KLP_JUMP_ANYWHERE;
		break;
	}
	return insn.length;
}

/**
 * klp_arch_jumps_on - tell whether code may jump on to an unknown address
 * @addr: the beginning of the code, where a jump leads
 *
 * Context: Process.
 * Return: true for a thunk of a mitigation, for the trampoline of a static
 * call, which is rewritten when the call changes, and for code that has no
 * name.
 */
bool klp_arch_jumps_on(unsigned long addr)
{
	char name[KSYM_NAME_LEN];

	return lookup_symbol_name(addr, name) ||
	       str_has_prefix(name, "__x86_indirect_") ||
	       str_has_prefix(name, STATIC_CALL_TRAMP_PREFIX_STR);
}

/**
 * klp_arch_called_from - find out where a direct call went
 * @ret: the return address of the call
 *
 * With call depth tracking the call may go to the padding before the function.
 *
 * Context: Any.
 * Return: the destination; 0 if the bytes before @ret are no direct call. They
 * may also look like one by chance, as the end of another instruction.
 */
unsigned long klp_arch_called_from(unsigned long ret)
{
	u8 insn[CALL_INSN_SIZE];
	s32 offset;

	if (copy_from_kernel_nofault(insn, (void *)(ret - sizeof(insn)),
				     sizeof(insn)) ||
	    insn[0] != CALL_INSN_OPCODE)
		return 0;
	memcpy(&offset, insn + 1, sizeof(offset));
	return ret + offset;
}

/* Read the byte that a kprobe hides. */
static u8 klp_read_probed(unsigned long addr)
{
	kprobe_opcode_t insn[MAX_INSN_SIZE];
	unsigned long copy = recover_probed_instruction(insn, addr);

	return copy ? *(u8 *)copy : *(u8 *)addr;
}

/**
 * klp_arch_read_code - read code as it is without kprobes
 * @code: where to write it to
 * @addr: where it is, in the kernel's code
 * @size: how many bytes
 *
 * Context: Process; text_mutex held, so that no instruction is half written.
 */
void klp_arch_read_code(u8 *code, unsigned long addr, size_t size)
{
	size_t i, j;

	lockdep_assert_held(&text_mutex);

	memcpy(code, (void *)addr, size);
	for (i = 0; i < size; i++) {
		/* Keeps the probe from being freed. */
		guard(preempt)();
		if (!get_kprobe((void *)(addr + i)))
			continue;
		/* The breakpoint, or a jump */
		for (j = i; j < min(i + JMP32_INSN_SIZE, size); j++)
			code[j] = klp_read_probed(addr + j);
	}
}
