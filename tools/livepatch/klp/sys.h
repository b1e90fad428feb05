/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: what /sys says about patches.
 */
#ifndef _KLP_SYS_H
#define _KLP_SYS_H

#include <obstack.h>

#include "klp.h"

/*
 * Everywhere below, -1 and NULL stand for what the kernel does not tell.
 */

/**
 * struct sys_func - a function that a patch replaces
 * @next:	The next function of the object, by name.
 * @name:	The function's name.
 * @pos:	Which of the functions of that name, from 1.
 * @said:	What the kernel says about its effect.
 * @calls:	How often the replacement was called, as far as it was counted.
 */
struct sys_func {
	struct sys_func	*next;
	const char	*name;
	long		pos;
	const char	*said;
	long long	calls;
};

/**
 * struct sys_object - the kernel or a module, as one patch sees it
 * @next:	The next object of the patch, by name.
 * @name:	"vmlinux" or the module's name.
 * @loaded:	The kernel itself, or a module that is loaded.
 * @patched:	1 if the functions are redirected, else 0.
 * @wanted:	The build id that the patch was made for.
 * @build_id:	The build id of what is loaded.
 * @funcs:	The functions.
 * @nr_funcs:	How many.
 */
struct sys_object {
	struct sys_object	*next;
	const char		*name;
	bool			loaded;
	int			patched;
	const char		*wanted;
	const char		*build_id;
	struct sys_func		*funcs;
	size_t			nr_funcs;
};

/**
 * struct sys_state - how far a patch is
 * @enabled:	1 if it is enabled or being enabled.
 * @transition:	1 during its transition.
 * @pending:	How many tasks still have to switch.
 */
struct sys_state {
	int		enabled;
	int		transition;
	long long	pending;
};

/**
 * struct sys_patch - a patch
 * @next:	The next patch, the oldest first where the kernel tells the order.
 * @name:	Its name, which is its module's.
 * @state:	How far it is.
 * @replace:	1 if it replaces all others.
 * @order:	Its place among the active patches.
 * @timeout_ms:	When the kernel reverses its transition, 0 if never.
 * @stopped_ns:	For how long all CPUs were stopped.
 * @parked_ns:	For how long user tasks were parked.
 * @model:	Its consistency model.
 * @version:	Its module's version.
 * @srcversion:	The checksum of its module's sources.
 * @build_id:	Its module's build id.
 * @objects:	Its objects.
 * @nr_objects:	How many.
 * @nr_funcs:	How many functions all of them have.
 * @has_calls:	The kernel counts, or could count, calls.
 */
struct sys_patch {
	struct sys_patch	*next;
	const char		*name;
	struct sys_state	state;
	int			replace;
	long long		order;
	long long		timeout_ms;
	long long		stopped_ns;
	long long		parked_ns;
	const char		*model;
	const char		*version;
	const char		*srcversion;
	const char		*build_id;
	struct sys_object	*objects;
	size_t			nr_objects;
	size_t			nr_funcs;
	bool			has_calls;
};

bool sys_supported(void);
int sys_check_supported(void);
int sys_read_all(struct obstack *ob, struct sys_patch **patches);
int sys_read_states(struct obstack *ob, struct sys_patch **patches);
int sys_read_one(struct obstack *ob, const char *name, struct sys_patch **patch);
bool sys_exists(const char *name);
int sys_state(const char *name, struct sys_state *state);
const char *sys_state_word(const struct sys_state *state);
int sys_transition(struct obstack *ob, const char **name);
int sys_set(const char *name, const char *attr, const char *value);
int sys_try(const char *name, const char *attr, const char *value);
bool sys_module_loaded(const char *name);
bool sys_patch_module(const char *name);
int sys_no_patch(const char *name);
bool sys_valid_name(const char *name);

#endif /* _KLP_SYS_H */
