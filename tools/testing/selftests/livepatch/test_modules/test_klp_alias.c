// SPDX-License-Identifier: GPL-2.0
/*
 * A patch that has two functions by both of their names.
 *
 * With the parameter "same" both names have one replacement. Otherwise the
 * replacements of the first names are wrong, and must not be called.
 */
#include "test_klp.h"

static bool same;
module_param(same, bool, 0444);

static noinline int wrong_inner(void)
{
	barrier_data(NULL);
	return 5;
}

static noinline int new_inner(void)
{
	barrier_data(NULL);
	return 1;
}

static noinline int new_outer(void)
{
	return klp_test_inner() != 1;
}

static noinline int wrong_value(void)
{
	barrier_data(NULL);
	return 55;
}

static noinline int new_value(void)
{
	barrier_data(NULL);
	return 44;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_test_inner", .new_func = wrong_inner },
	{ .old_name = "klp_test_outer", .new_func = new_outer },
	{ .old_name = "klp_test_inner_alias", .new_func = new_inner },
	{ }
};

static struct klp_func target_funcs[] = {
	{ .old_name = "klp_target_value", .new_func = wrong_value },
	{ .old_name = "klp_target_value_alias", .new_func = new_value },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = funcs },
	{ .name = "test_klp_target", .funcs = target_funcs },
	{ }
};

static void prepare(void)
{
	if (!same)
		return;
	funcs[0].new_func = new_inner;
	target_funcs[0].new_func = new_value;
}

#undef TEST_KLP_PREPARE
#define TEST_KLP_PREPARE prepare()
TEST_KLP_PATCH(objs, NULL);
