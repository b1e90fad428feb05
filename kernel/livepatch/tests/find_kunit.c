// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: unit tests for find.c. Whether vmlinux's symbols are searched
 * for one by one, or all of them are gone through, must make no difference.
 */
#include <kunit/test.h>

#include "find.h"

/* More than find.c searches for one by one */
#define TEST_MANY	1200

/* A function, and a variable that has the name of its out-of-line part */
static noinline __used void symbol_test_split(void)
{
	barrier();
}

static const char symbol_test_split_cold[16]
	__asm__("symbol_test_split.cold") __used = "not code";

struct symbol_case {
	const char	*name;
	unsigned long	sympos;
};

static const struct symbol_case symbol_cases[] = {
	{ "klp_find_symbols", 0 },
	{ "symbol_test_split", 0 },
	{ "klp_enable_patch", 1 },
	{ "do_exit", 0 },
	{ "load_elf_binary", 0 },
	{ "ftrace_set_filter_ips", 0 },
#ifdef CONFIG_LIVEPATCH_TEST_FUNCTIONS
	{ "klp_test_twin", 1 },
	{ "klp_test_twin", 2 },
#endif
};

/* Look up the cases, repeated up to @nr symbols or more, and @extra if any. */
static int symbol_lookup(struct kunit *test, struct klp_lookup *lookup,
			 unsigned int nr, const char *extra)
{
	unsigned int i;
	int ret;

	ret = klp_lookup_init(lookup, nr + ARRAY_SIZE(symbol_cases) + 1);
	KUNIT_ASSERT_EQ(test, ret, 0);
	do {
		for (i = 0; i < ARRAY_SIZE(symbol_cases); i++)
			klp_lookup_add(lookup, klp_word("vmlinux"),
				       klp_word(symbol_cases[i].name),
				       symbol_cases[i].sympos, true);
	} while (lookup->nr < nr);
	if (extra)
		klp_lookup_add(lookup, klp_word("vmlinux"), klp_word(extra), 0,
			       true);
	return klp_find_symbols(lookup, true);
}

static void symbol_few_and_many(struct kunit *test)
{
	struct klp_lookup few, many;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, symbol_lookup(test, &few, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, symbol_lookup(test, &many, TEST_MANY, NULL), 0);

	for (i = 0; i < many.nr; i++) {
		unsigned int j = i % ARRAY_SIZE(symbol_cases);

		KUNIT_EXPECT_NE(test, many.wanted[i].addr, 0);
		KUNIT_EXPECT_EQ(test, many.wanted[i].addr, few.wanted[j].addr);
	}
	KUNIT_EXPECT_EQ(test, few.wanted[0].addr, (unsigned long)klp_find_symbols);

	klp_lookup_free(&few);
	klp_lookup_free(&many);
}

static bool symbol_has_cold(const struct klp_lookup *lookup,
			    unsigned long start)
{
	unsigned int i;

	for (i = 0; i < lookup->nr_cold; i++)
		if (lookup->cold[i].start == start && lookup->cold[i].size)
			return true;
	return false;
}

static void symbol_cold(struct kunit *test)
{
	unsigned long part = (unsigned long)symbol_test_split_cold;
	struct klp_lookup few, many;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, symbol_lookup(test, &few, 1, NULL), 0);
	KUNIT_EXPECT_EQ(test, symbol_lookup(test, &many, TEST_MANY, NULL), 0);

	KUNIT_EXPECT_TRUE(test, symbol_has_cold(&few, part));
	KUNIT_EXPECT_TRUE(test, symbol_has_cold(&many, part));
	for (i = 0; i < few.nr_cold; i++)
		KUNIT_EXPECT_TRUE(test, symbol_has_cold(&many,
							few.cold[i].start));
	for (i = 0; i < many.nr_cold; i++)
		KUNIT_EXPECT_TRUE(test, symbol_has_cold(&few,
							many.cold[i].start));

	klp_lookup_free(&few);
	klp_lookup_free(&many);
}

static void symbol_missing(struct kunit *test)
{
	struct klp_lookup lookup;

	KUNIT_EXPECT_EQ(test, symbol_lookup(test, &lookup, 1, "klp_none"),
			-EINVAL);
	klp_lookup_free(&lookup);
	KUNIT_EXPECT_EQ(test, symbol_lookup(test, &lookup, TEST_MANY,
					    "klp_none"), -EINVAL);
	klp_lookup_free(&lookup);
}

static struct kunit_case symbol_test_cases[] = {
	KUNIT_CASE(symbol_few_and_many),
	KUNIT_CASE(symbol_cold),
	KUNIT_CASE(symbol_missing),
	{ }
};

static struct kunit_suite symbol_test_suite = {
	.name = "livepatch_symbol",
	.test_cases = symbol_test_cases,
};

kunit_test_suite(symbol_test_suite);
