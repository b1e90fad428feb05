// SPDX-License-Identifier: GPL-2.0
/* The other function klp_target_twin(), see test_klp_target_main.c */
#include "test_klp_target.h"

static KLP_TARGET_FUNC int klp_target_twin(void)
{
	barrier_data(NULL);
	return 2;
}

int klp_target_other_twin(void)
{
	return klp_target_twin();
}
