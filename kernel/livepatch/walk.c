// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: going over all tasks.
 *
 * Letters in parentheses refer to the ordering argument in task.c.
 *
 * Invariant 9 (no task list lock over unbounded work): tasks are found by PID,
 * under RCU, and at most KLP_WALK_BATCH of them without a chance for others to
 * run. The position is a number, so nothing has to be restarted if a task goes.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/idle.h>
#include <linux/sched/isolation.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/stop_machine.h>

#include "exiting.h"
#include "klp.h"
#include "report.h"
#include "task.h"
#include "walk.h"

/* Tasks handled without a chance for others to run. Invariant 9. */
#define KLP_WALK_BATCH	64

static int klp_preempt_stop(void *busy)
{
	/* That we run means that the task does not: see the context switch. */
	atomic_set_release(busy, 0);
	return 0;
}

struct klp_preempter {
	struct cpu_stop_work	work;
	atomic_t		busy;
};

static DEFINE_PER_CPU(struct klp_preempter, klp_preempters);

/* Take the running task off a CPU for a moment, klp_task_switched_out() it. */
static void klp_preempt_cpu(int cpu)
{
	struct klp_preempter *preempter = per_cpu_ptr(&klp_preempters, cpu);

	/* Pairs with the release in klp_preempt_stop(): the work is ours. */
	if (atomic_cmpxchg_acquire(&preempter->busy, 0, 1))
		return;
	klp_count(KLP_COUNT_PREEMPTIONS);
	if (!stop_one_cpu_nowait(cpu, klp_preempt_stop, &preempter->busy,
				 &preempter->work))
		atomic_set(&preempter->busy, 0);
}

/*
 * Not is_idle_task(): its flag is not set before the task has run, which it has
 * not on a CPU that never was online, and other tasks can have it.
 */
static bool klp_is_idle(const struct task_struct *task)
{
	return task == idle_task(task_cpu(task));
}

/**
 * klp_walk_parked - is it the idle task of an offline CPU?
 * @task: the task
 *
 * Such a task does not run, and starts afresh when its CPU comes back.
 *
 * Context: Any. In a callback of klp_walk_visit() it stays so if @task is visited
 * as an idle task.
 * Return: true if it is.
 */
bool klp_walk_parked(const struct task_struct *task)
{
	return klp_is_idle(task) && !cpu_online(task_cpu(task));
}

/* Does it have a boundary of user space to come to? */
static bool klp_has_user_mode(const struct task_struct *task)
{
	/* Bits that stay as they are; others change meanwhile. */
	return !(data_race(task->flags) &
		 (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER));
}

/* Make a blocked task come to a point where it can switch. */
static void klp_nudge(struct task_struct *task, enum klp_reason reason,
		      const struct klp_walk *what)
{
	/* A hint: it may be somewhere else by now, and then sees the flag. */
	int cpu = task_cpu(task);

	if (klp_is_idle(task)) {
		/* An isolated CPU has nothing to do that this could disturb. */
		if (reason == KLP_RUNNING)
			wake_up_if_idle(cpu);
		return;
	}

	if (reason == KLP_RUNNING && (what->disturb || !cpu_is_isolated(cpu))) {
		if (klp_has_user_mode(task) && !what->preempt)
			kick_process(task);
		else
			klp_preempt_cpu(cpu);
	}

	/* Also to a task that runs: a signal ends loops that wait for one. */
	if (!what->signal)
		return;
	klp_count(KLP_COUNT_SIGNALS);
	/* As above: that bit stays as it is. */
	if (data_race(task->flags) & PF_KTHREAD)
		wake_up_state(task, TASK_INTERRUPTIBLE);
	else
		set_notify_signal(task);
}

/**
 * klp_walk_visit - visit every task that can run kernel code
 * @fn: called for each, in an RCU read section or with a reference on the task
 * @arg: passed to @fn
 *
 * The hashed tasks, those on their way out, and the idle ones. May visit a task
 * twice, and miss one as in (F).
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_walk_visit(klp_task_fn fn, void *arg)
{
	struct task_struct *task;
	unsigned int batch;
	struct pid *pid;
	int nr = 1, cpu;

	lockdep_assert_held(&klp_mutex);

	/* (D): forks that have not seen the goal are visible after this. */
	read_lock(&tasklist_lock);
	read_unlock(&tasklist_lock);

	do {
		rcu_read_lock();
		for (batch = 0; batch < KLP_WALK_BATCH; batch++) {
			pid = find_ge_pid(nr, &init_pid_ns);
			if (!pid)
				break;
			nr = pid_nr(pid) + 1;
			task = pid_task(pid, PIDTYPE_PID);
			if (task)
				fn(task, arg);
		}
		rcu_read_unlock();
		cond_resched();
	} while (pid);

	/* (E): unhashed meanwhile means that it is here, or dead. */
	klp_exiting_visit(fn, arg);

	cpus_read_lock();
	for_each_possible_cpu(cpu)
		fn(idle_task(cpu), arg);
	cpus_read_unlock();
}

struct klp_walk_state {
	const struct klp_walk	*what;
	bool			again;
	bool			news;
};

static void klp_walk_one(struct task_struct *task, void *arg)
{
	struct klp_walk_state *state = arg;
	struct klp_visit visit = {
		.counter = KLP_COUNT_BY_WALK,
	};
	enum klp_reason reason;

	if (state->again) {
		/*
		 * Only who was missed is of interest (F). The others have been
		 * visited by this walk: what races here has seen the goal.
		 */
		if (READ_ONCE(task->klp.counted) || klp_task_switched(task))
			return;
		state->news = true;
	}

	visit.parked = klp_walk_parked(task);

	reason = klp_task_visit(task, &visit);
	if (reason != KLP_NOT_BLOCKED)
		klp_nudge(task, reason, state->what);
}

/**
 * klp_walk_tasks - try to switch every task, count and nudge those that cannot
 * @what: what else to do
 *
 * Idempotent, and safe against tasks that switch, fork and exit meanwhile.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: true if nobody is counted any more, as far as that can be trusted:
 * see klp_walk_verify().
 */
bool klp_walk_tasks(const struct klp_walk *what)
{
	struct klp_walk_state state = { .what = what };

	lockdep_assert_held(&klp_mutex);

	klp_count(KLP_COUNT_WALKS);
	/* Keeps the count from becoming zero before everyone was seen. */
	klp_task_hold_count();
	klp_walk_visit(klp_walk_one, &state);
	state.again = true;
	do {
		state.news = false;
		klp_walk_visit(klp_walk_one, &state);
	} while (state.news);
	return klp_task_release_count();
}

static void klp_verify_one(struct task_struct *task, void *arg)
{
	unsigned int *wrong = arg;

	/* Dead tasks have no side. */
	if (!klp_task_switched(task) && READ_ONCE(task->__state) != TASK_DEAD)
		(*wrong)++;
}

/**
 * klp_walk_verify - is everyone on the goal's side?
 *
 * Invariant 7: the pass that decides.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: the number of tasks that are not.
 */
unsigned int klp_walk_verify(void)
{
	unsigned int wrong = 0;

	klp_walk_visit(klp_verify_one, &wrong);
	return wrong;
}
