// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: walks over all tasks.
 *
 * Letters in parentheses refer to the ordering argument in switch.c.
 *
 * Invariant 9 (no task list lock over unbounded work): tasks are found by PID,
 * under RCU, at most KLP_WALK_BATCH of them in one read section. The position
 * is a PID, so the walk goes on from there even if the task at that PID has
 * exited.
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
#include "judge.h"
#include "klp.h"
#include "phase.h"
#include "report.h"
#include "switch.h"
#include "task.h"
#include "walk.h"

/* Tasks visited in one RCU read section. Invariant 9. */
#define KLP_WALK_BATCH	64

static int klp_preempt_stop(void *busy)
{
	/*
	 * The stopper runs, so the task has been switched out, and
	 * klp_task_switched_out() has looked at it.
	 */
	atomic_set_release(busy, 0);
	return 0;
}

struct klp_preempter {
	struct cpu_stop_work	work;
	atomic_t		busy;
};

static DEFINE_PER_CPU(struct klp_preempter, klp_preempters);

/* Preempt a CPU's task, so that klp_task_switched_out() looks at it. */
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
 * is_idle_task() would be wrong: it tests PF_IDLE, which other tasks can have.
 * And the idle task of a CPU that never was online has not set it yet.
 */
static bool klp_is_idle(const struct task_struct *task)
{
	return task == idle_task(task_cpu(task));
}

/**
 * klp_walk_parked - tell whether a task is the idle task of an offline CPU
 * @task: the task
 *
 * Such a task does not run, and starts afresh when its CPU comes back online.
 *
 * Context: Any. A snapshot, but stable where klp_walk_visit() visits an idle
 * task: no CPU goes online or offline there.
 * Return: true if it is.
 */
bool klp_walk_parked(const struct task_struct *task)
{
	return klp_is_idle(task) && !cpu_online(task_cpu(task));
}

/* Make a blocked task come to a point where it can switch. */
static void klp_nudge(struct task_struct *task, enum klp_reason reason,
		      const struct klp_walk *what)
{
	/* A hint: a task that has moved since acts on its flag by itself. */
	int cpu = task_cpu(task);

	if (klp_is_idle(task)) {
		/* Isolated or not, an idle CPU has no work to disturb. */
		if (reason == KLP_RUNNING)
			wake_up_if_idle(cpu);
		return;
	}

	if (reason == KLP_RUNNING && (what->disturb || !cpu_is_isolated(cpu))) {
		if (klp_judge_has_user_mode(task) && !what->preempt)
			kick_process(task);
		else
			klp_preempt_cpu(cpu);
	}

	/*
	 * Running tasks, too: a signal ends loops that wait for one. But a dying task
	 * does not return to user mode, and a signal would cut its core dump. At worst
	 * a task that begins to die at this moment is signalled, as it could have been
	 * before.
	 */
	if (!what->signal || data_race(task->flags) & (PF_SIGNALED | PF_EXITING))
		return;
	klp_count(KLP_COUNT_SIGNALS);
	/* This bit is constant: see klp_has_user_mode(). */
	if (data_race(task->flags) & PF_KTHREAD)
		wake_up_state(task, TASK_INTERRUPTIBLE);
	else
		set_notify_signal(task);
}

/**
 * klp_walk_visit - visit every task that can run kernel code
 * @fn: called for each, in an RCU read section or with a reference on the task
 *	if it can be freed; must not sleep
 * @arg: passed to @fn
 *
 * Visits the hashed tasks, the exiting ones and the idle ones. May visit a task
 * twice, and may miss one as in (F).
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

	/* (D): after this, a child whose fork missed the goal is visible. */
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

	/* (E): a task that was unhashed meanwhile is on this list, or dead. */
	klp_exiting_visit(fn, arg);

	cpus_read_lock();
	for_each_possible_cpu(cpu)
		fn(idle_task(cpu), arg);
	cpus_read_unlock();
}

/**
 * klp_walk_visit_stopped - visit every task while the machine is stopped
 * @fn: called for each; must not sleep
 * @arg: passed to @fn
 *
 * No task can be born, begin to exit or die meanwhile, and none is in a section
 * with interrupts disabled, which would hold a lock that protects the lists.
 * May visit a task twice.
 *
 * Context: stop_machine() on all CPUs, interrupts disabled.
 */
void klp_walk_visit_stopped(klp_task_fn fn, void *arg)
{
	struct task_struct *process, *task;
	int cpu;

	lockdep_assert_irqs_disabled();

	rcu_read_lock();
	for_each_process_thread(process, task)
		fn(task, arg);
	rcu_read_unlock();
	klp_exiting_visit_stopped(fn, arg);
	for_each_possible_cpu(cpu)
		fn(idle_task(cpu), arg);
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
		 * While tasks are to park, walks follow each other, and the stop finds
		 * what they miss. A task that is stopped need not park, and is not
		 * counted, but looks like one that was missed for as long as it is.
		 */
		if (klp_phase_read() & KLP_PHASE_PARK)
			return;
		/*
		 * Only tasks that were missed matter here (F). Other tasks have
		 * been visited by this walk: a decision about one of them that
		 * races with this test is by the new goal (C).
		 */
		if (READ_ONCE(task->klp.counted) ==
		    klp_judge_pending(task, klp_phase_read()))
			return;
		state->news = true;
	}

	visit.parked = klp_walk_parked(task);

	reason = klp_switch_visit(task, &visit);
	if (reason != KLP_NOT_BLOCKED)
		klp_nudge(task, reason, state->what);
}

/**
 * klp_walk_tasks - try to switch every task; count and nudge the blocked ones
 * @what: what else to do
 *
 * Idempotent, and safe against tasks that switch, fork and exit meanwhile.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: true if no task is counted any more; klp_walk_verify() then decides.
 */
bool klp_walk_tasks(const struct klp_walk *what)
{
	struct klp_walk_state state = { .what = what };

	lockdep_assert_held(&klp_mutex);

	klp_count(KLP_COUNT_WALKS);
	/* Keep the count above zero until every task has been visited. */
	klp_switch_hold_count();
	klp_walk_visit(klp_walk_one, &state);
	state.again = true;
	do {
		state.news = false;
		klp_walk_visit(klp_walk_one, &state);
	} while (state.news);
	return klp_switch_release_count();
}

static void klp_verify_one(struct task_struct *task, void *arg)
{
	unsigned int *wrong = arg;

	/* The universe of a dead task does not matter. */
	if (!klp_task_switched(task) && READ_ONCE(task->__state) != TASK_DEAD)
		(*wrong)++;
}

/**
 * klp_walk_verify - count the tasks that are not in the goal's universe
 *
 * Invariant 7: this is the pass that decides.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: the number of these tasks, without dead ones; 0 if all have switched.
 */
unsigned int klp_walk_verify(void)
{
	unsigned int wrong = 0;

	klp_walk_visit(klp_verify_one, &wrong);
	return wrong;
}
