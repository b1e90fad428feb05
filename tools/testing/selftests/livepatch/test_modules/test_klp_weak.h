/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TEST_KLP_WEAK_H
#define _TEST_KLP_WEAK_H

/* FRONTS(f) is f(0) f(1) and so on up to f(9), without separators. */
#define FRONTS(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9)

#define WEAK_DECLARATION(n) int klp_weak_##n(void);
FRONTS(WEAK_DECLARATION)

#endif /* _TEST_KLP_WEAK_H */
