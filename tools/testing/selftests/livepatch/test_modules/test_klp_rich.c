// SPDX-License-Identifier: GPL-2.0
/*
 * A function that the kernel rewrites in every way: it has a static key, a static call,
 * an alternative, a lock prefix, an indirect call, a call and a return.
 */
#include <linux/atomic.h>
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/static_call.h>

#include <asm/cpufeature.h>

/* Found in the file by the test, which makes another module of it */
#define TEST_KLP_NUMBER	0x5eed1230

static DEFINE_STATIC_KEY_FALSE(klp_rich_key);
static atomic_t klp_rich_calls;

static noinline int klp_rich_add(int number)
{
	barrier_data(NULL);
	return number + 1;
}

static noinline int klp_rich_sub(int number)
{
	barrier_data(NULL);
	return number - 1;
}

DEFINE_STATIC_CALL(klp_rich_call, klp_rich_add);
static int (*klp_rich_pointer)(int) = klp_rich_add;

static noinline __noclone int klp_rich(int number)
{
	atomic_inc(&klp_rich_calls);
	if (static_branch_unlikely(&klp_rich_key))
		number += 10;
	if (static_cpu_has(X86_FEATURE_ERMS))
		number += 100;
	number = static_call(klp_rich_call)(number);
	number = READ_ONCE(klp_rich_pointer)(number);
	return number + klp_rich_add(TEST_KLP_NUMBER);
}

static int klp_rich_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%#x\n", klp_rich(0));
}

static const struct kernel_param_ops klp_rich_ops = {
	.get = klp_rich_get,
};
module_param_cb(result, &klp_rich_ops, NULL, 0444);

/* Writing toggles the static key and the static call. */
static int klp_rich_toggle(const char *val, const struct kernel_param *kp)
{
	if (static_key_enabled(&klp_rich_key)) {
		static_branch_disable(&klp_rich_key);
		static_call_update(klp_rich_call, klp_rich_add);
	} else {
		static_branch_enable(&klp_rich_key);
		static_call_update(klp_rich_call, klp_rich_sub);
	}
	return 0;
}

static const struct kernel_param_ops klp_toggle_ops = {
	.set = klp_rich_toggle,
};
module_param_cb(toggle, &klp_toggle_ops, NULL, 0200);

static int __init klp_rich_init(void)
{
	return 0;
}

static void __exit klp_rich_exit(void)
{
}

module_init(klp_rich_init);
module_exit(klp_rich_exit);
MODULE_DESCRIPTION("Livepatch selftest: a function that the kernel rewrites");
MODULE_LICENSE("GPL");
