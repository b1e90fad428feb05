/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: from the entry of a patched function to the code that the
 * current task is to run. Does what klp_entry_handler() does, in the redirect
 * table of kernel/livepatch/table.h.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/cpufeatures.h>
#include <asm/livepatch.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

/*
 * Neither the call that leads here is accounted nor, then, the return.
 */
.macro KLP_RET
	ALTERNATIVE __stringify(RET), \
		    __stringify(ANNOTATE_UNRET_SAFE; ret; int3), \
		    X86_FEATURE_CALL_DEPTH
.endm

/*
 * For tests: stay a while where the universe has been read, and its target has
 * not. No register is free. But the slot is in the lowest byte of its one, and that of
 * klp_test_delay is 0.
 */
.macro KLP_TEST_DELAY_UNIVERSE
#ifdef CONFIG_LIVEPATCH_TEST_DELAY
	addq	klp_test_delay(%rip), %r10
.Lklp_delay_universe:
	subq	$0x100, %r10
	jnc	.Lklp_delay_universe
	movzbl	%r10b, %r10d
#endif
.endm

/*
 * And where the code has been chosen, and the stack does not tell.
 */
.macro KLP_TEST_DELAY_TARGET
#ifdef CONFIG_LIVEPATCH_TEST_DELAY
	pushq	%r11
	movq	klp_test_delay(%rip), %r11
.Lklp_delay_target:
	subq	$0x100, %r11
	jnc	.Lklp_delay_target
	popq	%r11
#endif
.endm

	.section .text, "ax"

/*
 * Called by a function as its very first act: all registers are the function's
 * but for r10 and r11, which are nobody's. The return address, on the stack, is
 * what the table is searched for, and is then replaced by the code to run:
 *
 * - Returning there, instead of jumping, keeps the return stack balanced for
 *   the processor, and needs no ENDBR.
 * - From there until the task has arrived, by way of a return thunk perhaps, its
 *   stack tells that it is on its way by either address: klp_add_site().
 *
 * A task that is preempted here is not switched by others, klp_stack_check(), so
 * that its universe and the entry's targets do not change in a way that matters, see
 * entry.c. x86 does not reorder loads.
 *
 * No ENDBR: this is called directly, by the calls that ftrace writes.
 */
SYM_START(klp_trampoline, SYM_L_GLOBAL, SYM_F_ALIGN)
	ANNOTATE_NOENDBR
	imulq	$KLP_ASM_TABLE_HASH, (%rsp), %r10
	movq	klp_redirect_table(%rip), %r11
	shrq	$KLP_ASM_TABLE_HASH_SHIFT, %r10
	andq	KLP_ASM_TABLE_MASK(%r11), %r10
	leaq	KLP_ASM_TABLE_ENTRY(%r11, %r10), %r11
	movq	(%rsp), %r10
	cmpq	%r10, KLP_ASM_ENTRY_KEY(%r11)
	jne	.Lklp_next

.Lklp_found:
	movq	PER_CPU_VAR(pcpu_hot + X86_current_task), %r10
	movl	TASK_klp_slot(%r10), %r10d
	KLP_TEST_DELAY_UNIVERSE
	movq	KLP_ASM_ENTRY_TARGET(%r11, %r10, 8), %r10
	KLP_TEST_DELAY_TARGET
	movq	%r10, (%rsp)
	KLP_RET

.Lklp_next:
	addq	$KLP_ASM_ENTRY_SIZE, %r11
	cmpq	%r10, KLP_ASM_ENTRY_KEY(%r11)
	je	.Lklp_found
	cmpq	$0, KLP_ASM_ENTRY_KEY(%r11)
	jne	.Lklp_next

	/* A function that is being entered into ftrace, or taken out */
	KLP_RET

	/*
	 * What the entry has as the target of a task that may switch here. %r11 is
	 * still the entry. The target is looked up afterwards, in the table of that
	 * time, by klp_entry_pending(): the arguments of the function, and %rax for
	 * those that take a variable number, are kept.
	 */
SYM_INNER_LABEL(klp_trampoline_pending, SYM_L_GLOBAL)
	UNWIND_HINT_FUNC
	ANNOTATE_NOENDBR
	/* As before: the stack tells where the call came from. */
	pushq	KLP_ASM_ENTRY_KEY(%r11)
	UNWIND_HINT_FUNC
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	movq	7*8(%rsp), %rdi
	call	klp_entry_pending
	movq	%rax, 7*8(%rsp)
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	KLP_RET
SYM_INNER_LABEL(klp_trampoline_end, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	int3
SYM_FUNC_END(klp_trampoline)
_ASM_NOKPROBE(klp_trampoline)
