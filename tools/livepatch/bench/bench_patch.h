/* SPDX-License-Identifier: GPL-2.0 */
/*
 * livepatch benchmark: what the patches have in common. Uses only the interface
 * that the stock kernel and ours share, but for the consistency models.
 *
 * Loading the module does not enable the patch. Writing to the parameter
 * "enable" does. "ns" is the time in nanoseconds that klp_enable_patch() took.
 * "consistency" is one of enum klp_consistency; the stock kernel has no such
 * parameter.
 */
#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#define NEW(name)							\
	static noinline int new_##name(int x)				\
	{								\
		barrier_data(&x);					\
		return x;						\
	}

#define FUNC(name) { .old_name = #name, .new_func = new_##name },

static unsigned long ns;
module_param(ns, ulong, 0444);

static struct klp_patch bench_patch;

#if __has_include("linux/livepatch_types.h")
static unsigned int consistency;
module_param(consistency, uint, 0444);

static void bench_choose_model(void)
{
	bench_patch.consistency = consistency;
}
#else
static void bench_choose_model(void)
{
}
#endif

static int bench_enable(const char *val, const struct kernel_param *kp)
{
	ktime_t start;
	int ret;

	bench_choose_model();
	start = ktime_get();
	ret = klp_enable_patch(&bench_patch);
	ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	return ret;
}

static const struct kernel_param_ops bench_enable_ops = {
	.set = bench_enable,
};

module_param_cb(enable, &bench_enable_ops, NULL, 0200);

/*
 * BENCH_PATCH - define a patch module with the functions in bench_funcs
 * @_object: name of the module to be patched, NULL for vmlinux
 * @_replace: true if the patch replaces all others
 */
#define BENCH_PATCH(_object, _replace)					\
	static struct klp_object bench_objs[] = {			\
		{ .name = _object, .funcs = bench_funcs },		\
		{ }							\
	};								\
	static struct klp_patch bench_patch = {				\
		.mod = THIS_MODULE,					\
		.objs = bench_objs,					\
		.replace = _replace,					\
	};								\
	static int __init bench_patch_init(void)			\
	{								\
		return 0;						\
	}								\
	static void __exit bench_patch_exit(void)			\
	{								\
	}								\
	module_init(bench_patch_init);					\
	module_exit(bench_patch_exit);					\
	MODULE_DESCRIPTION("Livepatch benchmark: a patch");		\
	MODULE_LICENSE("GPL");						\
	MODULE_INFO(livepatch, "Y")
