/* SPDX-License-Identifier: GPL-2.0 */
/* What the units of test_klp_build_target share */
#ifndef _KLP_TEST_BUILD_TARGET_H
#define _KLP_TEST_BUILD_TARGET_H

#include <linux/compiler.h>
#include <linux/types.h>

/* No merging, no inlining, no clones: the symbol is the function of the source. */
#define BT_FUNC noinline __noclone

#define BT_SCALE(x) ((x) * 3)

/* Changing the layout changes every unit. */
struct bt_pair {
	int first;
	int second;
};

/* Inlined into functions of both units */
static inline int bt_shared_inline(int x)
{
	return x * 2 + 1;
}

/* Used by no unit */
static inline int bt_unused_inline(int x)
{
	return x - 5;
}

int bt_twin_other(void);
int bt_inline_other(int x);
int bt_exported(int x);
int bt_weak(void);
int bt_weak_overridden(void);
int bt_pair_sum(const struct bt_pair *pair);

#endif
