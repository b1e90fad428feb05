// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the compatibility of patches by their states.
 */
#include <kunit/test.h>
#include <linux/livepatch.h>

#include "state.h"

static struct klp_state none[] = { { } };
static struct klp_state one_v1[] = { { .id = 1, .version = 1 }, { } };
static struct klp_state one_v2[] = { { .id = 1, .version = 2 }, { } };
static struct klp_state two_v1[] = { { .id = 2, .version = 1 }, { } };
static struct klp_state both[] = {
	{ .id = 2, .version = 7 },
	{ .id = 1, .version = 2 },
	{ }
};

static struct klp_patch patch_of(struct klp_state *states, bool replace)
{
	return (struct klp_patch) { .states = states, .replace = replace };
}

static void state_find_test(struct kunit *test)
{
	struct klp_patch without = patch_of(NULL, false);
	struct klp_patch patch = patch_of(both, false);

	KUNIT_EXPECT_PTR_EQ(test, klp_get_state(&patch, 2), &both[0]);
	KUNIT_EXPECT_PTR_EQ(test, klp_get_state(&patch, 1), &both[1]);
	KUNIT_EXPECT_NULL(test, klp_get_state(&patch, 3));
	/* 0 ends the list, and is not a state. */
	KUNIT_EXPECT_NULL(test, klp_get_state(&patch, 0));
	KUNIT_EXPECT_NULL(test, klp_get_state(&without, 1));
}

static void state_compatible_test(struct kunit *test)
{
	static const struct {
		struct klp_state *old, *new;
		bool stacked, replacing;
	} cases[] = {
		{ NULL,   NULL,   true,  true },
		{ none,   NULL,   true,  true },
		{ NULL,   one_v1, true,  true },
		{ one_v1, NULL,   true,  false },
		{ one_v1, none,   true,  false },
		{ one_v1, one_v1, true,  true },
		{ one_v1, one_v2, true,  true },
		{ one_v2, one_v1, false, false },
		{ one_v1, two_v1, true,  false },
		{ one_v1, both,   true,  true },
		{ both,   one_v2, true,  false },
		{ both,   one_v1, false, false },
		{ both,   two_v1, false, false },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Whether the old patch has replaced others does not matter. */
		struct klp_patch old = patch_of(cases[i].old, i % 2);
		struct klp_patch new = patch_of(cases[i].new, false);

		KUNIT_EXPECT_EQ_MSG(test, klp_state_compatible(&old, &new),
				    cases[i].stacked, "case %d", i);
		new.replace = true;
		KUNIT_EXPECT_EQ_MSG(test, klp_state_compatible(&old, &new),
				    cases[i].replacing, "case %d", i);
	}
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(state_find_test),
	KUNIT_CASE(state_compatible_test),
	{ }
};

static struct kunit_suite state_suite = {
	.name = "livepatch_state",
	.test_cases = state_cases,
};

kunit_test_suite(state_suite);
