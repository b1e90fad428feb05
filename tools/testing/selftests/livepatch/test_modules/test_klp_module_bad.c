// SPDX-License-Identifier: GPL-2.0
/* Wrong patches of a module; the parameter "what" tells what is wrong. */
#include <linux/string.h>

#include "test_klp.h"

static char *what = "missing";
module_param(what, charp, 0444);

static int new_value(void)
{
	return 33;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_target_value", .new_func = new_value },
	{ .new_func = new_value },
	{ }
};

static struct klp_object objs[] = {
	{ .name = "test_klp_target", .funcs = funcs },
	{ },
	{ }
};

static void prepare(void)
{
	struct klp_func *func = &funcs[1];

	if (!strcmp(what, "missing")) {
		func->old_name = "klp_target_missing";
	} else if (!strcmp(what, "ambiguous")) {
		func->old_name = "klp_target_twin";
	} else if (!strcmp(what, "position")) {
		func->old_name = "klp_target_twin";
		func->old_sympos = 3;
	} else if (!strcmp(what, "init")) {
		func->old_name = "init_module";
	} else if (!strcmp(what, "twice")) {
		func->old_name = "klp_target_value";
		func->old_sympos = 1;
	} else if (!strcmp(what, "long")) {
		objs[0].name = "a_name_of_a_module_that_is_longer_than_any_module_may_have";
		func->old_name = "klp_target_twin";
	} else if (!strcmp(what, "object")) {
		*func = (struct klp_func) { };
		objs[1] = objs[0];
	}
}

#undef TEST_KLP_PREPARE
#define TEST_KLP_PREPARE prepare()
TEST_KLP_PATCH(objs, NULL);
