/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_LIVEPATCH_H
#define _ASM_X86_LIVEPATCH_H

#include <linux/sched.h>

#include <asm/processor.h>

/**
 * klp_task_sp - get the stack pointer of a task
 * @task: the current task, or one that does not run
 *
 * Return: the stack pointer, which is approximate for the current task.
 */
static inline unsigned long klp_task_sp(const struct task_struct *task)
{
	return task == current ? current_stack_pointer :
				 READ_ONCE(task->thread.sp);
}

/**
 * enum klp_jump - what an instruction does
 * @KLP_NO_JUMP:	Continue with the next instruction, or call.
 * @KLP_RETURN:		Return.
 * @KLP_JUMP:		Jump to a known address, perhaps on a condition.
 * @KLP_JUMP_ANYWHERE:	Jump to an address that is not known.
 */
enum klp_jump {
	KLP_NO_JUMP,
	KLP_RETURN,
	KLP_JUMP,
	KLP_JUMP_ANYWHERE,
};

int klp_arch_decode_jump(unsigned long addr, unsigned long end, enum klp_jump *jump,
			 unsigned long *target);
bool klp_arch_jumps_on(unsigned long addr);
unsigned long klp_arch_called_from(unsigned long ret);
void klp_arch_read_code(u8 *code, unsigned long addr, size_t size);

/**
 * klp_trampoline - redirect the call of a patched function
 *
 * ftrace makes patched functions call this; C code must not. Continues in the
 * code that the current task is to run.
 */
asmlinkage void klp_trampoline(void);

/* Called by klp_trampoline_pending(); in kernel/livepatch/entry.c */
asmlinkage unsigned long klp_entry_pending(unsigned long key);

/* Redirect the call of a task that may switch before its code is chosen. */
asmlinkage void klp_trampoline_pending(void);

/* The first byte behind both trampolines */
extern char klp_trampoline_end[];

#endif /* _ASM_X86_LIVEPATCH_H */
