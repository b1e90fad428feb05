/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_LIVEPATCH_H
#define _ASM_X86_LIVEPATCH_H

/*
 * The layout of the redirect table, for livepatch_64.S. kernel/livepatch/table.c
 * makes sure that it is what table.h says.
 */
#define KLP_ASM_TABLE_HASH		0x5e636063
#define KLP_ASM_TABLE_HASH_SHIFT	23
#define KLP_ASM_TABLE_MASK		0
#define KLP_ASM_TABLE_ENTRY		32
#define KLP_ASM_ENTRY_KEY		0
#define KLP_ASM_ENTRY_TARGET		8
#define KLP_ASM_ENTRY_SIZE		32

#ifndef __ASSEMBLY__

#include <linux/sched.h>

#include <asm/processor.h>

/**
 * klp_task_sp - the stack pointer of a task
 * @task: the current task, or one that does not run
 *
 * Return: where its stack ends, roughly for the current task.
 */
static inline unsigned long klp_task_sp(const struct task_struct *task)
{
	return task == current ? current_stack_pointer :
				 READ_ONCE(task->thread.sp);
}

/**
 * enum klp_jump - what an instruction does
 * @KLP_NO_JUMP:	It goes on with the next one, or calls.
 * @KLP_RETURN:		It returns.
 * @KLP_JUMP:		It jumps to an address that is known, perhaps on a condition.
 * @KLP_JUMP_ANYWHERE:	It jumps to an address that is not known.
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

/**
 * klp_trampoline - what ftrace makes patched functions call
 *
 * Not to be called from C. Goes on in the code that the current task is to run.
 */
asmlinkage void klp_trampoline(void);

/* What it calls for a pending task, in kernel/livepatch/entry.c */
asmlinkage unsigned long klp_entry_pending(unsigned long key);

/* The same, of a task that may switch before the code to run is chosen */
asmlinkage void klp_trampoline_pending(void);

/* The first byte behind both */
extern char klp_trampoline_end[];

#endif /* !__ASSEMBLY__ */

#endif /* _ASM_X86_LIVEPATCH_H */
