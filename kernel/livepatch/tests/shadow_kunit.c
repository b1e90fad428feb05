// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for shadow variables: what authors rely on, first with one task,
 * then with several at once.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

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

	/* Count only the object's own variable, and only once. */
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

	/* A variable belongs to an object and a number. */
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
	/* The caller may write to all of it: KASAN checks that. */
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
	/* The next try succeeds. */
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

static void fill(struct kunit *test, char *objs, int nr)
{
	int value = 5, i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_NOT_NULL(test, klp_shadow_alloc(&objs[i], TEST_ID,
							     sizeof(struct test_var),
							     GFP_KERNEL,
							     count_ctor,
							     &value));
}

struct shadow_irq {
	struct irq_work	work;
	bool		hardirq;
};

static void free_all_in_irq(struct irq_work *work)
{
	struct shadow_irq *irq = container_of(work, struct shadow_irq, work);

	irq->hardirq = in_hardirq();
	klp_shadow_free_all(TEST_ID, count_dtor);
}

/* Breaks, with lockdep, if the hash table's own iterator is used. */
static void shadow_free_all_irq_test(struct kunit *test)
{
	struct shadow_irq irq = { };
	char *objs;

	objs = kunit_kzalloc(test, OBJECTS, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	fill(test, objs, OBJECTS);
	init_irq_work(&irq.work, free_all_in_irq);
	irq_work_queue(&irq.work);
	irq_work_sync(&irq.work);
	KUNIT_EXPECT_TRUE(test, irq.hardirq);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), OBJECTS);
}

static int irqs_enabled_in_dtor;

static void irqs_off_dtor(void *obj, void *shadow_data)
{
	irqs_enabled_in_dtor += !irqs_disabled();
	count_dtor(obj, shadow_data);
}

/* Breaks if interrupts are enabled although the caller has disabled them. */
static void shadow_free_all_locked_test(struct kunit *test)
{
	static DEFINE_SPINLOCK(lock);
	unsigned long flags;
	bool disabled;
	char *objs;

	objs = kunit_kzalloc(test, OBJECTS, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	fill(test, objs, OBJECTS);
	irqs_enabled_in_dtor = 0;
	spin_lock_irqsave(&lock, flags);
	klp_shadow_free_all(TEST_ID, irqs_off_dtor);
	disabled = irqs_disabled();
	spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_TRUE(test, disabled);
	KUNIT_EXPECT_EQ(test, irqs_enabled_in_dtor, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), OBJECTS);
}

/*
 * An interrupt creates a variable again each time that one is freed, up to this
 * number. It is in the same list as before.
 */
#define CHASE	(20 * OBJECTS)

static struct shadow_chase {
	struct irq_work	work;
	int		created;
	void		*obj;
} chase;

static void chase_in_irq(struct irq_work *work)
{
	int value = 6;

	if (chase.created++ < CHASE)
		klp_shadow_alloc(chase.obj, TEST_ID, sizeof(struct test_var),
				 GFP_ATOMIC, count_ctor, &value);
}

static void chase_dtor(void *obj, void *shadow_data)
{
	count_dtor(obj, shadow_data);
	/* Runs when interrupts are enabled, before the next one is freed */
	chase.obj = obj;
	irq_work_queue(&chase.work);
}

/*
 * Breaks if freeing goes on for as long as there are variables, or if variables
 * are freed that were created meanwhile.
 */
static void shadow_free_all_ends_test(struct kunit *test)
{
	int left = 0, i;
	char *objs;

	objs = kunit_kzalloc(test, OBJECTS, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	fill(test, objs, OBJECTS);
	chase.created = 0;
	init_irq_work(&chase.work, chase_in_irq);
	klp_shadow_free_all(TEST_ID, chase_dtor);
	irq_work_sync(&chase.work);
	for (i = 0; i < OBJECTS; i++)
		left += !!klp_shadow_get(&objs[i], TEST_ID);
	klp_shadow_free_all(TEST_ID, NULL);
	KUNIT_EXPECT_GT(test, chase.created, OBJECTS / 2);
	KUNIT_EXPECT_LE(test, chase.created, OBJECTS);
	KUNIT_EXPECT_EQ(test, left, chase.created);
}

/* Several run at once, and each one leaves its marks in the lists. */
static int free_all_thread(void *arg)
{
	klp_shadow_free_all(TEST_ID, count_dtor);
	complete(arg);
	return 0;
}

static void shadow_free_all_race_test(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(done);
	int left = 0, nr = 0, i;
	char *objs;

	objs = kunit_kzalloc(test, 10 * OBJECTS, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	fill(test, objs, 10 * OBJECTS);
	while (nr < TASKS &&
	       !IS_ERR(kthread_run(free_all_thread, &done, "shadow/%d", nr)))
		nr++;
	for (i = 0; i < nr; i++)
		wait_for_completion(&done);
	KUNIT_ASSERT_EQ(test, nr, TASKS);
	for (i = 0; i < 10 * OBJECTS; i++)
		left += !!klp_shadow_get(&objs[i], TEST_ID);
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&dtors), 10 * OBJECTS);
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
	KUNIT_CASE(shadow_free_all_irq_test),
	KUNIT_CASE(shadow_free_all_locked_test),
	KUNIT_CASE(shadow_free_all_ends_test),
	KUNIT_CASE(shadow_free_all_race_test),
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
