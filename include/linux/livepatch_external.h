/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: what builders of patches write into patch modules as tables.
 *
 * The layout is an interface with tools outside of the kernel. A module's own
 * code finds the tables with klp_find_section_by_name(), makes a struct
 * klp_patch of them and enables that.
 */
#ifndef _LINUX_LIVEPATCH_EXTERNAL_H
#define _LINUX_LIVEPATCH_EXTERNAL_H

#include <linux/types.h>

struct klp_object;

/**
 * struct klp_callbacks - what a patch does besides replacing functions
 * @pre_patch:		Before the functions of the object are redirected; an
 *			errno refuses the patch.
 * @post_patch:		After all tasks have switched to the patch.
 * @pre_unpatch:	Before the redirection starts to be undone.
 * @post_unpatch:	After the redirection has been undone.
 * @post_unpatch_enabled: Part of the layout that builders write; the engine
 *			neither reads nor writes it.
 *
 * All are optional and may sleep. @post_patch, @pre_unpatch and @post_unpatch
 * run only for objects whose @pre_patch, if there is one, has succeeded.
 */
struct klp_callbacks {
	int (*pre_patch)(struct klp_object *obj);
	void (*post_patch)(struct klp_object *obj);
	void (*pre_unpatch)(struct klp_object *obj);
	void (*post_unpatch)(struct klp_object *obj);
	/* Not used by the engine */
	bool post_unpatch_enabled;
};

/**
 * struct klp_func_ext - a struct klp_func in a builder's table
 * @old_name:	Name of the function to be replaced.
 * @new_func:	The replacement.
 * @sympos:	&klp_func.old_sympos.
 */
struct klp_func_ext {
	const char *old_name;
	void *new_func;
	unsigned long sympos;
};

/**
 * struct klp_object_ext - a struct klp_object in a builder's table
 * @name:	The module's name, NULL for vmlinux.
 * @funcs:	Its functions.
 * @callbacks:	See &struct klp_callbacks.
 * @nr_funcs:	Number of @funcs: no empty entry ends them.
 */
struct klp_object_ext {
	const char *name;
	struct klp_func_ext *funcs;
	struct klp_callbacks callbacks;
	unsigned int nr_funcs;
};

#endif /* _LINUX_LIVEPATCH_EXTERNAL_H */
