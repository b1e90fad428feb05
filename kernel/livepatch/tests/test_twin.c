// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: a second function klp_test_twin() and a second variable
 * klp_test_twin_value, see test_functions.c.
 */
#include "test_functions.h"

static u32 klp_test_twin_value __used = 2;

static KLP_TEST_FUNC int klp_test_twin(void)
{
	barrier_data(NULL);
	return 0;
}

int klp_test_other_twin(void)
{
	return klp_test_twin();
}
