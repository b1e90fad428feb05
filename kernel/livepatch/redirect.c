// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: redirecting calls. The only user of ftrace.
 *
 * One ftrace_ops serves all patched functions, and one table tells where each
 * of them goes. A patch operation changes both once, whatever its size.
 *
 * What is done at the entry of a patched function is in entry.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cache.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>

#include "klp.h"
#include "redirect.h"
#include "report.h"
#include "table.h"

/* How far behind the beginning of a function its call into ftrace may be */
#ifdef FTRACE_MCOUNT_MAX_OFFSET
#define KLP_LOCATION_MAX	((unsigned long)FTRACE_MCOUNT_MAX_OFFSET)
#else
#define KLP_LOCATION_MAX	0UL
#endif

/* How often to come back to a BPF trampoline that is just being changed */
#define KLP_TRIES	1000

/*
 * What calls are looked up in. Written under klp_mutex, freed by the reaper. Not
 * static, because the architecture's trampoline reads it.
 */
struct klp_table __rcu *klp_redirect_table =
	(struct klp_table __rcu __force *)&klp_table_empty;

/* First and last address of the handler that ftrace calls */
unsigned long klp_redirect_handler_start __ro_after_init;
unsigned long klp_redirect_handler_end __ro_after_init;

static struct ftrace_ops klp_ftrace_ops = {
	.flags	= FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
		  FTRACE_OPS_FL_SAVE_REGS |
#endif
		  0,
};

static bool klp_ftrace_registered;

#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
/*
 * Calls need not go through ftrace's trampoline and our handler: where nobody
 * else is interested in a function, the architecture has a shorter way to the
 * same place. Where somebody is, ftrace calls the handler.
 */
static bool klp_trampoline_wanted __ro_after_init = true;

/*
 * Not a module parameter: the folder /sys/module/livepatch belongs to a patch
 * module that is called livepatch.
 */
static int __init klp_trampoline_setup(char *val)
{
	return kstrtobool(val, &klp_trampoline_wanted);
}
early_param("livepatch.trampoline", klp_trampoline_setup);

static void __init klp_trampoline_init(struct dentry *dir)
{
	/* ftrace makes one for those who have none. */
	if (klp_trampoline_wanted)
		klp_ftrace_ops.trampoline = (unsigned long)klp_trampoline;
	debugfs_create_bool("trampoline", 0444, dir, &klp_trampoline_wanted);
}
#else
static void __init klp_trampoline_init(struct dentry *dir)
{
}
#endif

static int klp_set_filter(unsigned long *ips, unsigned int nr, bool reset)
{
	int ret, tries = KLP_TRIES;

	/* ftrace has slept a millisecond each time. */
	do {
		ret = ftrace_set_filter_ips(&klp_ftrace_ops, ips, nr, 0, reset);
	} while (ret == -EAGAIN && --tries);
	return ret == -EAGAIN ? -EBUSY : ret;
}

static int klp_register(void)
{
	int ret, tries = KLP_TRIES;

	do {
		ret = register_ftrace_function(&klp_ftrace_ops);
	} while (ret == -EAGAIN && --tries);
	return ret == -EAGAIN ? -EBUSY : ret;
}

/**
 * klp_redirect_location - where a function calls into ftrace
 * @addr: the function
 * @size: its size
 *
 * Not ftrace_location(), which goes through all symbols of a module to find out
 * the size, because the location is behind an ENDBR. And only where a function's
 * own call can be: what kallsyms takes for its end may be a weak function that
 * was overridden, which has a call of its own.
 *
 * Return: the ftrace location, 0 if ftrace does not know the function.
 */
unsigned long klp_redirect_location(unsigned long addr, unsigned long size)
{
	return ftrace_location_range(addr, addr + min(size - 1,
						      KLP_LOCATION_MAX));
}

/* One pass of ftrace over its records, all or nothing */
static int klp_redirect_try(unsigned long *ips, unsigned int nr,
			    bool *registering)
{
	int ret;

	klp_count(KLP_COUNT_FTRACE_UPDATES);
	if (klp_ftrace_registered) {
		ret = klp_set_filter(ips, nr, false);
		/* -EBUSY means that another user redirects a function. */
		*registering = ret == -EBUSY;
		return ret;
	}

	*registering = false;
	ret = klp_set_filter(ips, nr, true);
	if (ret)
		return ret;
	*registering = true;
	ret = klp_register();
	if (!ret)
		klp_ftrace_registered = true;
	return ret;
}

/**
 * klp_redirect_del - make functions no longer call the handler
 * @ips: their ftrace locations
 * @nr: how many
 * @last: nothing stays: an empty filter would mean every function, so the ops
 *	has to go. @ips does not matter then
 *
 * One pass of ftrace over its records, all or nothing.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or the error of ftrace.
 */
int klp_redirect_del(unsigned long *ips, unsigned int nr, bool last)
{
	int ret;

	lockdep_assert_held(&klp_mutex);

	klp_count(KLP_COUNT_FTRACE_UPDATES);
	if (!last)
		return ftrace_set_filter_ips(&klp_ftrace_ops, ips, nr, 1, 0);

	/*
	 * The filter stays as it is until the next klp_redirect_add() replaces
	 * it: ftrace_free_filter() would leave a dangling pointer to it.
	 */
	ret = unregister_ftrace_function(&klp_ftrace_ops);
	if (!ret)
		klp_ftrace_registered = false;
	return ret;
}

/*
 * Find out because of which function ftrace has refused. ftrace does not say. The
 * shortest beginning of @ips that ftrace refuses ends with the culprit.
 */
static void klp_redirect_blame(unsigned long *ips, unsigned int nr,
			       struct klp_redirect_fault *fault)
{
	bool others = klp_ftrace_registered;
	unsigned int good = 0, bad = nr;

	while (bad - good > 1) {
		unsigned int half = good + (bad - good) / 2;
		bool registering;
		int ret;

		ret = klp_redirect_try(ips, half, &registering);
		if (ret) {
			bad = half;
			fault->error = ret;
			fault->registering = registering;
			continue;
		}
		/* If the search cannot go on, blame what is certain. */
		if (klp_redirect_del(ips, half, !others)) {
			fault->stuck = half;
			break;
		}
		good = half;
	}
	fault->index = bad - 1;
}

/**
 * klp_redirect_add - make functions call the handler
 * @ips: their ftrace locations
 * @nr: how many, at least one
 * @fault: on error, what is at fault
 *
 * One pass of ftrace over its records, all or nothing, but for
 * klp_redirect_fault.stuck.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or klp_redirect_fault.error.
 */
int klp_redirect_add(unsigned long *ips, unsigned int nr,
		     struct klp_redirect_fault *fault)
{
	lockdep_assert_held(&klp_mutex);

	*fault = (struct klp_redirect_fault) { };
	fault->error = klp_redirect_try(ips, nr, &fault->registering);
	if (fault->error)
		klp_redirect_blame(ips, nr, fault);
	return fault->error;
}

/**
 * klp_redirect_active - does ftrace call the handler for anything?
 *
 * Context: klp_mutex held.
 * Return: true if it does.
 */
bool klp_redirect_active(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_ftrace_registered;
}

static bool klp_table_release(struct klp_retiree *retiree)
{
	klp_table_free(container_of(retiree, struct klp_table, retiree));
	return true;
}

/**
 * klp_redirect_publish - make a table the one that is read
 * @table: the table, or NULL for an empty one
 *
 * The old one is left to tasks that have already found it, and retired.
 *
 * Context: Process; klp_mutex held.
 */
void klp_redirect_publish(struct klp_table *table)
{
	struct klp_table *old;

	old = rcu_replace_pointer(klp_redirect_table, table ?: &klp_table_empty,
				  lockdep_is_held(&klp_mutex));
	if (old != &klp_table_empty)
		klp_reap_add(&old->retiree, klp_table_release);
}

/**
 * klp_redirect_init - get ready to redirect calls
 * @handler: what ftrace calls at the entry of patched functions
 * @dir: livepatch/ in debugfs
 *
 * Return: 0, or -ENOENT if kallsyms does not know @handler.
 */
int __init klp_redirect_init(ftrace_func_t handler, struct dentry *dir)
{
	unsigned long size, offset;

	if (!kallsyms_lookup_size_offset((unsigned long)handler, &size,
					 &offset))
		return -ENOENT;
	klp_redirect_handler_start = (unsigned long)handler - offset;
	klp_redirect_handler_end = klp_redirect_handler_start + size;
	klp_ftrace_ops.func = handler;
	klp_trampoline_init(dir);
	return 0;
}
