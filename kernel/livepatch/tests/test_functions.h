/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TEST_FUNCTIONS_H
#define _KLP_TEST_FUNCTIONS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/wait.h>

/* Neither inlined nor cloned, and with a frame of its own: can be patched */
#define KLP_TEST_FUNC noinline __noclone

extern wait_queue_head_t klp_test_wait;
extern unsigned int klp_test_let_go;
extern unsigned int klp_test_wakeups;
extern u64 klp_test_delay;

/* Global, so that their names are unique and patch modules may call them */
int klp_test_inner(void);
int klp_test_inner_alias(void);
int klp_test_outer(void);
int klp_test_jump_inner(int universe);
int klp_test_jump_outer(void);
int klp_test_sleeper(bool kthread);
int klp_test_sleeper_jump(bool kthread);
int klp_test_deep(int depth);
int klp_test_spinner(void);
int klp_test_notrace(void);
int klp_test_other_twin(void);
int klp_test_value(void);
int klp_test_effect(void);
int klp_test_slow(void);
int klp_test_hand(void);
int klp_test_handover(void);

/*
 * FIVE_HUNDRED(f) is f(0) f(1) and so on up to f(499), without separators: f
 * makes a definition, a statement or an element of an array of its argument.
 */
#define TEN(f, n)	f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) \
			f(n##5) f(n##6) f(n##7) f(n##8) f(n##9)
#define HUNDRED(f, n)	TEN(f, n##0) TEN(f, n##1) TEN(f, n##2) TEN(f, n##3) \
			TEN(f, n##4) TEN(f, n##5) TEN(f, n##6) TEN(f, n##7) \
			TEN(f, n##8) TEN(f, n##9)
#define FIRST_TEN(f)	f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9)
#define FIRST_HUNDRED(f) FIRST_TEN(f) TEN(f, 1) TEN(f, 2) TEN(f, 3) TEN(f, 4) \
			TEN(f, 5) TEN(f, 6) TEN(f, 7) TEN(f, 8) TEN(f, 9)
#define FIVE_HUNDRED(f)	FIRST_HUNDRED(f) HUNDRED(f, 1) HUNDRED(f, 2) \
			HUNDRED(f, 3) HUNDRED(f, 4)

#endif /* _KLP_TEST_FUNCTIONS_H */
