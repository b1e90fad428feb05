// SPDX-License-Identifier: GPL-2.0
/*
 * A module for the tests of the patch builder, tools/livepatch/klp-build: each
 * function has a construct that is rare in the functions of vmlinux whose effect
 * can be seen from user space. Reading a parameter calls one of the functions.
 *
 * The fixes in tools/livepatch/klp-build/tests/corpus/ name the functions.
 */
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "build_target.h"

/* MODULE_SHOW(name, format, value...): reading parameter NAME prints the values. */
#define MODULE_SHOW(name, format, ...)						\
static int name##_get(char *buf, const struct kernel_param *kp)		\
{									\
	return sysfs_emit(buf, format "\n", __VA_ARGS__);		\
}									\
static const struct kernel_param_ops name##_ops = { .get = name##_get };	\
module_param_cb(name, &name##_ops, NULL, 0444)

/* A variable that the compiler does not know the value of */
static int bt_input = 5;
module_param_named(input, bt_input, int, 0644);

/* --- static data ------------------------------------------------------- */

static BT_FUNC int bt_counter(void)
{
	static int count;

	return ++count;
}
MODULE_SHOW(counter, "%d", bt_counter());

/* Two static locals of one name and one type, in one function and its block */
static BT_FUNC int bt_two_counters(int which)
{
	static int count = 10;

	if (which) {
		static int count = 20;

		return ++count;
	}
	return ++count;
}
MODULE_SHOW(two_counters, "%d %d", bt_two_counters(0), bt_two_counters(1));

static BT_FUNC int bt_once(void)
{
	static bool done;

	if (done)
		return 0;
	done = true;
	return 1;
}
MODULE_SHOW(once, "%d", bt_once());

static BT_FUNC const char *bt_cached(void)
{
	static const char *cached;

	if (!cached)
		cached = bt_input == 5 ? "five" : "another";
	return cached;
}
MODULE_SHOW(cached, "%s", bt_cached());

static const int bt_table[] = { 11, 22, 33, 44 };

static BT_FUNC int bt_lookup(int i)
{
	return bt_table[i & 3];
}
MODULE_SHOW(lookup, "%d", bt_lookup(bt_input));

static const int bt_shared_table[] = { 5, 6, 7, 8 };

static BT_FUNC int bt_lookup_one(int i)
{
	return bt_shared_table[i & 3];
}

static BT_FUNC int bt_lookup_two(int i)
{
	return bt_shared_table[(i + 1) & 3] + 100;
}
MODULE_SHOW(lookups, "%d %d", bt_lookup_one(bt_input), bt_lookup_two(bt_input));

static int bt_writable = 17;
module_param_named(writable_value, bt_writable, int, 0644);

static BT_FUNC int bt_read_writable(void)
{
	return READ_ONCE(bt_writable);
}
MODULE_SHOW(writable, "%d", bt_read_writable());

static DEFINE_PER_CPU(int, bt_percpu) = 4;

static BT_FUNC int bt_percpu_sum(void)
{
	int cpu, sum = 0;

	for_each_possible_cpu(cpu)
		sum += per_cpu(bt_percpu, cpu) == 4;
	return sum == num_possible_cpus() ? 4 : -1;
}
MODULE_SHOW(percpu, "%d", bt_percpu_sum());

/* --- control flow ------------------------------------------------------ */

/* gcc turns this one into a table of values. */
static BT_FUNC const char *bt_switch_values(int i)
{
	switch (i) {
	case 0: return "zero";
	case 1: return "one";
	case 2: return "two";
	case 3: return "three";
	case 4: return "four";
	case 5: return "five";
	case 6: return "six";
	case 7: return "seven";
	}
	return "many";
}
MODULE_SHOW(switch_values, "%s", bt_switch_values(bt_input));

/* Too different for a table of values: compares, or a table of jumps */
static BT_FUNC int bt_switch_code(int i)
{
	switch (i) {
	case 0: return bt_input * 3;
	case 1: return bt_input / 7;
	case 2: return bt_input ^ 0x55;
	case 3: return bt_input << 4;
	case 4: return -bt_input;
	case 5: return bt_input + 1000;
	case 6: return bt_input % 3;
	case 7: return ~bt_input;
	}
	return 0;
}
MODULE_SHOW(switch_code, "%d", bt_switch_code(bt_input));

/* BT_COLD: see Makefile */
static BT_COLD noinline int bt_is_cold(int i)
{
	barrier_data(&i);
	return i + 77;
}

/* gcc moves the calls of cold functions into bt_with_cold.cold. */
static BT_FUNC int bt_with_cold(int i)
{
	int result = i * 5;

	if (i > 100) {
		result = bt_is_cold(i);
		result += bt_is_cold(result);
	}
	return result;
}
MODULE_SHOW(with_cold, "%d", bt_with_cold(bt_input));

static BT_FUNC int bt_without_cold(int i)
{
	return i * 7;
}
MODULE_SHOW(without_cold, "%d", bt_without_cold(bt_input));

static BT_FUNC int bt_tail_end(int i)
{
	barrier_data(&i);
	return i + 3;
}

static BT_FUNC int bt_tail(int i)
{
	if (i < 0)
		return 0;
	return bt_tail_end(i * 2);
}
MODULE_SHOW(tail, "%d", bt_tail(bt_input));

static BT_FUNC int bt_vsum(int number, ...)
{
	va_list args;
	int sum = 0;

	va_start(args, number);
	while (number--)
		sum += va_arg(args, int);
	va_end(args);
	return sum;
}
MODULE_SHOW(variadic, "%d", bt_vsum(3, 1, 2, bt_input));

static BT_FUNC void __noreturn bt_noreturn(int i)
{
	panic("test_klp_build_target: %d", i);
}

static BT_FUNC int bt_before_noreturn(int i)
{
	if (i == -12345)
		bt_noreturn(i);
	return i + 9;
}
MODULE_SHOW(before_noreturn, "%d", bt_before_noreturn(bt_input));

static BT_FUNC int bt_recursive(int i)
{
	barrier_data(&i);
	return i > 0 ? bt_recursive(i - 1) + 2 : 1;
}
MODULE_SHOW(recursive, "%d", bt_recursive(bt_input));

/* --- clones ------------------------------------------------------------ */

/* bt_sra_sum.isra.0: gets the members instead of the pointer */
static noinline int bt_sra_sum(const struct bt_pair *pair)
{
	int sum = pair->first * 2 + pair->second;

	barrier_data(NULL);
	return sum;
}

static BT_FUNC int bt_isra(int i)
{
	struct bt_pair pair = { .first = i, .second = i + 1 };

	return bt_sra_sum(&pair);
}
MODULE_SHOW(isra, "%d", bt_isra(bt_input));

/* bt_scaled.constprop.0: is only called with 3 */
static noinline int bt_scaled(int i, int factor)
{
	barrier_data(&i);
	return i * factor + factor;
}

static BT_FUNC int bt_constprop(int i)
{
	return bt_scaled(i, 3) + bt_scaled(i + 1, 3);
}
MODULE_SHOW(constprop, "%d", bt_constprop(bt_input));

/* bt_partial.part.0: the long half of a function whose short half is inlined */
static void bt_partial(int *sum, int i)
{
	if (likely(i < 1000))
		return;
	while (i > 0) {
		*sum += i % 10;
		barrier_data(&i);
		i /= 10;
		if (*sum > 50)
			*sum -= bt_tail_end(*sum);
		if (*sum < -50)
			*sum += bt_tail_end(i);
	}
}

static BT_FUNC int bt_part(int i)
{
	int sum = 1;

	bt_partial(&sum, i * 1000);
	bt_partial(&sum, i);
	return sum;
}

static BT_FUNC int bt_part_again(int i)
{
	int sum = 2;

	bt_partial(&sum, i);
	bt_partial(&sum, i + 1999);
	return sum;
}
MODULE_SHOW(part, "%d %d", bt_part(bt_input), bt_part_again(bt_input));

/* --- names ------------------------------------------------------------- */

/* One of two of that name; the other one is in build_target_twin.c. */
static BT_FUNC int bt_twin(void)
{
	barrier_data(NULL);
	return 100;
}
MODULE_SHOW(twins, "%d %d", bt_twin(), bt_twin_other());

static BT_FUNC int bt_aliased(void)
{
	barrier_data(NULL);
	return 200;
}

static __used __alias(bt_aliased) int bt_alias(void);
MODULE_SHOW(aliases, "%d %d", bt_aliased(), bt_alias());

int __weak bt_weak(void)
{
	barrier_data(NULL);
	return 300;
}

/* build_target_twin.c has another one, so that this one is in no image. */
int __weak bt_weak_overridden(void)
{
	barrier_data(NULL);
	return 400;
}
MODULE_SHOW(weaks, "%d %d", bt_weak(), bt_weak_overridden());

BT_FUNC int bt_exported(int x)
{
	barrier_data(&x);
	return BT_SCALE(x);
}
EXPORT_SYMBOL_GPL(bt_exported);
MODULE_SHOW(exported, "%d", bt_exported(bt_input));

static inline int bt_inlined(int x)
{
	return x + 41;
}

static BT_FUNC int bt_inline_one(int x)
{
	return bt_inlined(x) + 1000;
}

static BT_FUNC int bt_inline_two(int x)
{
	return bt_inlined(x) + 2000;
}
MODULE_SHOW(inlined, "%d %d", bt_inline_one(bt_input), bt_inline_two(bt_input));

static BT_FUNC int bt_inline_header(int x)
{
	return bt_shared_inline(x);
}
MODULE_SHOW(inline_header, "%d %d", bt_inline_header(bt_input), bt_inline_other(bt_input));

static BT_FUNC int bt_pointed_to(int x)
{
	barrier_data(&x);
	return x * 11;
}

static int (*bt_pointer)(int x) = bt_pointed_to;
MODULE_SHOW(pointer, "%d", READ_ONCE(bt_pointer)(bt_input));

static BT_FUNC int bt_pair_show(int x)
{
	struct bt_pair pair = { .first = x, .second = 1 };

	return bt_pair_sum(&pair);
}
MODULE_SHOW(pair, "%d", bt_pair_show(bt_input));

/* --- what the kernel rewrites ------------------------------------------ */

static DEFINE_STATIC_KEY_FALSE(bt_key);

static BT_FUNC int bt_with_key(void)
{
	if (static_branch_unlikely(&bt_key))
		return 1;
	return 2;
}

static int bt_key_set(const char *val, const struct kernel_param *kp)
{
	bool on;
	int ret = kstrtobool(val, &on);

	if (ret)
		return ret;
	if (on)
		static_branch_enable(&bt_key);
	else
		static_branch_disable(&bt_key);
	return 0;
}

static int bt_key_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", bt_with_key());
}

static const struct kernel_param_ops key_ops = { .get = bt_key_get, .set = bt_key_set };
module_param_cb(key, &key_ops, NULL, 0644);

static int bt_called_one(int x)
{
	return x + 1;
}

static int bt_called_two(int x)
{
	return x + 2;
}

DEFINE_STATIC_CALL(bt_call, bt_called_one);

static BT_FUNC int bt_with_call(int x)
{
	return static_call(bt_call)(x) * 10;
}

static int call_set(const char *val, const struct kernel_param *kp)
{
	bool two;
	int ret = kstrtobool(val, &two);

	if (ret)
		return ret;
	static_call_update(bt_call, two ? bt_called_two : bt_called_one);
	return 0;
}

static int call_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", bt_with_call(bt_input));
}

static const struct kernel_param_ops call_ops = { .get = call_get, .set = call_set };
module_param_cb(call, &call_ops, NULL, 0644);

static BT_FUNC int bt_cpu_has(void)
{
	return static_cpu_has(X86_FEATURE_FPU) ? 8 : 9;
}
MODULE_SHOW(alternative, "%d", bt_cpu_has());

/* An address that no user page is at: the access faults, and is fixed up. */
static BT_FUNC int bt_fault(void)
{
	const int __user *bad = (const int __user *)8;
	int value = 0, ret = 1;

	pagefault_disable();
	if (user_access_begin(bad, sizeof(*bad))) {
		unsafe_get_user(value, bad, fault);
		ret = 0;
fault:
		user_access_end();
	}
	pagefault_enable();
	return ret * 10 + value;
}
MODULE_SHOW(user_fault, "%d", bt_fault());

static BT_FUNC int bt_warn(int x)
{
	if (WARN(x == 99, "test_klp_build_target: 99"))
		return -1;
	return x + 6;
}
MODULE_SHOW(warn, "%d", bt_warn(bt_input));

static BT_FUNC int bt_bug(int x)
{
	BUG_ON(x == 98);
	return x + 12;
}
MODULE_SHOW(bug, "%d", bt_bug(bt_input));

static BT_FUNC int bt_debug(int x)
{
	pr_debug("%s: %d\n", __func__, x);
	return x + 60;
}
MODULE_SHOW(debug, "%d", bt_debug(bt_input));

/* fs/filesystems.c has a variable of that name. */
static int file_systems = 31;

static BT_FUNC int bt_same_name(int x)
{
	return READ_ONCE(file_systems) + x;
}
MODULE_SHOW(same_name, "%d", bt_same_name(bt_input));

static int bt_mostly_read __read_mostly = 13;

static BT_FUNC int bt_read_mostly(int x)
{
	return READ_ONCE(bt_mostly_read) * x;
}
MODULE_SHOW(mostly_read, "%d", bt_read_mostly(bt_input));

/* --- waiting ------------------------------------------------------------ */

/* bt_sleep() jumps here, so no stack tells of bt_sleep(). A signal that kills ends it. */
static BT_FUNC int bt_asleep(int i)
{
	while (!fatal_signal_pending(current))
		schedule_timeout_killable(MAX_SCHEDULE_TIMEOUT);
	return i;
}

static BT_FUNC int bt_sleep(int i)
{
	if (i < 0)
		return 0;
	return bt_asleep(i * 2);
}
MODULE_SHOW(sleep, "%d", bt_sleep(bt_input));

/* --- what cannot be patched --------------------------------------------- */

static BT_FUNC notrace int bt_notrace(int x)
{
	barrier_data(&x);
	return x + 70;
}
MODULE_SHOW(untraced, "%d", bt_notrace(bt_input));

static int bt_init_value;

static BT_FUNC int __init bt_init(void)
{
	return 80;
}
MODULE_SHOW(init_value, "%d", bt_init_value);

static int __init test_klp_build_target_init(void)
{
	bt_init_value = bt_init();
	return 0;
}

static void __exit test_klp_build_target_exit(void)
{
}

module_init(test_klp_build_target_init);
module_exit(test_klp_build_target_exit);
MODULE_DESCRIPTION("Livepatch selftest: a module for the patch builder");
MODULE_LICENSE("GPL");
