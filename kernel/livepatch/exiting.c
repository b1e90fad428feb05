// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: tasks that are on their way out.
 *
 * From before a task is unhashed until it has left its CPU for the last time
 * it is on a list of its own: it runs kernel code, and may even sleep in it,
 * while nobody else can find it (invariant 5).
 */
#include <linux/cpu.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>

#include "exiting.h"
#include "klp.h"

/**
 * struct klp_exit_list - tasks that began to exit on one CPU
 * @lock:	Protects everything here, and the links of the tasks.
 * @tasks:	&klp_task.exit_node; those seen by the present walk at the end.
 */
struct klp_exit_list {
	raw_spinlock_t		lock;
	struct list_head	tasks;
};

static DEFINE_PER_CPU(struct klp_exit_list, klp_exit_lists) = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(klp_exit_lists.lock),
};

/**
 * klp_exiting_add - the current task is about to be unhashed
 * @task: the current task
 *
 * Context: Process, no locks held.
 */
void klp_exiting_add(struct task_struct *task)
{
	struct klp_exit_list *list;
	unsigned long flags;

	local_irq_save(flags);
	list = this_cpu_ptr(&klp_exit_lists);
	raw_spin_lock(&list->lock);
	/* No transition runs before there are lists. */
	if (likely(list->tasks.next)) {
		task->klp.exit_cpu = smp_processor_id() + 1;
		task->klp.visit = 0;
		/* In front, where those are that no walk has seen */
		list_add(&task->klp.exit_node, &list->tasks);
	}
	raw_spin_unlock(&list->lock);
	local_irq_restore(flags);
}

/**
 * klp_exiting_del - an exiting task is dead
 * @task: the task, off its CPU
 *
 * Context: Any, no runqueue lock held.
 */
void klp_exiting_del(struct task_struct *task)
{
	struct klp_exit_list *list;
	unsigned long flags;

	/* It has crashed on its way out, or it was early in boot. */
	if (!task->klp.exit_cpu)
		return;

	list = per_cpu_ptr(&klp_exit_lists, task->klp.exit_cpu - 1);
	raw_spin_lock_irqsave(&list->lock, flags);
	list_del(&task->klp.exit_node);
	task->klp.exit_cpu = 0;
	raw_spin_unlock_irqrestore(&list->lock, flags);
}

/* Take the next task of a list that this walk has not seen, with a reference. */
static struct task_struct *klp_exiting_next(struct klp_exit_list *list,
					    unsigned int visit)
{
	struct task_struct *task;

	raw_spin_lock_irq(&list->lock);
	task = list_first_entry_or_null(&list->tasks, struct task_struct,
					klp.exit_node);
	if (task && task->klp.visit != visit) {
		task->klp.visit = visit;
		list_move_tail(&task->klp.exit_node, &list->tasks);
		get_task_struct(task);
	} else {
		task = NULL;
	}
	raw_spin_unlock_irq(&list->lock);
	return task;
}

/**
 * klp_exiting_visit - visit the tasks that are on their way out
 * @fn: called for each, without locks
 * @arg: passed to @fn
 *
 * Tasks that begin to exit meanwhile may be visited or not.
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_exiting_visit(klp_task_fn fn, void *arg)
{
	static unsigned int visit;
	struct task_struct *task;
	int cpu;

	lockdep_assert_held(&klp_mutex);

	/* Zero is for those that no walk has seen. */
	if (!++visit)
		visit++;

	for_each_possible_cpu(cpu) {
		struct klp_exit_list *list = per_cpu_ptr(&klp_exit_lists, cpu);

		while ((task = klp_exiting_next(list, visit))) {
			fn(task, arg);
			put_task_struct(task);
			cond_resched();
		}
	}
}

static int __init klp_exiting_init(void)
{
	struct klp_exit_list *list;
	int cpu;

	for_each_possible_cpu(cpu) {
		list = per_cpu_ptr(&klp_exit_lists, cpu);
		/* Tasks exit already, and see a list that is there or is not. */
		raw_spin_lock_irq(&list->lock);
		INIT_LIST_HEAD(&list->tasks);
		raw_spin_unlock_irq(&list->lock);
	}
	return 0;
}
early_initcall(klp_exiting_init);
