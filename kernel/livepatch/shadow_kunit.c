// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for shadow variables: what authors rely on, one by one, and then
 * from several tasks at once.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/sched.h>
#include <linux/slab.h>

#define TEST_ID		0x5ad0
#define TASKS		8
#define OBJECTS		500

/* What a variable of these tests holds */
struct test_var {
	void	*obj;
	int	value;
};

static atomic_t ctors, dtors;

static int count_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	struct test_var *var = shadow_data;

	if (var->obj)
		return -EUCLEAN;
	var->obj = obj;
	var->value = *(int *)ctor_data;
	atomic_inc(&ctors);
	return 0;
}

static int failing_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	return -EPERM;
}

static void count_dtor(void *obj, void *shadow_data)
{
	struct test_var *var = shadow_data;

	/* Its own, alive, and only once */
	if (var->obj == obj)
		atomic_inc(&dtors);
	var->obj = NULL;
}

static int shadow_init(struct kunit *test)
{
	atomic_set(&ctors, 0);
	atomic_set(&dtors, 0);
	return 0;
}

static void shadow_exit(struct kunit *test)
{
	klp_shadow_free_all(TEST_ID, NULL);
	klp_shadow_free_all(TEST_ID + 1, NULL);
}

static void shadow_life_test(struct kunit *test)
{
	int value = 42, obj, other;
	struct test_var *var;

	KUNIT_EXPECT_NULL(test, klp_shadow_get(&obj, TEST_ID));
	var = klp_shadow_alloc(&obj, TEST_ID, sizeof(*var), GFP_KERNEL,
			       count_ctor, &value);
	KUNIT_ASSERT_NOT_NULL(test, var);
	KUNIT_EXPECT_PTR_EQ(test, var->obj, (void *)&obj);
	KUNIT_EXPECT_EQ(test, var->value, 42);
	KUNIT_EXPECT_PTR_EQ(test, klp_shadow_get(&obj, TEST_ID), (void *)var);

	/* Both, the object and the number, tell variables apart. */
	KUNIT_EXPECT_NULL(test, klp_shadow_get(&other, TEST_ID));
	KUNIT_EXPECT_NULL(test, klp_shadow_get(&obj, TEST_ID + 1));

	klp_shadow_free(&other, TEST_ID, count_dtor);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), 0);
	klp_shadow_free(&obj, TEST_ID, count_dtor);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), 1);
	KUNIT_EXPECT_NULL(test, klp_shadow_get(&obj, TEST_ID));
	klp_shadow_free(&obj, TEST_ID, count_dtor);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), 1);
}

static void shadow_zeroed_test(struct kunit *test)
{
	char *data;
	int obj;

	data = klp_shadow_alloc(&obj, TEST_ID, 100, GFP_KERNEL, NULL, NULL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_EXPECT_NULL(test, memchr_inv(data, 0, 100));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)data,
					   __alignof__(u64)));
	/* All of it belongs to the caller: KASAN looks on. */
	memset(data, 0xff, 100);
}

static void shadow_exists_test(struct kunit *test)
{
	int first = 1, second = 2, obj;
	struct test_var *var, *again;

	var = klp_shadow_get_or_alloc(&obj, TEST_ID, sizeof(*var), GFP_KERNEL,
				      count_ctor, &first);
	again = klp_shadow_get_or_alloc(&obj, TEST_ID, sizeof(*var),
					GFP_KERNEL, count_ctor, &second);
	KUNIT_ASSERT_NOT_NULL(test, var);
	KUNIT_EXPECT_PTR_EQ(test, var, again);
	KUNIT_EXPECT_EQ(test, var->value, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctors), 1);
}

static void shadow_ctor_fails_test(struct kunit *test)
{
	int value = 3, obj;

	KUNIT_EXPECT_NULL(test, klp_shadow_alloc(&obj, TEST_ID, 8, GFP_KERNEL,
						 failing_ctor, NULL));
	KUNIT_EXPECT_NULL(test, klp_shadow_get(&obj, TEST_ID));
	/* Nothing is in the way of the next try. */
	KUNIT_EXPECT_NOT_NULL(test, klp_shadow_alloc(&obj, TEST_ID,
						     sizeof(struct test_var),
						     GFP_KERNEL, count_ctor,
						     &value));
}

static void shadow_free_all_test(struct kunit *test)
{
	int value = 4, left = 0, i;
	char *objs;

	objs = kunit_kzalloc(test, 10000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < 10000; i++) {
		/* Two of one kind for one of the other */
		unsigned long id = i % 3 ? TEST_ID : TEST_ID + 1;

		KUNIT_ASSERT_NOT_NULL(test, klp_shadow_alloc(&objs[i], id,
							     sizeof(struct test_var),
							     GFP_KERNEL,
							     count_ctor,
							     &value));
	}
	klp_shadow_free_all(TEST_ID, count_dtor);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), 6666);
	for (i = 0; i < 10000; i++) {
		KUNIT_EXPECT_NULL(test, klp_shadow_get(&objs[i], TEST_ID));
		left += !!klp_shadow_get(&objs[i], TEST_ID + 1);
	}
	KUNIT_EXPECT_EQ(test, left, 3334);
}

struct shadow_race {
	struct completion	start;
	struct completion	done;
	bool			free;
	struct test_var		*vars[TASKS][OBJECTS];
	char			objs[OBJECTS];
	atomic_t		next;
};

/* All tasks go over all objects, so that they meet at each of them. */
static int race_thread(void *arg)
{
	struct shadow_race *race = arg;
	int task = atomic_inc_return(&race->next) - 1, value = task, i;

	wait_for_completion(&race->start);
	for (i = 0; i < OBJECTS; i++) {
		if (race->free)
			klp_shadow_free(&race->objs[i], TEST_ID, count_dtor);
		else
			race->vars[task][i] =
				klp_shadow_get_or_alloc(&race->objs[i], TEST_ID,
							sizeof(struct test_var),
							GFP_KERNEL, count_ctor,
							&value);
		if (i % 16 == task)
			cond_resched();
	}
	complete(&race->done);
	return 0;
}

static void run_race(struct kunit *test, struct shadow_race *race)
{
	int i, nr = 0;

	init_completion(&race->start);
	init_completion(&race->done);
	atomic_set(&race->next, 0);
	while (nr < TASKS &&
	       !IS_ERR(kthread_run(race_thread, race, "shadow/%d", nr)))
		nr++;
	complete_all(&race->start);
	for (i = 0; i < nr; i++)
		wait_for_completion(&race->done);
	KUNIT_ASSERT_EQ(test, nr, TASKS);
}

static void shadow_race_test(struct kunit *test)
{
	struct shadow_race *race;
	int i, j;

	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);

	run_race(test, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctors), OBJECTS);
	for (i = 0; i < OBJECTS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, race->vars[0][i]);
		for (j = 1; j < TASKS; j++)
			KUNIT_ASSERT_PTR_EQ(test, race->vars[0][i],
					    race->vars[j][i]);
	}

	race->free = true;
	run_race(test, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), OBJECTS);
}

static struct kunit_case shadow_cases[] = {
	KUNIT_CASE(shadow_life_test),
	KUNIT_CASE(shadow_zeroed_test),
	KUNIT_CASE(shadow_exists_test),
	KUNIT_CASE(shadow_ctor_fails_test),
	KUNIT_CASE(shadow_free_all_test),
	KUNIT_CASE(shadow_race_test),
	{ }
};

static struct kunit_suite shadow_suite = {
	.name = "livepatch_shadow",
	.init = shadow_init,
	.exit = shadow_exit,
	.test_cases = shadow_cases,
};

kunit_test_suite(shadow_suite);
