// SPDX-License-Identifier: GPL-2.0
#define TEST_KLP_STACK "b"
/* If the name has one function, 1 is the same as 0. */
#define TEST_KLP_SYMPOS 1
#include "test_klp_stack.h"
