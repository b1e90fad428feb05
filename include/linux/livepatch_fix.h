/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: what the author of a fix tells klp-build, in the fix itself.
 *
 * klp-build makes a patch module of a source diff. A diff may also bring code that only the
 * module has, such as callbacks. In a kernel that is built with the diff, the macros below
 * have no effect. See Documentation/livepatch/builder.rst.
 */
#ifndef _LINUX_LIVEPATCH_FIX_H
#define _LINUX_LIVEPATCH_FIX_H

#include <linux/compiler.h>
#include <linux/livepatch_external.h>
#include <linux/stringify.h>

/* klp-build compiles with -DKLP_BUILD, and reads these sections. The linker drops the others. */
#ifdef KLP_BUILD
#define _KLP_SECTION	".klp.mark."
#else
#define _KLP_SECTION	".discard.klp."
#endif

#define _KLP_TEXT(key, text)							\
	static const char __UNIQUE_ID(klp_text)[] __used			\
	__section(_KLP_SECTION "text") = key "=" text

/*
 * A callback of vmlinux or of the module that the file belongs to, one of each kind:
 * see struct klp_callbacks.
 */
#define KLP_PRE_PATCH(function)							\
	static int (* const __UNIQUE_ID(klp_pre_patch))(struct klp_object *)	\
	__used __section(_KLP_SECTION "pre_patch") = function
#define KLP_POST_PATCH(function)						\
	static void (* const __UNIQUE_ID(klp_post_patch))(struct klp_object *)	\
	__used __section(_KLP_SECTION "post_patch") = function
#define KLP_PRE_UNPATCH(function)						\
	static void (* const __UNIQUE_ID(klp_pre_unpatch))(struct klp_object *)	\
	__used __section(_KLP_SECTION "pre_unpatch") = function
#define KLP_POST_UNPATCH(function)						\
	static void (* const __UNIQUE_ID(klp_post_unpatch))(struct klp_object *) \
	__used __section(_KLP_SECTION "post_unpatch") = function

/* Set &klp_func.immediate of the function with this name, a string. */
#define KLP_IMMEDIATE(name)		_KLP_TEXT("immediate", name)

/* Set &klp_patch.consistency to one of enum klp_consistency. */
#define KLP_CONSISTENCY(model)		_KLP_TEXT("consistency", #model)

/* Add a struct klp_state; both are numbers. */
#define KLP_STATE(id, version)		\
	_KLP_TEXT("state", __stringify(id) ":" __stringify(version))

/* For modinfo: what is fixed, once for each, and the description */
#define KLP_FIXES(text)			_KLP_TEXT("fixes", text)
#define KLP_DESCRIPTION(text)		_KLP_TEXT("description", text)

#endif /* _LINUX_LIVEPATCH_FIX_H */
