// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the redirect table, against a plain array as the oracle.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "table.h"

static void table_empty_test(struct kunit *test)
{
	struct klp_table *table = klp_table_alloc(0, 0);

	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_EXPECT_NULL(test, klp_table_find(table, 1));
	KUNIT_EXPECT_NULL(test, klp_table_find(table, ULONG_MAX));
	klp_table_free(table);
}

/* A new entry leads to the original in both universes. */
static void table_new_entry_test(struct kunit *test)
{
	struct klp_table *table = klp_table_alloc(1, 1);
	struct klp_entry *entry;

	KUNIT_ASSERT_NOT_NULL(test, table);
	entry = klp_table_insert(table, 0xffffffff81000009);
	KUNIT_EXPECT_EQ(test, 0xffffffff81000009, entry->key);
	KUNIT_EXPECT_EQ(test, klp_original(entry), entry->target[0]);
	KUNIT_EXPECT_EQ(test, klp_original(entry), entry->target[1]);
	KUNIT_EXPECT_PTR_EQ(test, entry,
			    klp_table_find(table, 0xffffffff81000009));
	KUNIT_EXPECT_NULL(test, klp_table_find(table, 0xffffffff8100000a));
	klp_table_free(table);
}

/*
 * Keys as functions have them, and keys that all want the same slot: the search
 * finds keys that are in the table, and ends for keys that are not.
 */
static void table_random_test(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 43);
	for (round = 0; round < 50; round++) {
		unsigned int nr = 1 + prandom_u32_state(&rnd) % 300, i;
		struct klp_table *table = klp_table_alloc(nr, nr);
		unsigned long stride = round % 2 ? 16 : 1UL << 40;

		KUNIT_ASSERT_NOT_NULL(test, table);
		KUNIT_ASSERT_GE(test, table->mask / sizeof(struct klp_entry) + 1, 2 * nr);
		for (i = 0; i < nr; i++) {
			struct klp_entry *entry;

			entry = klp_table_insert(table, 9 + i * stride);
			KUNIT_ASSERT_NOT_NULL(test, entry);
			entry->target[0] = i + 1;
		}
		for (i = 0; i < nr; i++) {
			struct klp_entry *entry;

			entry = klp_table_find(table, 9 + i * stride);
			KUNIT_ASSERT_NOT_NULL(test, entry);
			KUNIT_ASSERT_EQ(test, i + 1, entry->target[0]);
			KUNIT_ASSERT_NULL(test, klp_table_find(table, 10 +
							       i * stride));
		}
		klp_table_free(table);
	}
}

/*
 * Measure how far entries are from their slots. Functions of a file or a module
 * follow each other closely, often at equal distances. Each hash is bad for
 * some distances; on average fewer than one step for four functions is allowed.
 */
static void table_spread_test(struct kunit *test)
{
	static const unsigned int nrs[] = { 2, 10, 100, 500, 1000, 2000 };
	unsigned int total = 0, steps = 0, distance, i;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		for (distance = 16; distance <= 4096; distance += 16) {
			unsigned int nr = nrs[i], j;
			struct klp_table *table = klp_table_alloc(nr, nr);
			unsigned long key = 0xffffffff81000009;

			KUNIT_ASSERT_NOT_NULL(test, table);
			for (j = 0; j < nr; j++, key += distance)
				steps += klp_table_insert(table, key) -
					 klp_table_slot(table, key);
			total += nr;
			klp_table_free(table);
		}
	}
	KUNIT_EXPECT_LE(test, steps, total / 4);
}

/* Two functions are hardly ever in each other's way, whatever their distance. */
static void table_small_test(struct kunit *test)
{
	unsigned int steps = 0, distance;

	for (distance = 16; distance <= 4096; distance += 16) {
		struct klp_table *table = klp_table_alloc(2, 2);
		unsigned long key = 0xffffffff81000009;

		KUNIT_ASSERT_NOT_NULL(test, table);
		klp_table_insert(table, key);
		key += distance;
		steps += klp_table_insert(table, key) -
			 klp_table_slot(table, key);
		klp_table_free(table);
	}
	/* Of 256 */
	KUNIT_EXPECT_LE(test, steps, 4);
}

/* Find the next key after @key whose search begins @before slots before the last one. */
static unsigned long table_key_near_end(struct klp_table *table, unsigned long key,
					unsigned int before)
{
	struct klp_entry *slot = (void *)table->entry + table->mask;

	do {
		key++;
	} while (klp_table_slot(table, key) != slot - before);
	return key;
}

/*
 * Push functions off the end until the room there is full. The next one is refused, and
 * nothing else has changed: all functions are found, and each search still ends.
 * Breaks if an entry is written that has to stay empty: a search would leave the table.
 */
static void table_spill_test(struct kunit *test)
{
	static const unsigned int nrs[] = { 1, 2, KLP_TABLE_SPILL, 40, 300, 5000 };
	unsigned long keys[KLP_TABLE_SPILL + 1], key, refused;
	unsigned int i, j, before;

	for (i = 0; i < ARRAY_SIZE(nrs) * 3; i++) {
		unsigned int nr = nrs[i / 3], spill = min(nr, KLP_TABLE_SPILL);
		struct klp_table *table = klp_table_alloc(nr, KLP_TABLE_SPILL);

		KUNIT_ASSERT_NOT_NULL(test, table);
		before = i % 3;
		KUNIT_ASSERT_PTR_EQ(test, table->end,
				    table->entry + table->mask / sizeof(*table->end) + 1 + spill);
		/* The slots from there on are full, too. */
		for (key = 0, j = 0; j <= before; j++) {
			key = table_key_near_end(table, key, before);
			KUNIT_ASSERT_NOT_NULL(test, klp_table_insert(table, key));
		}
		for (j = 0; j < spill; j++) {
			key = table_key_near_end(table, key, j % (before + 1));
			keys[j] = key;
			KUNIT_ASSERT_PTR_EQ(test, table->end - spill + j,
					    klp_table_insert(table, key));
		}
		refused = table_key_near_end(table, key, before);
		KUNIT_EXPECT_NULL(test, klp_table_insert(table, refused));
		KUNIT_EXPECT_NULL(test, klp_table_find(table, refused));
		KUNIT_EXPECT_EQ(test, 0, table->end[0].key);
		KUNIT_EXPECT_EQ(test, 0, table->end[1].key);
		for (j = 0; j < spill; j++)
			KUNIT_EXPECT_PTR_EQ(test, table->end - spill + j,
					    klp_table_find(table, keys[j]));
		/* There is room elsewhere. */
		key = table_key_near_end(table, refused, before + 1);
		KUNIT_EXPECT_NOT_NULL(test, klp_table_insert(table, key));
		klp_table_free(table);
	}
}

/* Whatever the functions are, room for all of them behind the slots is enough. */
static void table_full_spill_test(struct kunit *test)
{
	static const unsigned int nrs[] = { 1, 40, 300 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(nrs); i++) {
		struct klp_table *table = klp_table_alloc(nrs[i], nrs[i]);
		unsigned long key = 0;

		KUNIT_ASSERT_NOT_NULL(test, table);
		for (j = 0; j < nrs[i]; j++) {
			key = table_key_near_end(table, key, 0);
			KUNIT_ASSERT_NOT_NULL(test, klp_table_insert(table, key));
		}
		KUNIT_EXPECT_PTR_EQ(test, table->end - 2, klp_table_find(table, key));
		KUNIT_EXPECT_NULL(test, klp_table_find(table, table_key_near_end(table, key, 0)));
		klp_table_free(table);
	}
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_empty_test),
	KUNIT_CASE(table_new_entry_test),
	KUNIT_CASE(table_random_test),
	KUNIT_CASE_SLOW(table_spread_test),
	KUNIT_CASE(table_small_test),
	KUNIT_CASE(table_spill_test),
	KUNIT_CASE(table_full_spill_test),
	{ }
};

static struct kunit_suite table_suite = {
	.name = "livepatch_table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
