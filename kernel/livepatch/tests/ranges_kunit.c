// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the sorted ranges, against a bitmap as the oracle.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/prandom.h>

#include "ranges.h"

#define SPACE	512

/* Any reason but 0 */
#define REASON	3

static void ranges_empty_test(struct kunit *test)
{
	struct klp_ranges ranges = { };

	klp_ranges_seal(&ranges);
	KUNIT_EXPECT_NULL(test, klp_ranges_find(&ranges, 0));
	KUNIT_EXPECT_NULL(test, klp_ranges_find(&ranges, ULONG_MAX));
	klp_ranges_free(&ranges);
}

static void ranges_bounds_test(struct kunit *test)
{
	struct klp_ranges ranges = { };

	KUNIT_ASSERT_EQ(test, 0, klp_ranges_add(&ranges, 100, 110, REASON));
	KUNIT_ASSERT_EQ(test, 0, klp_ranges_add(&ranges, ULONG_MAX, ULONG_MAX,
						REASON));
	klp_ranges_seal(&ranges);
	KUNIT_EXPECT_NULL(test, klp_ranges_find(&ranges, 99));
	KUNIT_EXPECT_NOT_NULL(test, klp_ranges_find(&ranges, 100));
	KUNIT_EXPECT_NOT_NULL(test, klp_ranges_find(&ranges, 110));
	KUNIT_EXPECT_NULL(test, klp_ranges_find(&ranges, 111));
	KUNIT_EXPECT_NOT_NULL(test, klp_ranges_find(&ranges, ULONG_MAX));
	klp_ranges_free(&ranges);
}

/* Ranges that overlap are one, with the reason of the lowest. */
static void ranges_overlap_test(struct kunit *test)
{
	struct klp_ranges ranges = { };
	const struct klp_range *found;

	KUNIT_ASSERT_EQ(test, 0, klp_ranges_add(&ranges, 20, 40, 2));
	KUNIT_ASSERT_EQ(test, 0, klp_ranges_add(&ranges, 10, 60, 1));
	KUNIT_ASSERT_EQ(test, 0, klp_ranges_add(&ranges, 60, 70, 3));
	klp_ranges_seal(&ranges);
	KUNIT_EXPECT_EQ(test, 1, ranges.nr);
	found = klp_ranges_find(&ranges, 65);
	KUNIT_ASSERT_NOT_NULL(test, found);
	KUNIT_EXPECT_EQ(test, 1, found->reason);
	KUNIT_EXPECT_NULL(test, klp_ranges_find(&ranges, 71));
	klp_ranges_free(&ranges);
}

/* Random sets, every address compared */
static void ranges_random_test(struct kunit *test)
{
	DECLARE_BITMAP(oracle, SPACE);
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 42);
	for (round = 0; round < 200; round++) {
		unsigned int nr = prandom_u32_state(&rnd) % 64, i;
		struct klp_ranges ranges = { };
		unsigned long addr;

		bitmap_zero(oracle, SPACE);
		for (i = 0; i < nr; i++) {
			unsigned int first = prandom_u32_state(&rnd) % SPACE;
			unsigned int last = first +
				prandom_u32_state(&rnd) % 12;

			last = min(last, SPACE - 1U);
			bitmap_set(oracle, first, last - first + 1);
			KUNIT_ASSERT_EQ(test, 0, klp_ranges_add(&ranges, first,
								last, REASON));
		}
		klp_ranges_seal(&ranges);
		for (addr = 0; addr < SPACE; addr++)
			KUNIT_ASSERT_EQ(test, test_bit(addr, oracle),
					!!klp_ranges_find(&ranges, addr));
		for (i = 1; i < ranges.nr; i++)
			KUNIT_ASSERT_LT(test, ranges.range[i - 1].last,
					ranges.range[i].first);
		klp_ranges_free(&ranges);
	}
}

static struct kunit_case ranges_cases[] = {
	KUNIT_CASE(ranges_empty_test),
	KUNIT_CASE(ranges_bounds_test),
	KUNIT_CASE(ranges_overlap_test),
	KUNIT_CASE(ranges_random_test),
	{ }
};

static struct kunit_suite ranges_suite = {
	.name = "livepatch_ranges",
	.test_cases = ranges_cases,
};

kunit_test_suite(ranges_suite);
