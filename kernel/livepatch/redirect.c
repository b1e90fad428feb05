// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: redirecting calls. The only file that redirects through ftrace.
 *
 * One ftrace_ops serves all patched functions, and one table has their targets. A
 * patch operation changes each of them once, whatever its size.
 *
 * The handler that runs at the entry of a patched function is in entry.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>

#include "klp.h"
#include "redirect.h"
#include "report.h"
#include "table.h"

/* Greatest distance from the beginning of a function to its call into ftrace */
#ifdef FTRACE_MCOUNT_MAX_OFFSET
#define KLP_LOCATION_MAX	((unsigned long)FTRACE_MCOUNT_MAX_OFFSET)
#else
#define KLP_LOCATION_MAX	0UL
#endif

static_assert(type_max(typeof_member(struct klp_site, location)) >= KLP_LOCATION_MAX);

/* Number of tries while a BPF trampoline of a function is being changed */
#define KLP_TRIES	1000

/*
 * The redirect table that calls are looked up in. Written under klp_mutex, freed by
 * the reaper. Not static, because the architecture's trampoline reads it.
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
 * A function that ftrace calls no other ops for calls the architecture's trampoline,
 * which is shorter than ftrace's trampoline and the handler. For a function with
 * other ops, ftrace calls the handler.
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
	/* For ops without a trampoline ftrace makes one, which calls the handler. */
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

	/* ftrace has slept a millisecond each time it returns -EAGAIN. */
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
 * klp_redirect_location - find the place where a function calls into ftrace
 * @addr: the function
 * @size: its size
 *
 * ftrace_location() would go through all symbols of a module to find out the size,
 * because the location is behind an ENDBR. Only the place where the function's own
 * call can be is searched: the end of the function, by kallsyms, may be an
 * overridden weak function with a call of its own.
 *
 * Context: Any.
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
 * @last: these are all functions in the filter. An empty filter would mean every
 *	function, so the ops is unregistered, and @ips is not used
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
	 * The next klp_redirect_add() replaces the filter. ftrace_free_filter()
	 * would leave a dangling pointer to it.
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
 * klp_redirect_active - tell whether ftrace calls the handler for any function
 *
 * Context: klp_mutex held.
 * Return: true if it does.
 */
bool klp_redirect_active(void)
{
	lockdep_assert_held(&klp_mutex);
	return klp_ftrace_registered;
}

/**
 * klp_redirect_owns - tell whether a ftrace_ops is that of live patching
 * @ops: the ftrace_ops
 *
 * Context: Any.
 * Return: true if it is.
 */
bool klp_redirect_owns(const struct ftrace_ops *ops)
{
	return ops == &klp_ftrace_ops;
}

static bool klp_table_release(struct klp_retiree *retiree)
{
	klp_table_free(container_of(retiree, struct klp_table, retiree));
	return true;
}

/**
 * klp_redirect_publish - publish a redirect table
 * @table: the table, owned by this file from now on; NULL for an empty one
 *
 * The old table is retired: tasks may still be reading it.
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
 * klp_redirect_init - prepare for calls to be redirected
 * @handler: the function that ftrace calls at the entry of patched functions
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
