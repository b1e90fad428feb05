// SPDX-License-Identifier: GPL-2.0
/*
 * Shadow variables as a module uses them. Not a patch, which they do not need.
 *
 * Writing to the parameter "run" does one of these:
 *
 *   fill	attaches a variable to each of "count" objects, and one of
 *		another kind to every fifth
 *   free	frees all of the first kind, while a timer on the same CPU
 *		measures how late it is
 *   look	looks up each variable, with the same timer
 *   hold	holds off interrupts for two milliseconds, with the same timer
 *   race	lets many tasks create and free the same variables at once
 *   fail	creates variables with a constructor that fails
 *   duplicate	creates a variable that exists
 *
 * The parameters "late_us", "took_us" and so on show what was seen then.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define KIND		0x7e571
#define OTHER_KIND	0x7e572
#define OTHER_EVERY	5

static uint count = 100000;
module_param(count, uint, 0444);

/* The longest that the timer was late, in microseconds */
static uint late_us;
module_param(late_us, uint, 0444);
static uint took_us;
module_param(took_us, uint, 0444);
/* How often the timer came */
static uint ticks;
module_param(ticks, uint, 0444);
/* Calls of destructors; variables of both kinds that exist */
static uint destroyed;
module_param(destroyed, uint, 0444);
static uint left;
module_param(left, uint, 0444);
static uint other_left;
module_param(other_left, uint, 0444);
/* Number of mistakes */
static uint wrong;
module_param(wrong, uint, 0444);
/* How many variables the race has made */
static uint made;
module_param(made, uint, 0444);

/* What a variable holds, to tell that it is the right one, and alive */
struct data {
	void		*obj;
	unsigned long	magic;
};

#define MAGIC	0x5ad0a11e

static int ctor(void *obj, void *shadow_data, void *ctor_data)
{
	struct data *data = shadow_data;

	data->obj = obj;
	data->magic = MAGIC;
	return 0;
}

static atomic_t dtors, errors;

static void dtor(void *obj, void *shadow_data)
{
	struct data *data = shadow_data;

	if (data->obj != obj || data->magic != MAGIC)
		atomic_inc(&errors);
	data->magic = 0;
	atomic_inc(&dtors);
}

/* Objects of one byte: only their addresses matter. */
static char *objs;

static int fill(void)
{
	uint i;

	for (i = 0; i < count; i++) {
		if (!klp_shadow_alloc(&objs[i], KIND, sizeof(struct data),
				      GFP_KERNEL, ctor, NULL))
			return -ENOMEM;
		if (i % OTHER_EVERY == 0 &&
		    !klp_shadow_alloc(&objs[i], OTHER_KIND, sizeof(struct data),
				      GFP_KERNEL, ctor, NULL))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

static uint count_left(unsigned long kind)
{
	uint i, n = 0;

	for (i = 0; i < count; i++) {
		n += !!klp_shadow_get(&objs[i], kind);
		cond_resched();
	}
	return n;
}

/* A timer in hard interrupts, on the CPU that is measured */
static struct hrtimer timer;
#define PERIOD	(100 * NSEC_PER_USEC)
static s64 latest;

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	s64 late = ktime_to_ns(ktime_sub(ktime_get(),
					 hrtimer_get_expires(timer)));

	latest = max(latest, late);
	ticks++;
	hrtimer_forward_now(timer, PERIOD);
	return HRTIMER_RESTART;
}

static void watch(void (*fn)(void))
{
	ktime_t start;

	latest = 0;
	ticks = 0;
	migrate_disable();
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = tick;
	hrtimer_start(&timer, PERIOD, HRTIMER_MODE_REL_PINNED_HARD);
	start = ktime_get();
	fn();
	took_us = ktime_us_delta(ktime_get(), start);
	hrtimer_cancel(&timer);
	migrate_enable();
	late_us = latest / NSEC_PER_USEC;
}

static void do_free(void)
{
	klp_shadow_free_all(KIND, dtor);
}

static void do_look(void)
{
	wrong += count_left(KIND) != count;
}

static void do_hold(void)
{
	local_irq_disable();
	mdelay(2);
	local_irq_enable();
}

/*
 * The race: tasks do the same to the same objects at the same time. Each object
 * records whether it has a variable.
 */
#define TASKS	32
#define OBJECTS	500
#define ROUNDS	20

struct racer {
	atomic_t	alive;
	atomic_t	ctors;
	atomic_t	dtors;
};

static struct racer racers[OBJECTS];
static void *found[TASKS][OBJECTS];

static struct completion start, done;
static void (*race_step)(int task);

static int race_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	struct racer *racer = obj;

	if (atomic_xchg(&racer->alive, 1))
		atomic_inc(&errors);
	atomic_inc(&racer->ctors);
	return ctor(obj, shadow_data, ctor_data);
}

static void race_dtor(void *obj, void *shadow_data)
{
	struct racer *racer = obj;

	if (!atomic_xchg(&racer->alive, 0))
		atomic_inc(&errors);
	atomic_inc(&racer->dtors);
	dtor(obj, shadow_data);
}

static void *race_get(int i)
{
	return klp_shadow_get_or_alloc(&racers[i], KIND, sizeof(struct data),
				       GFP_KERNEL, race_ctor, NULL);
}

static void race_create(int task)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		found[task][i] = race_get(i);
		/* Let the tasks overlap, but not in lockstep. */
		if (i % TASKS == task)
			schedule();
	}
}

static void race_free(int task)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		klp_shadow_free(&racers[i], KIND, race_dtor);
		if (i % TASKS == task)
			schedule();
	}
}

/* One task in four frees, task 0 all at once; the others create. */
static void race_mixed(int task)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (!task)
			klp_shadow_free_all(KIND, race_dtor);
		else if (task % 4 == 0)
			race_free(task);
		else
			race_create(task);
		cond_resched();
	}
}

static int race_task(void *arg)
{
	wait_for_completion(&start);
	race_step((long)arg);
	complete(&done);
	return 0;
}

static int race_run(void (*step)(int task))
{
	long nr = 0, i;

	init_completion(&start);
	init_completion(&done);
	race_step = step;
	while (nr < TASKS && !IS_ERR(kthread_run(race_task, (void *)nr,
						 "klp_shadow/%ld", nr)))
		nr++;
	complete_all(&start);
	for (i = 0; i < nr; i++)
		wait_for_completion(&done);
	return nr == TASKS ? 0 : -ENOMEM;
}

static void race_expect(int ctors, int dtors)
{
	int i;

	for (i = 0; i < OBJECTS; i++)
		wrong += atomic_read(&racers[i].ctors) != ctors ||
			 atomic_read(&racers[i].dtors) != dtors;
}

static int race(void)
{
	int i, j, ret;

	memset(racers, 0, sizeof(racers));
	ret = race_run(race_create);
	if (ret)
		return ret;
	race_expect(1, 0);
	for (i = 0; i < OBJECTS; i++)
		for (j = 0; j < TASKS; j++)
			wrong += !found[j][i] || found[j][i] != found[0][i];

	ret = race_run(race_free);
	if (ret)
		return ret;
	race_expect(1, 1);

	ret = race_run(race_mixed);
	klp_shadow_free_all(KIND, race_dtor);
	made = 0;
	for (i = 0; i < OBJECTS; i++) {
		made += atomic_read(&racers[i].ctors);
		wrong += atomic_read(&racers[i].ctors) !=
			 atomic_read(&racers[i].dtors);
		wrong += !!klp_shadow_get(&racers[i], KIND);
	}
	return ret;
}

static int failing_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	return -EIO;
}

static void fail(void)
{
	void *obj = &objs[0];

	wrong += !!klp_shadow_alloc(obj, KIND, 8, GFP_KERNEL, failing_ctor,
				    NULL);
	wrong += !!klp_shadow_get(obj, KIND);
	wrong += !!klp_shadow_get_or_alloc(obj, KIND, 8, GFP_KERNEL,
					   failing_ctor, NULL);
	wrong += !!klp_shadow_get(obj, KIND);
	klp_shadow_free(obj, KIND, dtor);
	/* The next variable can be created, and no destructor has run. */
	wrong += atomic_read(&dtors);
	wrong += !klp_shadow_alloc(obj, KIND, sizeof(struct data), GFP_KERNEL,
				   ctor, NULL);
	klp_shadow_free(obj, KIND, dtor);
	wrong += atomic_read(&dtors) != 1;
}

/* Creating the variable a second time is a mistake. */
static void duplicate(void)
{
	void *obj = &objs[0];

	wrong += !klp_shadow_alloc(obj, KIND, sizeof(struct data), GFP_KERNEL,
				   ctor, NULL);
	wrong += !!klp_shadow_alloc(obj, KIND, sizeof(struct data), GFP_KERNEL,
				    ctor, NULL);
	klp_shadow_free(obj, KIND, dtor);
	wrong += atomic_read(&dtors) != 1;
}

static int run_set(const char *val, const struct kernel_param *kp)
{
	int ret = 0;

	if (!objs)
		return -EAGAIN;
	atomic_set(&dtors, 0);
	atomic_set(&errors, 0);
	wrong = 0;
	if (sysfs_streq(val, "fill"))
		ret = fill();
	else if (sysfs_streq(val, "free"))
		watch(do_free);
	else if (sysfs_streq(val, "look"))
		watch(do_look);
	else if (sysfs_streq(val, "hold"))
		watch(do_hold);
	else if (sysfs_streq(val, "race"))
		ret = race();
	else if (sysfs_streq(val, "fail"))
		fail();
	else if (sysfs_streq(val, "duplicate"))
		duplicate();
	else
		ret = -EINVAL;
	destroyed = atomic_read(&dtors);
	wrong += atomic_read(&errors);
	left = count_left(KIND);
	other_left = count_left(OTHER_KIND);
	return ret;
}

static const struct kernel_param_ops run_ops = { .set = run_set };
module_param_cb(run, &run_ops, NULL, 0200);

static int __init test_klp_shadow_init(void)
{
	objs = vzalloc(count);
	return objs ? 0 : -ENOMEM;
}

static void __exit test_klp_shadow_exit(void)
{
	klp_shadow_free_all(KIND, NULL);
	klp_shadow_free_all(OTHER_KIND, NULL);
	vfree(objs);
}

module_init(test_klp_shadow_init);
module_exit(test_klp_shadow_exit);
MODULE_DESCRIPTION("Livepatch selftest");
MODULE_LICENSE("GPL");
