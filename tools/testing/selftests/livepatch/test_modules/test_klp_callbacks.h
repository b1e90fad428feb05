/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A patch that says when its callbacks are called, and perhaps brings a state.
 * TEST_KLP_FUNCS tells what it patches.
 */
#include <linux/printk.h>

#include "test_klp.h"

static int refuse;
module_param(refuse, int, 0444);

static ulong state;
module_param(state, ulong, 0444);

static uint version;
module_param(version, uint, 0444);

static struct klp_state states[] = { { }, { } };

static void say(const char *callback, struct klp_object *obj)
{
	struct klp_state *prev = NULL;

	if (state)
		prev = klp_get_prev_state(state);
	pr_info("test: %s: %s of %s, %s\n", KBUILD_MODNAME, callback,
		obj->name ?: "vmlinux",
		!state ? "no state" : prev ? "state before" : "no state before");
	if (prev)
		pr_info("test: %s: version before %u\n", KBUILD_MODNAME,
			prev->version);
}

static int pre_patch(struct klp_object *obj)
{
	say("pre_patch", obj);
	return refuse;
}

static void post_patch(struct klp_object *obj)
{
	say("post_patch", obj);
}

static void pre_unpatch(struct klp_object *obj)
{
	say("pre_unpatch", obj);
}

static void post_unpatch(struct klp_object *obj)
{
	say("post_unpatch", obj);
}

static struct klp_func funcs[] = { TEST_KLP_FUNCS, { } };

static struct klp_object objs[] = {
	{
		.funcs = funcs,
		.callbacks = {
			.pre_patch = pre_patch,
			.post_patch = post_patch,
			.pre_unpatch = pre_unpatch,
			.post_unpatch = post_unpatch,
		},
	},
	{ }
};

/* Before the patch is handed over */
static void prepare(void)
{
	states[0] = (struct klp_state) { .id = state, .version = version };
}

#undef TEST_KLP_PREPARE
#define TEST_KLP_PREPARE prepare()
TEST_KLP_PATCH(objs, states);
