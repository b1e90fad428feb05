// SPDX-License-Identifier: GPL-2.0
/*
 * A function that tasks sleep in, replaced by one that they sleep in too. Both
 * have a symbol in the middle that is no function, before they sleep.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "test_klp.h"
#include "test_klp_target.h"

static int new_target_sleeper(void)
{
	unsigned int seen = READ_ONCE(klp_test_let_go);
	DEFINE_WAIT(wait);

	TEST_KLP_LABEL("new_target_sleeper");
	for (;;) {
		prepare_to_wait(&klp_test_wait, &wait, TASK_INTERRUPTIBLE);
		if (READ_ONCE(klp_test_let_go) != seen ||
		    signal_pending(current))
			break;
		schedule();
	}
	finish_wait(&klp_test_wait, &wait);
	return READ_ONCE(klp_test_let_go) != seen ? 0 : -ERESTARTSYS;
}

static struct klp_func funcs[] = {
	{
		.old_name = "klp_target_sleeper",
		.new_func = new_target_sleeper,
	},
	{ }
};

static struct klp_object objs[] = {
	{ .name = "test_klp_target", .funcs = funcs },
	{ }
};

TEST_KLP_PATCH(objs, NULL);
