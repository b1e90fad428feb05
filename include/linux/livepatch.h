/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: the interface for patch modules.
 *
 * A patch module describes what it replaces in a struct klp_patch, and passes
 * that to klp_enable_patch() from its init function; see
 * Documentation/livepatch/. The structures below are the author's data. The
 * engine reads them, and writes only klp_object::mod; its own records live in
 * kernel/livepatch/.
 */
#ifndef _LINUX_LIVEPATCH_H
#define _LINUX_LIVEPATCH_H

/* Some of these are here only for patch modules, which rely on them. */
#include <linux/completion.h>
#include <linux/ftrace.h>
#include <linux/list.h>
#include <linux/livepatch_external.h>
#include <linux/module.h>
#include <linux/types.h>

/**
 * enum klp_consistency - when tasks begin to run a patch's code
 * @KLP_CONSISTENCY_TASK: Each task for itself, when it is in no function that
 *	the patch changes.
 * @KLP_CONSISTENCY_IMMEDIATE: All tasks at once, wherever they are. A task may
 *	run old and new code in turns.
 * @KLP_CONSISTENCY_TASK_EXIT: Each user task for itself, when it leaves the
 *	kernel. Each kernel thread when it is in no function that the patch
 *	changes.
 * @KLP_CONSISTENCY_SYSTEM: All tasks in one moment, when none is in a function that
 *	the patch changes. klp_enable_patch() waits for that, and may fail with
 *	-EBUSY.
 * @KLP_CONSISTENCY_SYSTEM_FROZEN: As the one before, and all user tasks are outside
 *	of the kernel at that moment.
 *
 * See Documentation/livepatch/consistency.rst. Disabling the patch follows the
 * same rule.
 */
enum klp_consistency {
	KLP_CONSISTENCY_TASK,
	KLP_CONSISTENCY_IMMEDIATE,
	KLP_CONSISTENCY_TASK_EXIT,
	KLP_CONSISTENCY_SYSTEM,
	KLP_CONSISTENCY_SYSTEM_FROZEN,
};

/**
 * struct klp_mask - bytes of a function that the kernel may rewrite
 * @offset:	The first one, from the beginning of the function.
 * @size:	How many.
 */
struct klp_mask {
	unsigned int offset;
	unsigned int size;
};

/**
 * struct klp_identity - the code of the function that a replacement was made for
 * @hash:	xxh64() of the first @size bytes with seed 0, those of @masks being 0.
 * @size:	How many bytes belong to the function.
 * @nr_masks:	Number of @masks.
 * @masks:	What depends on where the code is loaded, on the processor, on static keys
 *		and on tracers. See Documentation/livepatch/author.rst.
 */
struct klp_identity {
	u64 hash;
	unsigned int size;
	unsigned int nr_masks;
	const struct klp_mask *masks;
};

/**
 * struct klp_func - one function and its replacement
 * @old_name:	Name of the function to be replaced, as in kallsyms.
 * @new_func:	The replacement.
 * @old_sympos:	0 if @old_name is unique in its object, else which of the
 *		functions of that name, counted from 1: in vmlinux by ascending
 *		address, in a module in the order of its symbol table.
 * @immediate:	All tasks call the replacement at once, and nothing waits for
 *		tasks in the function, whatever the patch's consistency. For
 *		functions that are always on some stack.
 * @identity:	If not NULL: the patch is refused if the function is another one.
 *
 * An array of these ends with an empty entry.
 */
struct klp_func {
	const char *old_name;
	void *new_func;
	unsigned long old_sympos;
	bool immediate;
	const struct klp_identity *identity;
};

/**
 * struct klp_object - what a patch changes in vmlinux or in one module
 * @name:	The module's name, NULL for vmlinux.
 * @funcs:	Its functions; may be an empty array, but not NULL.
 * @callbacks:	See &struct klp_callbacks.
 * @mod:	The module while it is loaded, else NULL. Set by the engine, for
 *		callbacks to read.
 * @build_id:	If not NULL: the build id, in hexadecimal, of the only vmlinux or module
 *		that may be patched.
 *
 * An array of these ends with an empty entry.
 */
struct klp_object {
	const char *name;
	struct klp_func *funcs;
	struct klp_callbacks callbacks;

	struct module *mod;
	const char *build_id;
};

/**
 * struct klp_state - one change of the system's state that a patch makes
 * @id:		Identifies the state across patches; not 0.
 * @version:	How the state is changed; patches of the same or a higher
 *		version know how to take over from this one.
 * @data:	The author's data.
 *
 * An array of these ends with @id 0.
 */
struct klp_state {
	unsigned long id;
	unsigned int version;
	void *data;
};

/**
 * struct klp_patch - a live patch
 * @mod:	The patch module itself, THIS_MODULE.
 * @objs:	What it changes.
 * @states:	The states that it brings, or NULL.
 * @replace:	Replace all patches that are active instead of stacking on them.
 * @consistency: When tasks begin to run the code.
 * @immediate:	The same as KLP_CONSISTENCY_IMMEDIATE.
 */
struct klp_patch {
	struct module *mod;
	struct klp_object *objs;
	struct klp_state *states;
	bool replace;
	enum klp_consistency consistency;
	bool immediate;
};

#define klp_for_each_object_static(patch, obj) \
	for ((obj) = (patch)->objs; (obj)->name || (obj)->funcs; (obj)++)

#define klp_for_each_func_static(obj, func) \
	for ((func) = (obj)->funcs; \
	     (func)->old_name || (func)->new_func || (func)->old_sympos; \
	     (func)++)

/* The engine adds nothing to the author's arrays: both forms are the same. */
#define klp_for_each_object(patch, obj)	klp_for_each_object_static(patch, obj)
#define klp_for_each_func(obj, func)	klp_for_each_func_static(obj, func)

/**
 * typedef klp_shadow_ctor_t - constructor of a shadow variable
 * @obj:	The object that the variable belongs to.
 * @shadow_data: The variable's data, zeroed.
 * @ctor_data:	What the caller of klp_shadow_alloc() passed for it.
 *
 * Context: Atomic; must not call klp_shadow_*().
 * Return: 0, or an errno, and the variable is not created.
 */
typedef int (*klp_shadow_ctor_t)(void *obj, void *shadow_data,
				 void *ctor_data);

/**
 * typedef klp_shadow_dtor_t - destructor of a shadow variable
 * @obj:	The object that the variable belongs to.
 * @shadow_data: The variable's data, which is freed afterwards.
 *
 * Context: Atomic; must not call klp_shadow_*().
 */
typedef void (*klp_shadow_dtor_t)(void *obj, void *shadow_data);

#if IS_ENABLED(CONFIG_LIVEPATCH)

int klp_enable_patch(struct klp_patch *patch);

void *klp_shadow_get(void *obj, unsigned long id);
void *klp_shadow_alloc(void *obj, unsigned long id, size_t size,
		       gfp_t gfp_flags, klp_shadow_ctor_t ctor,
		       void *ctor_data);
void *klp_shadow_get_or_alloc(void *obj, unsigned long id, size_t size,
			      gfp_t gfp_flags, klp_shadow_ctor_t ctor,
			      void *ctor_data);
void klp_shadow_free(void *obj, unsigned long id, klp_shadow_dtor_t dtor);
void klp_shadow_free_all(unsigned long id, klp_shadow_dtor_t dtor);

struct klp_state *klp_get_state(struct klp_patch *patch, unsigned long id);
struct klp_state *klp_get_prev_state(unsigned long id);

void *klp_find_section_by_name(const struct module *mod, const char *name,
			       size_t *sec_size);

#endif /* CONFIG_LIVEPATCH */

#endif /* _LINUX_LIVEPATCH_H */
