// SPDX-License-Identifier: GPL-2.0
/* The second unit of test_klp_build_target, see build_target_main.c */
#include "build_target.h"

static BT_FUNC int bt_twin(void)
{
	barrier_data(NULL);
	return 102;
}

int bt_twin_other(void)
{
	return bt_twin();
}

int bt_inline_other(int x)
{
	return bt_shared_inline(x) + 50;
}

int bt_weak_overridden(void)
{
	barrier_data(NULL);
	return 402;
}

int bt_pair_sum(const struct bt_pair *pair)
{
	return pair->first * 10 + pair->second;
}
