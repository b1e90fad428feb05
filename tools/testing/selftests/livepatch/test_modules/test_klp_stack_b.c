// SPDX-License-Identifier: GPL-2.0
#define TEST_KLP_STACK "b"
#include "test_klp_stack.h"
