/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _TEST_KLP_WEAK_H
#define _TEST_KLP_WEAK_H

#include "test_klp_many.h"

/* FRONTS(f) is f(0) f(1) and so on up to f(9), without separators. */
#define FRONTS(f) FIRST_TEN(f)

#define WEAK_DECLARATION(n) int klp_weak_##n(void);
FRONTS(WEAK_DECLARATION)

#endif /* _TEST_KLP_WEAK_H */
