/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: the engine's types.
 *
 * What the author of a patch writes (<linux/livepatch.h>) and what the engine
 * keeps are two things. The engine's records are built when a patch is enabled
 * and live as long as the engine and sysfs need them; nothing here is linked
 * through the memory of a patch module.
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
 * Life of a patch, all of it under klp_mutex:
 *
 *               klp_enable_patch()
 *                      |
 *                      v     enabled=0
 *   all switched +- PATCHING ---------> UNPATCHING --+ all switched
 *                |        <------------  ^           |
 *                v           enabled=1   |           v
 *             ENABLED -------------------+        RETIRING ----> gone
 *                         enabled=0                     no task is in
 *                                                       the module's code
 *
 * An object of a patch that is a module follows that life only while the module
 * is loaded: it is bound and patched when the module comes, and no longer when
 * it goes, whatever state the patch is in.
 *
 * A patch that replaces all others takes them from ENABLED to RETIRING when all
 * tasks have switched to it.
 *
 * Lock order, outermost first; nothing may be taken the other way round:
 *
 *   klp_mutex                       all operations on patches
 *     module_mutex                  symbols of modules
 *     cpu_hotplug_lock              idle tasks of offline CPUs
 *       jump_label_mutex            the static key of a transition
 *     ftrace's locks                redirect.c only
 *       text_mutex                  also for the static key and for relocations
 *     tasklist_lock                 taken and released at once, walk.c only
 *     klp_records_lock              modules that are patches, live.c only
 *     klp_exit_list::lock           tasks on their way out, exiting.c only
 *     task_struct::pi_lock          a task's universe
 *       rq::lock                    taken by task_call_func()
 */
#ifndef _KLP_H
#define _KLP_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/livepatch.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/workqueue_types.h>

#include "reap.h"

/* Serialises every operation on patches. Invariant 1 (one transition). */
extern struct mutex klp_mutex;

/* Patches that are installed, &struct klp_live_patch, oldest first */
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

struct klp_entry;

/**
 * struct klp_site - one patched function
 * @node:	In the hash table of all sites, by @addr.
 * @list:	In the list of all sites.
 * @addr:	Address of the original function.
 * @size:	Its size as kallsyms has it.
 * @ip:		The ftrace location in it.
 * @entry:	Its place in the redirect table that is published.
 * @funcs:	&struct klp_live_func, newest first. Empty only while the site is
 *		being made, or if memory was short when it was to go.
 * @in_filter:	ftrace calls us for it.
 *
 * Protected by klp_mutex. A running function knows only the redirect table,
 * so a site can be freed as soon as it is unlinked.
 */
struct klp_site {
	struct rhash_head	node;
	struct list_head	list;
	unsigned long		addr;
	unsigned long		size;
	unsigned long		ip;
	struct klp_entry	*entry;
	struct list_head	funcs;
	bool			in_filter;
};

/**
 * struct klp_live_func - one patch's code for one function
 * @node:	In &klp_site.funcs; empty while the patch is not installed.
 * @site:	The function that it replaces, NULL while not installed.
 * @object:	The record that it is part of.
 * @name:	Name of the original function; the author's string.
 * @sympos:	As the author gave it.
 * @old_addr:	Address of the original function, while @object is bound.
 * @old_size:	Its size, likewise.
 * @addr:	Address of the replacement.
 * @start:	Beginning of the code that contains it: before @addr if the patch
 *		module was stripped of its symbol.
 * @size:	Size of the code from @start on.
 *
 * Protected by klp_mutex; freed with @object.
 */
struct klp_live_func {
	struct list_head	node;
	struct klp_site		*site;
	struct klp_live_object	*object;
	const char		*name;
	unsigned long		sympos;
	unsigned long		old_addr;
	unsigned long		old_size;
	unsigned long		addr;
	unsigned long		start;
	unsigned long		size;
};

/**
 * struct klp_live_object - what a patch changes in vmlinux or in a module
 * @kobj:	/sys/kernel/livepatch/<patch>/<object>/. Owns the memory.
 * @node:	In &klp_live_patch.objects.
 * @patch:	The patch.
 * @obj:	The author's object, readable as long as the patch is installed.
 * @name:	"vmlinux" or the module's name; the author's string.
 * @bound:	It is there, vmlinux or a module that is loaded, and the addresses
 *		of what is to be patched are known.
 * @prepared:	The callback before patching, if there is one, has succeeded.
 * @patched:	The functions are redirected. Written under klp_mutex, read
 *		locklessly by sysfs.
 * @cold:	The out-of-line parts of the original functions.
 * @nr_cold:	Number of @cold.
 * @nr_funcs: Number of @funcs.
 * @funcs:	One for each function.
 */
struct klp_live_object {
	struct kobject		kobj;
	struct list_head	node;
	struct klp_live_patch		*patch;
	struct klp_object	*obj;
	const char		*name;
	bool			bound;
	bool			prepared;
	bool			patched;
	struct klp_span		*cold;
	unsigned int		nr_cold;
	unsigned int		nr_funcs;
	struct klp_live_func	funcs[] __counted_by(nr_funcs);
};

/**
 * struct klp_live_patch - the engine's record of a patch
 * @kobj:	/sys/kernel/livepatch/<patch>/. Owns the memory.
 * @record:	In the list of all, as long as this exists. Protected by klp_mutex.
 * @node:	In klp_live_patches, oldest first, from enabling until disabled.
 * @objects:	&struct klp_live_object.
 * @patch:	The author's patch.
 * @mod:	The patch module. A reference is held from enabling until no
 *		task can run its code.
 * @seq:	Greater than that of patches that were enabled before.
 * @last_place:	Its place in klp_live_patches, from 1, when it was taken off; 0 before.
 * @cold:	The out-of-line parts of the module's functions.
 * @nr_cold:	Number of @cold.
 * @replace:	Copy of the author's flag: sysfs outlives the module's memory.
 * @enabled:	What sysfs shows: on, or on its way to it.
 * @transition:	The running transition is this patch's.
 * @forced:	Tasks were forced out of this patch's code, and may still be in
 *		it: the module is never released.
 * @gone:	In a list of patches that go at the end of a transition, then of
 *		those that are retiring.
 * @retiree:	For freeing after quiescence.
 *
 * Written under klp_mutex; sysfs reads the flags locklessly.
 */
struct klp_live_patch {
	struct kobject		kobj;
	struct list_head	record;
	struct list_head	node;
	struct list_head	objects;
	struct klp_patch	*patch;
	struct module		*mod;
	u64			seq;
	unsigned int		last_place;
	struct klp_span		*cold;
	unsigned int		nr_cold;
	bool			replace;
	bool			enabled;
	bool			transition;
	bool			forced;
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

#endif /* _KLP_H */
