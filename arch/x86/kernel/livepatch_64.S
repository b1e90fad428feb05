/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: from the entry of a patched function to the code that the
 * current task is to run. Does the same as klp_entry_handler(), with the
 * redirect table of kernel/livepatch/table.h.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/cpufeatures.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

#include "livepatch-offsets.h"

/*
 * With call depth tracking, the call that leads here is not accounted. So the
 * return is not accounted either.
 */
.macro KLP_RET
	ALTERNATIVE __stringify(RET), \
		    __stringify(ANNOTATE_UNRET_SAFE; ret; int3), \
		    X86_FEATURE_CALL_DEPTH
.endm

/*
 * For tests: stay a while between reading the slot and reading the target. No
 * scratch register is free. %r10 holds the slot in its low byte, so count in
 * the bits above: the low byte of klp_test_delay is 0.
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
 * For tests: stay a while where the code has been chosen, before the stack
 * shows that code.
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
 * Called by a patched function before anything else: all registers belong to
 * the function, only r10 and r11 are free. The return address on the stack is
 * the key that the table is searched for. It is then replaced by the address of
 * the code to run:
 *
 * - Returning there, instead of jumping, keeps the processor's return stack
 *   balanced, and needs no ENDBR.
 * - Until the task has arrived there, perhaps by way of a return thunk, one of
 *   the two addresses is on its stack and shows that it is on its way: see
 *   klp_add_site().
 *
 * No other task switches a task that is preempted here, because
 * klp_stack_check() finds the trampoline on its stack. So the task's universe
 * stays the same, and the entry's targets do not change in a way that matters,
 * see entry.c. x86 does not reorder loads.
 *
 * No ENDBR: this is called directly, by the calls that ftrace writes.
 */
SYM_START(klp_trampoline, SYM_L_GLOBAL, SYM_F_ALIGN)
	ANNOTATE_NOENDBR
	imulq	$KLP_TABLE_HASH, (%rsp), %r10
	movq	klp_redirect_table(%rip), %r11
	shrq	$KLP_TABLE_HASH_SHIFT, %r10
	andq	KLP_TABLE_mask(%r11), %r10
	leaq	KLP_TABLE_entry(%r11, %r10), %r11
	movq	(%rsp), %r10
	cmpq	%r10, KLP_ENTRY_key(%r11)
	jne	.Lklp_next

.Lklp_found:
	movq	PER_CPU_VAR(pcpu_hot + X86_current_task), %r10
	movl	TASK_klp_slot(%r10), %r10d
	KLP_TEST_DELAY_UNIVERSE
	movq	KLP_ENTRY_target(%r11, %r10, 8), %r10
	KLP_TEST_DELAY_TARGET
	movq	%r10, (%rsp)
	KLP_RET

.Lklp_next:
	addq	$KLP_ENTRY_size, %r11
	cmpq	%r10, KLP_ENTRY_key(%r11)
	je	.Lklp_found
	cmpq	$0, KLP_ENTRY_key(%r11)
	jne	.Lklp_next

	/* No entry: ftrace's filter is gaining or losing the function. */
	KLP_RET

	/*
	 * &klp_entry.pending: runs instead of a target, for a task that may
	 * switch here. %r11 still points to the entry. klp_entry_pending() lets
	 * the task switch, and then looks the target up in the table of that
	 * time. Keep the function's arguments, and %rax for a variable number
	 * of them.
	 */
SYM_INNER_LABEL(klp_trampoline_pending, SYM_L_GLOBAL)
	UNWIND_HINT_FUNC
	ANNOTATE_NOENDBR
	/* KLP_RET popped the key: put it back, so that the stack shows it. */
	pushq	KLP_ENTRY_key(%r11)
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
