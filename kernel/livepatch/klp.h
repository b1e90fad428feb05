/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: the engine's types.
 *
 * The author of a patch writes the structures of <linux/livepatch.h>. The engine
 * keeps records of its own: they are built when a patch is enabled, and live as
 * long as the engine and sysfs need them. No list and no kobject of the engine is
 * in the memory of a patch module.
 *
 *   klp_live_patch -- klp_live_object -- klp_live_func --+
 *   (a patch)         (vmlinux, module)  (replacement of |
 *                                         a function)    v
 *                                            klp_site -- live funcs, newest first
 *                                            (a patched function)
 *                                               |
 *                                               v
 *                         redirect table: { return address, target[2], pending }
 *
 * Life of a patch. Its state changes under klp_mutex:
 *
 *               klp_enable_patch()
 *                      |
 *                      v     enabled=0
 *   all switched +- PATCHING ---------> UNPATCHING --+ all switched
 *                |        <------------  ^           |
 *                v           enabled=1   |           v
 *             ENABLED -------------------+        RETIRING ----> freed
 *                         enabled=0                     no task is in
 *                                                       the module's code
 *
 * The states are derived from &struct klp_live_patch. While @node is in
 * klp_live_patches: ENABLED if @transition is not set, otherwise PATCHING or
 * UNPATCHING by @enabled, once the first callbacks have run. RETIRING when
 * @node has been removed from there; @last_place, which is 0 before, is then
 * set.
 *
 * A patch is "installed" while it is in klp_live_patches. Its live funcs are
 * "on their sites" for a part of that time, and only while their object is
 * bound.
 *
 * When all tasks have switched to a patch with @replace, all other patches go from
 * ENABLED to RETIRING.
 *
 * The object for a target module follows the life of its patch while the module is
 * loaded: it is bound and patched when the module is loaded, and released when the
 * module is unloaded, whatever state the patch is in.
 *
 * Lock order, outermost first:
 *
 *   klp_mutex                       all operations on patches
 *     module_mutex                  symbols of modules
 *     cpu_hotplug_lock              idle tasks of offline CPUs
 *       jump_label_mutex            the static key of a transition
 *     kprobe_mutex                  effect.c only
 *     ftrace's locks                redirect.c, calls.c and effect.c only
 *       text_mutex                  also for the static key, relocations, identities
 *     locks of kobject_uevent_env()
 *     tasklist_lock                 taken and released at once, walk.c only
 *     klp_exit_list::lock           exiting tasks, exiting.c only
 *     task_struct::pi_lock          a task's universe
 *       rq::lock                    taken by task_call_func()
 *
 *   klp_records_lock                patch modules in use, live.c only; klp_mutex
 *                                   is not held
 */
#ifndef _KLP_H
#define _KLP_H

#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/livepatch.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/workqueue_types.h>

#include "reap.h"

/*
 * What is larger does not come from kmalloc(), which would round it up to a power of
 * two: a patch of thousands of functions would need up to twice as much.
 */
#define KLP_KMALLOC_MAX		(PAGE_SIZE << PAGE_ALLOC_COSTLY_ORDER)

/* Serialises all operations on patches. Invariant 1 (one transition). */
extern struct mutex klp_mutex;

/* Installed patches, &struct klp_live_patch, oldest first; under klp_mutex */
extern struct list_head klp_live_patches;

/* For the end of a transition and for retries */
extern struct workqueue_struct *klp_wq;

/*
 * Queued when the last pending task has switched. patch.c:klp_patch_switched()
 * looks whether the transition has ended.
 */
extern struct work_struct klp_switched_work;

/*
 * Queued by converge.c with a growing delay. patch.c:klp_patch_retry() has
 * blocked tasks tried again.
 */
extern struct delayed_work klp_retry_work;

struct klp_affected;
struct klp_entry;
struct seq_buf;

/**
 * struct klp_times - for how long a change has held tasks up
 * @stopped_ns:	The machine was stopped, in nanoseconds.
 * @parked_ns:	User tasks were parked, in nanoseconds: the longest time, if they were
 *		released now and then.
 */
struct klp_times {
	u64	stopped_ns;
	u64	parked_ns;
};

/**
 * struct klp_model - how tasks come to run a patch's code, and to stop running it
 * @name:	What sysfs shows.
 * @at_once:	The change is complete when @push returns: no transition is ever
 *		seen, reversed or forced. The other functions are not called.
 * @waits:	The task that asks for the change waits until it is complete, and tries
 *		again and again by @done: see wait.c. After @reverse and @force the
 *		change is complete.
 * @begin:	Let tasks move. @patching: to the patch's code, not away from it.
 *		@affected stays until @end has returned. Before, the targets of the
 *		universe that no task is in have been set.
 * @reverse:	Let tasks move back. May be called many times.
 * @push:	Move tasks, after @begin, and after @reverse unless @waits.
 * @force:	Move the remaining tasks, whatever they are doing.
 * @done:	Try blocked tasks again, if @retry, and tell whether all tasks have
 *		moved. If not, klp_switched_work or klp_retry_work is queued when
 *		this should be called again.
 * @end:	All tasks have moved. Return whether any was forced in the direction
 *		@patching.
 * @pending:	Tell how many tasks have not moved, as far as that is known. Called without
 *		locks. NULL with @at_once.
 * @blockers:	With @waits: name a few tasks that @done has found not ready to move.
 * @measure:	After @end: tell what the change has cost; NULL if it has held no task up.
 *
 * All but @pending are called with klp_mutex held, and may sleep.
 */
struct klp_model {
	const char	*name;
	bool		at_once;
	bool		waits;
	void		(*begin)(bool patching, const struct klp_affected *affected);
	void		(*reverse)(void);
	void		(*push)(void);
	void		(*force)(void);
	bool		(*done)(bool retry);
	bool		(*end)(bool patching);
	unsigned int	(*pending)(void);
	void		(*blockers)(struct seq_buf *buf);
	void		(*measure)(struct klp_times *times);
};

/**
 * struct klp_site - one patched function
 * @node:	In the hash table of all sites, by @addr.
 * @list:	In the list of all sites.
 * @funcs:	&struct klp_live_func, newest first. Empty while the site is being
 *		made, or until klp_site_sweep() has succeeded in removing it.
 * @addr:	Address of the original function.
 * @entry:	The site's place in the published redirect table.
 * @size:	Size of the function, from kallsyms.
 * @location:	Distance of the function's ftrace location from @addr: see
 *		klp_site_ip().
 * @in_filter:	The site's location is in the filter of klp_ftrace_ops.
 * @at_once:	Nothing waits for tasks in the function in this transition. The
 *		targets of both universes change at once.
 *
 * Protected by klp_mutex. Tasks know only the redirect table, so a site can be
 * freed as soon as it is unlinked.
 */
struct klp_site {
	struct rhash_head	node;
	struct list_head	list;
	struct list_head	funcs;
	unsigned long		addr;
	struct klp_entry	*entry;
	u32			size;
	u8			location;
	bool			in_filter;
	bool			at_once;
};

/* Thousands of functions may be patched: each record fills one object of kmalloc-64. */
static_assert(sizeof(struct klp_site) <= 64);

/**
 * struct klp_live_func - the record of one function of a patch
 * @node:	In &klp_site.funcs while the live func is on its site.
 * @site:	The site of the original function; NULL while the live func is
 *		on no site.
 * @name:	Name of the original function; the author's string, readable as long
 *		as the patch is installed.
 * @old_addr:	Address of the original function, while its object is bound.
 * @addr:	Address of the replacement.
 * @old_size:	Size of the original function, while its object is bound.
 * @size:	Size of the code that contains the replacement.
 * @before:	How much of that code is before @addr: something if the replacement's
 *		symbol was stripped from the patch module.
 * @immediate:	Copy of the author's flag of the function. That the patch is immediate
 *		does not count: a patch that replaces it has its own model.
 * @index:	Place among the functions of its object: see klp_live_func_object().
 *
 * Protected by klp_mutex; freed with its object.
 */
struct klp_live_func {
	struct list_head	node;
	struct klp_site		*site;
	const char		*name;
	unsigned long		old_addr;
	unsigned long		addr;
	u32			old_size;
	u32			size;
	u32			before;
	u32			immediate : 1;
	u32			index : 31;
};

/* Another byte would cost each function of a large patch eight. */
static_assert(sizeof(struct klp_live_func) == 64);

/**
 * struct klp_live_object - the record of what a patch changes in vmlinux or a module
 * @kobj:	/sys/kernel/livepatch/<patch>/<object>/. Owns the memory.
 * @node:	In &klp_live_patch.objects.
 * @patch:	The record that this one is part of.
 * @obj:	The author's object, readable as long as the patch is installed.
 * @name:	"vmlinux" or the module's name; the author's string.
 * @build_id:	Copy of the author's build id, NULL if there is none: sysfs outlives the
 *		module's memory. Freed with the record.
 * @bound:	The object is vmlinux or a loaded module, and the addresses of its
 *		functions are known.
 * @mismatch:	The last try to bind the object has failed, because the patch was not made
 *		for it.
 * @prepared:	The pre_patch callback has succeeded, or there is none.
 * @patched:	The functions are redirected. Written under klp_mutex, read
 *		locklessly by sysfs.
 * @cold:	The out-of-line parts of the original functions.
 * @nr_cold:	Number of @cold.
 * @nr_funcs:	Number of @funcs.
 * @funcs:	One for each function.
 */
struct klp_live_object {
	struct kobject		kobj;
	struct list_head	node;
	struct klp_live_patch	*patch;
	struct klp_object	*obj;
	const char		*name;
	char			*build_id;
	bool			bound;
	bool			mismatch;
	bool			prepared;
	bool			patched;
	struct klp_span		*cold;
	unsigned int		nr_cold;
	unsigned int		nr_funcs;
	struct klp_live_func	funcs[] __counted_by(nr_funcs);
};

/**
 * struct klp_waiter - a task that waits for the end of the transition it has begun
 * @task:	The task, on whose stack this is.
 * @begin:	When @task began to wait, in jiffies since boot.
 * @done:	The transition has ended. @task must not use its patch any more, unless
 *		it owns the patch otherwise.
 * @patched:	How: the patch is in force.
 *
 * Protected by klp_mutex.
 */
struct klp_waiter {
	struct task_struct	*task;
	u64			begin;
	bool			done;
	bool			patched;
};

/**
 * struct klp_live_patch - the record of a patch
 * @kobj:	/sys/kernel/livepatch/<patch>/. Owns the memory.
 * @record:	In the list of all records. Protected by klp_records_lock.
 * @node:	In klp_live_patches while the patch is installed.
 * @objects:	&struct klp_live_object.
 * @patch:	The author's patch.
 * @mod:	The patch module. A reference is held from enabling until no
 *		task can run the module's code.
 * @model:	How tasks come to run the patch's code, and to stop running it.
 * @seq:	Greater than that of patches that were enabled before.
 * @last_place:	Place in klp_live_patches, from 1, when the patch was removed from
 *		there; 0 before.
 * @cold:	The out-of-line parts of the module's functions.
 * @nr_cold:	Number of @cold.
 * @replace:	Copy of the author's flag: sysfs outlives the module's memory.
 * @enabled:	What sysfs shows: the patch is enabled, or is being enabled.
 * @transition:	The patch is in transition.
 * @forced:	Tasks were forced out of this patch's code, and may still be in
 *		it: the module is never released.
 * @began_ns:	When the last transition of the patch was started, by ktime_get_ns().
 * @timeout_ms:	How long the last enabling may take, or could have taken, in milliseconds;
 *		0: without a limit.
 * @waiter:	Who waits for the end of the transition, NULL if no task does.
 * @times:	What the last change of the patch has cost.
 * @gone:	In a list of patches that the end of a transition has disabled,
 *		then in a list of retire.c. Stale between the two: the first
 *		list's head was on a stack. Harmless, because the stale links
 *		are overwritten, never followed. In no list if enabling has
 *		failed.
 * @retiree:	For freeing after quiescence.
 *
 * Written under klp_mutex, but for @record; sysfs reads the flags locklessly.
 */
struct klp_live_patch {
	struct kobject		kobj;
	struct list_head	record;
	struct list_head	node;
	struct list_head	objects;
	struct klp_patch	*patch;
	struct module		*mod;
	const struct klp_model	*model;
	u64			seq;
	unsigned int		last_place;
	struct klp_span		*cold;
	unsigned int		nr_cold;
	bool			replace;
	bool			enabled;
	bool			transition;
	bool			forced;
	u64			began_ns;
	unsigned int		timeout_ms;
	struct klp_waiter	*waiter;
	struct klp_times	times;
	struct list_head	gone;
	struct klp_retiree	retiree;
};

/* klp_mutex held */
#define klp_for_each_patch(live) \
	list_for_each_entry(live, &klp_live_patches, node)

#define klp_for_each_live_object(patch, object) \
	list_for_each_entry(object, &(patch)->objects, node)

#define klp_for_each_live_func(object, func) \
	for ((func) = (object)->funcs; \
	     (func) < (object)->funcs + (object)->nr_funcs; \
	     (func)++)

/**
 * klp_site_ip - get the ftrace location of a patched function
 * @site: the function
 *
 * Return: the location.
 */
static inline unsigned long klp_site_ip(const struct klp_site *site)
{
	return site->addr + site->location;
}

/**
 * klp_live_func_object - get the record that the record of a function is part of
 * @func: the record of the function
 *
 * Return: the object.
 */
static inline struct klp_live_object *
klp_live_func_object(const struct klp_live_func *func)
{
	return container_of((struct klp_live_func *)func - func->index,
			    struct klp_live_object, funcs[0]);
}

/**
 * klp_live_func_source - get what the author has written about a function
 * @func: the record of the function
 *
 * Return: the author's function, readable as long as the patch is installed.
 */
static inline const struct klp_func *
klp_live_func_source(const struct klp_live_func *func)
{
	return klp_live_func_object(func)->obj->funcs + func->index;
}

#endif /* _KLP_H */
