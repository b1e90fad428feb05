// SPDX-License-Identifier: GPL-2.0
/* Functions that override weak ones, see test_klp_weak_main.c */
#include "test_klp_weak.h"

#define STRONG_FUNCTION(n)						\
	int klp_weak_##n(void)						\
	{								\
		return -1;						\
	}

FRONTS(STRONG_FUNCTION)
