// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: tasks that exit.
 *
 * A task is on a list of exiting tasks from before it is unhashed until it has
 * left its CPU for the last time. An unhashed task still runs kernel code, and
 * may even sleep, but no search by PID finds it (invariant 5).
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
 * @lock:	Protects @tasks, and exit_node and visit of the tasks in it.
 * @tasks:	Linked by &klp_task.exit_node. Tasks that the present walk has
 *		visited are at the end.
 */
struct klp_exit_list {
	raw_spinlock_t		lock;
	struct list_head	tasks;
};

static DEFINE_PER_CPU(struct klp_exit_list, klp_exit_lists) = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(klp_exit_lists.lock),
};

/**
 * klp_exiting_add - put the current task on a list of exiting tasks
 * @task: the current task, about to be unhashed
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
	/* Early in boot there is no list yet, and no transition. */
	if (likely(list->tasks.next)) {
		task->klp.exit_cpu = smp_processor_id() + 1;
		task->klp.visit = 0;
		/* In front, with the tasks that the walk has not visited */
		list_add(&task->klp.exit_node, &list->tasks);
	}
	raw_spin_unlock(&list->lock);
	local_irq_restore(flags);
}

/**
 * klp_exiting_del - take a dead task off its list of exiting tasks
 * @task: the task, off its CPU for the last time
 *
 * Context: Any, no runqueue lock held.
 */
void klp_exiting_del(struct task_struct *task)
{
	struct klp_exit_list *list;
	unsigned long flags;

	/* Not on a list: it crashed while exiting, or exited early in boot. */
	if (!task->klp.exit_cpu)
		return;

	list = per_cpu_ptr(&klp_exit_lists, task->klp.exit_cpu - 1);
	raw_spin_lock_irqsave(&list->lock, flags);
	list_del(&task->klp.exit_node);
	task->klp.exit_cpu = 0;
	raw_spin_unlock_irqrestore(&list->lock, flags);
}

/* Get a task that walk number @visit has not visited, with a reference. */
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
 * klp_exiting_visit - visit all exiting tasks
 * @fn: called for each, with a reference on the task and without a spinlock
 * @arg: passed to @fn
 *
 * A task that begins to exit meanwhile may be visited or not.
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_exiting_visit(klp_task_fn fn, void *arg)
{
	static unsigned int visit;
	struct task_struct *task;
	int cpu;

	lockdep_assert_held(&klp_mutex);

	/* Zero is for tasks that no walk has visited. */
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

/**
 * klp_exiting_visit_stopped - visit all exiting tasks while the machine is stopped
 * @fn: called for each; must not sleep
 * @arg: passed to @fn
 *
 * Context: stop_machine() on all CPUs, interrupts disabled: no CPU can be changing a
 * list.
 */
void klp_exiting_visit_stopped(klp_task_fn fn, void *arg)
{
	struct task_struct *task;
	int cpu;

	lockdep_assert_irqs_disabled();

	for_each_possible_cpu(cpu)
		list_for_each_entry(task, &per_cpu_ptr(&klp_exit_lists, cpu)->tasks,
				    klp.exit_node)
			fn(task, arg);
}

static int __init klp_exiting_init(void)
{
	struct klp_exit_list *list;
	int cpu;

	for_each_possible_cpu(cpu) {
		list = per_cpu_ptr(&klp_exit_lists, cpu);
		/* Tasks exit already. The lock shows them a list or none. */
		raw_spin_lock_irq(&list->lock);
		INIT_LIST_HEAD(&list->tasks);
		raw_spin_unlock_irq(&list->lock);
	}
	return 0;
}
early_initcall(klp_exiting_init);
