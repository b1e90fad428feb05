// SPDX-License-Identifier: GPL-2.0
/* A patch module with the name that comes to mind first */
#define TEST_KLP_STACK "livepatch"
#include "test_klp_stack.h"
