/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TEST_KLP_TARGET_H
#define _TEST_KLP_TARGET_H

#include <linux/compiler.h>

/* Neither inlined nor cloned, and with a frame of its own: can be patched */
#define KLP_TARGET_FUNC noinline __noclone

int klp_target_other_twin(void);

/*
 * A symbol in the middle of a function, of a kind that does not begin another
 * function. Once in a file.
 */
#define TEST_KLP_LABEL(name)	asm volatile("\"$" name "\":")

#endif /* _TEST_KLP_TARGET_H */
