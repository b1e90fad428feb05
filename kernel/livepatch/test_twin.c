// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: a second function klp_test_twin(), see test_functions.c.
 */
#include "test_functions.h"

static KLP_TEST_FUNC int klp_test_twin(void)
{
	barrier_data(NULL);
	return 0;
}

int klp_test_other_twin(void)
{
	return klp_test_twin();
}
