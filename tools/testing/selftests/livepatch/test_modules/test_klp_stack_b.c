// SPDX-License-Identifier: GPL-2.0
#define TEST_KLP_STACK "b"
/* The same function as 0, if there is only one */
#define TEST_KLP_SYMPOS 1
#include "test_klp_stack.h"
