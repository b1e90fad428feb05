// SPDX-License-Identifier: GPL-2.0
/* No functions at all: only callbacks and states */
#define TEST_KLP_FUNCS { }
#include "test_klp_callbacks.h"
