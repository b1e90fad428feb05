/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: what the author of a fix tells klp-build, in the fix itself.
 *
 * klp-build makes a patch module of a source diff. A diff may also bring code that only the
 * module has, such as callbacks. In a kernel that is built with the diff, the macros below
 * do nothing. See Documentation/livepatch/builder.rst.
 */
#ifndef _LINUX_LIVEPATCH_FIX_H
#define _LINUX_LIVEPATCH_FIX_H

#include <linux/compiler.h>
#include <linux/livepatch_external.h>
#include <linux/stringify.h>

/* klp-build compiles with -DKLP_BUILD, and reads these sections. */
#ifdef KLP_BUILD
#define _KLP_MARK(name)	__used __section(".klp.mark." name)
#else
#define _KLP_MARK(name)	__maybe_unused
#endif

#define _KLP_CALLBACK(kind, function)						\
	static typeof(((struct klp_callbacks *)NULL)->kind) const		\
	_KLP_MARK(#kind) __UNIQUE_ID(klp_callback) = (function)

#define _KLP_TEXT(key, text)							\
	static const char _KLP_MARK("text") __UNIQUE_ID(klp_text)[] = key "=" text

/*
 * A callback of the vmlinux or of the module that the file belongs to, one of each kind:
 * see struct klp_callbacks.
 */
#define KLP_PRE_PATCH(function)		_KLP_CALLBACK(pre_patch, function)
#define KLP_POST_PATCH(function)	_KLP_CALLBACK(post_patch, function)
#define KLP_PRE_UNPATCH(function)	_KLP_CALLBACK(pre_unpatch, function)
#define KLP_POST_UNPATCH(function)	_KLP_CALLBACK(post_unpatch, function)

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
