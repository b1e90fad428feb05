/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A patch that logs when its callbacks are called, and may have a state.
 * TEST_KLP_FUNCS are its functions of vmlinux, and TEST_KLP_TARGET_FUNCS, if
 * defined, those of the module test_klp_target. With the parameter "refuse" the
 * callback of the last object refuses. Writing to the parameter "ask" looks for
 * the state outside of a callback.
 */
#include <linux/printk.h>

#include "test_klp.h"

static int refuse;
module_param(refuse, int, 0444);

/*
 * When the last object has been prepared, let this allocation of the task that
 * patches it, counted from 1, fail.
 */
static uint fail_later;
module_param(fail_later, uint, 0644);

static ulong state;
module_param(state, ulong, 0444);

static uint version;
module_param(version, uint, 0444);

static struct klp_state states[] = { { }, { } };

static void say(const char *callback, struct klp_object *obj)
{
	struct klp_state *prev = NULL;

	if (!!obj->mod != !!obj->name ||
	    (obj->mod && strcmp(obj->mod->name, obj->name)))
		pr_warn("test: %s: wrong module\n", KBUILD_MODNAME);
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
	if (obj[1].name || obj[1].funcs)
		return 0;
#ifdef CONFIG_FAULT_INJECTION
	if (fail_later)
		current->fail_nth = fail_later;
#endif
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

static int ask_set(const char *val, const struct kernel_param *kp)
{
	pr_info("test: %s: asked outside of callbacks, %s\n", KBUILD_MODNAME,
		klp_get_prev_state(state) ? "state before" :
					    "no state before");
	return 0;
}

static const struct kernel_param_ops ask_ops = {
	.set = ask_set,
};

module_param_cb(ask, &ask_ops, NULL, 0200);

static struct klp_func funcs[] = { TEST_KLP_FUNCS, { } };

#define CALLBACKS {			\
	.pre_patch = pre_patch,		\
	.post_patch = post_patch,	\
	.pre_unpatch = pre_unpatch,	\
	.post_unpatch = post_unpatch,	\
}

#ifdef TEST_KLP_TARGET_FUNCS
static struct klp_func target_funcs[] = { TEST_KLP_TARGET_FUNCS, { } };
#endif

static struct klp_object objs[] = {
	{ .funcs = funcs, .callbacks = CALLBACKS },
#ifdef TEST_KLP_TARGET_FUNCS
	{
		.name = "test_klp_target",
		.funcs = target_funcs,
		.callbacks = CALLBACKS,
	},
#endif
	{ }
};

static void prepare(void)
{
	states[0] = (struct klp_state) { .id = state, .version = version };
}

#undef TEST_KLP_PREPARE
#define TEST_KLP_PREPARE prepare()
TEST_KLP_PATCH(objs, states);
