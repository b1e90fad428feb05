/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: whether a fix is in effect.
 */
#ifndef _KLP_EFFECT_H
#define _KLP_EFFECT_H

#include "sys.h"

/**
 * enum effect - whether calls of a function lead to its replacement
 * @EFFECT_ACTIVE:	They do.
 * @EFFECT_COVERED:	They lead to that of a newer patch.
 * @EFFECT_NOT_LOADED:	The function's module is not loaded: there are no calls.
 * @EFFECT_RETURNS:	They begin to lead to the original code.
 * @EFFECT_BYPASSED:	Another user of ftrace keeps them from the replacement.
 * @EFFECT_TRANSITION:	For some tasks they do.
 * @EFFECT_DISABLED:	The patch is disabled.
 * @EFFECT_NOT_PATCHED:	The module is loaded, but was not patched.
 * @EFFECT_UNKNOWN:	The kernel does not tell.
 */
enum effect {
	EFFECT_ACTIVE,
	EFFECT_COVERED,
	EFFECT_NOT_LOADED,
	EFFECT_RETURNS,
	EFFECT_BYPASSED,
	EFFECT_TRANSITION,
	EFFECT_DISABLED,
	EFFECT_NOT_PATCHED,
	EFFECT_UNKNOWN,
	EFFECT_NR,
};

extern const char *const effect_words[EFFECT_NR];

/**
 * struct effect_result - the effect of a function
 * @effect:	Which.
 * @text:	In words, with names: what the kernel says, if it says anything.
 */
struct effect_result {
	enum effect	effect;
	const char	*text;
};

struct effect_result effect_of(struct obstack *ob, const struct sys_patch *patches,
			       const struct sys_patch *patch, const struct sys_object *object,
			       const struct sys_func *func);
void effect_count(struct obstack *ob, const struct sys_patch *patches,
		  const struct sys_patch *patch, size_t counts[EFFECT_NR]);

#endif /* _KLP_EFFECT_H */
