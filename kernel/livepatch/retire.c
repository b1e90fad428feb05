// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: releasing patches that have been disabled or replaced.
 *
 * When the transition has ended, no task is in a function of the patch, unless
 * tasks were forced or the function is immediate. But a task may still be in the
 * patch's module: a function that ended with a jump to a helper has no frame any
 * more, and the helper may sleep. So the module is released only when every stack
 * has been seen clean, without an address of the module's code (invariant 6).
 *
 * A task that has been seen clean stays clean, so the tasks need not be clean
 * at the same time. After the transition and the grace period no redirected
 * call leads into the module. Only two things do:
 *
 * - Code of the module that is on a stack already: that stack is not clean.
 * - What the module has registered: timers, work, threads, parameters. To end
 *   these is the task of the module's exit function, as for any module. So a
 *   thread whose own start function is in the module does not count.
 */
#include <linux/cleanup.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stop_machine.h>
#include <linux/workqueue.h>

#include "klp.h"
#include "live.h"
#include "look.h"
#include "ranges.h"
#include "reap.h"
#include "report.h"
#include "retire.h"
#include "stack.h"
#include "walk.h"

/* First and longest pause between searches for a module; doubled each time */
#define KLP_RETIRE_FIRST	msecs_to_jiffies(10)
#define KLP_RETIRE_LAST		msecs_to_jiffies(1000)

/* How often to follow a running task from CPU to CPU */
#define KLP_RETIRE_CHASES	10

/*
 * Patches that no redirected call leads to, linked by &klp_live_patch.gone.
 * Protected by klp_mutex.
 */
static LIST_HEAD(klp_retiring);

static unsigned long klp_retire_pause;

static void klp_retire_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(klp_retire_work, klp_retire_work_fn);
static struct workqueue_struct *klp_retire_wq;

/**
 * struct klp_search - the search of all stacks for the code of one module
 * @live:	The patch.
 * @range:	The code of the patch's module.
 * @code:	The set of @range alone.
 * @found:	A task is in the code, or may be.
 * @m:		Where to report tasks in the code, or NULL.
 * @running:	Tasks that were running, each with a reference.
 * @nr_running:	Number of @running.
 * @max_running: Number of tasks that @running has room for.
 */
struct klp_search {
	struct klp_live_patch	*live;
	struct klp_range	range;
	struct klp_ranges	code;
	bool			found;
	struct seq_file		*m;
	struct task_struct	**running;
	unsigned int		nr_running;
	unsigned int		max_running;
};

static void klp_search_init(struct klp_search *search, struct klp_live_patch *live)
{
	const struct module_memory *text = &live->mod->mem[MOD_TEXT];

	*search = (struct klp_search) {
		.live = live,
		.range = {
			.first = (unsigned long)text->base,
			.last = (unsigned long)text->base + text->size,
			.reason = KLP_IN_FUNCTION,
		},
		.code = { .range = &search->range, .nr = 1, .max = 1 },
	};
}

/* Tell whether a task is a thread that the module's exit function stops. */
static bool klp_search_skips(const struct klp_search *search,
			     struct task_struct *task)
{
	return within_module((unsigned long)kthread_func(task),
			     search->live->mod);
}

static void klp_search_one(struct task_struct *task, void *arg)
{
	struct klp_search *search = arg;
	struct klp_look look = { .task = task, .affected = &search->code };

	if (klp_walk_parked(task) || klp_search_skips(search, task))
		return;
	klp_look_task(&look);
	if (look.reason == KLP_NOT_BLOCKED)
		return;
	if (look.reason == KLP_RUNNING &&
	    search->nr_running < search->max_running) {
		search->running[search->nr_running++] = get_task_struct(task);
		return;
	}
	search->found = true;
	/* Whether a running task is in the code is not known. */
	if (search->m && look.reason != KLP_RUNNING)
		klp_look_report(search->m, &look, search->live->mod->name);
}

/* Runs in place of the task that was running on this CPU */
static int klp_search_stopped(void *arg)
{
	klp_look_task(arg);
	return 0;
}

/*
 * Check a running task, with the CPU stopper in its place for a moment. Return:
 * true if the task is in the code, or may be.
 */
static bool klp_search_running(struct klp_search *search,
			       struct task_struct *task)
{
	struct klp_look look = { .task = task, .affected = &search->code };
	unsigned int i;

	for (i = 0; i < KLP_RETIRE_CHASES; i++) {
		if (stop_one_cpu(task_cpu(task), klp_search_stopped, &look))
			continue;
		if (look.reason != KLP_RUNNING)
			return look.reason != KLP_NOT_BLOCKED;
	}
	return true;
}

/* Tell whether a task is in the module of a patch, or may be. */
static bool klp_retire_in_use(struct klp_live_patch *live)
{
	struct klp_search search;
	unsigned int i;

	lockdep_assert_held(&klp_mutex);

	klp_search_init(&search, live);
	/* A task can be visited twice. With too little room, search again. */
	search.max_running = 2 * num_possible_cpus();
	search.running = kcalloc(search.max_running, sizeof(*search.running),
				 GFP_KERNEL);
	if (!search.running)
		return true;
	klp_walk_visit(klp_search_one, &search);
	for (i = 0; i < search.nr_running; i++) {
		search.found = search.found ||
			       klp_search_running(&search, search.running[i]);
		put_task_struct(search.running[i]);
	}
	kfree(search.running);
	return search.found;
}

static void klp_retire_work_fn(struct work_struct *work)
{
	struct klp_live_patch *live, *next;
	LIST_HEAD(unused);

	scoped_guard(mutex, &klp_mutex) {
		list_for_each_entry_safe(live, next, &klp_retiring, gone)
			if (!klp_retire_in_use(live))
				list_move_tail(&live->gone, &unused);
		if (list_empty(&klp_retiring))
			break;
		queue_delayed_work(klp_retire_wq, &klp_retire_work,
				   klp_retire_pause);
		klp_retire_pause = min(2 * klp_retire_pause, KLP_RETIRE_LAST);
	}

	/* Without klp_mutex: removing a folder waits for tasks that take it. */
	list_for_each_entry_safe(live, next, &unused, gone) {
		klp_live_patch_destroy(live);
		klp_count(KLP_COUNT_RELEASED);
	}
}

/* Called by the reaper: no task is on its way to the patch's code any more. */
static bool klp_retire_quiescent(struct klp_retiree *retiree)
{
	struct klp_live_patch *live = container_of(retiree, struct klp_live_patch, retiree);

	/* The module is never released: there is nothing to wait for. */
	if (live->forced) {
		klp_live_patch_destroy(live);
		return true;
	}

	guard(mutex)(&klp_mutex);
	list_add_tail(&live->gone, &klp_retiring);
	klp_retire_pause = KLP_RETIRE_FIRST;
	mod_delayed_work(klp_retire_wq, &klp_retire_work, 0);
	return false;
}

/**
 * klp_retire_patch - free a patch's records and release its module when safe
 * @live: the records, not installed any more; owned by retire.c from now on
 *
 * To be followed by klp_reap_start(), once for all patches.
 *
 * Context: Any.
 */
void klp_retire_patch(struct klp_live_patch *live)
{
	klp_reap_add(&live->retiree, klp_retire_quiescent);
}

/**
 * klp_retire_report - report which tasks keep retiring modules in use
 * @m: the file to write to
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_retire_report(struct seq_file *m)
{
	struct klp_search search;
	struct klp_live_patch *live;

	lockdep_assert_held(&klp_mutex);

	list_for_each_entry(live, &klp_retiring, gone) {
		klp_search_init(&search, live);
		search.m = m;
		klp_walk_visit(klp_search_one, &search);
	}
}

/**
 * klp_retire_init - create the workqueue that releases patches
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_retire_init(void)
{
	klp_retire_wq = alloc_workqueue("livepatch_retire", WQ_UNBOUND, 1);
	return klp_retire_wq ? 0 : -ENOMEM;
}

/**
 * klp_retire_exit - undo klp_retire_init()
 */
void __init klp_retire_exit(void)
{
	destroy_workqueue(klp_retire_wq);
}
