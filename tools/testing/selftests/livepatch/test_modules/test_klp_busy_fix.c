// SPDX-License-Identifier: GPL-2.0
/*
 * A patch of the functions that the tasks of test_klp_busy are busy in. The
 * replacements take as long as the originals, so that disabling the patch is as
 * hard as enabling it.
 *
 * Parameters, besides those in test_klp.h:
 *
 *   pieces	how often the replacement of klp_busy_piece() has returned
 *   loops	how often the replacement of klp_busy_loop() was entered
 */
#include <linux/sched/signal.h>

#include "test_klp.h"
#include "test_klp_busy.h"
#include "test_klp_count.h"

TEST_KLP_COUNT(pieces);
TEST_KLP_COUNT(loops);

static int test_klp_busy_piece(unsigned int ms)
{
	klp_busy_for(ms);
	atomic_inc(&pieces);
	return 0;
}

static int test_klp_busy_loop(void)
{
	atomic_inc(&loops);
	while (!signal_pending(current)) {
		klp_busy_for(1);
		cond_resched();
	}
	return -ERESTARTSYS;
}

static struct klp_func funcs[] = {
	{ .old_name = "klp_busy_piece", .new_func = test_klp_busy_piece },
	{ .old_name = "klp_busy_loop", .new_func = test_klp_busy_loop },
	{ }
};

static struct klp_object objs[] = {
	{ .name = "test_klp_busy", .funcs = funcs },
	{ }
};

TEST_KLP_PATCH(objs, NULL);
