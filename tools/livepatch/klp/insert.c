// SPDX-License-Identifier: GPL-2.0
/*
 * klp: loading a patch module, and saying why that has failed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "insert.h"
#include "kmsg.h"
#include "record.h"
#include "sys.h"
#include "util.h"

/* What to do when the kernel has refused a patch */
static const char *remedy(int ret)
{
	switch (ret) {
	case -EPERM:
	case -EACCES:
		return "run klp as root, or sign the module for this kernel";
	case -EBUSY:
		return "end what else redirects a function, and set kernel.ftrace_enabled";
	case -EINVAL:
	case -ENOENT:
		return "get the patch for this kernel, and see the kernel's log";
	case -ENODEV:
	case -ENOEXEC:
		return "boot a kernel with live patching, or get the patch for this one";
	case -EEXIST:
		return "somebody else has just loaded it: see klp list";
	case -ENOMEM:
		return "try again when there is more memory";
	case -EKEYREJECTED:
	case -ENOKEY:
		return "sign the module with a key that this kernel knows";
	default:
		return "see the kernel's log, and ask the author of the patch";
	}
}

/*
 * With the models that change all tasks at once, the task that loads the module waits in the
 * kernel. It gives up after a time, or when an administrator reverses the transition.
 */
static bool was_reverted(int ret, const char *cause)
{
	return ret == -ECANCELED || (ret == -EBUSY && cause && strstr(cause, " is given up, "));
}

static int explain_reverted(const struct module_info *info, int ret, const char *cause)
{
	record_failed(RECORD_REVERTED);
	if (ret == -ECANCELED)
		util_error("%s: was reverted by an administrator: see klp list", info->file);
	else
		util_error("%s: was reverted (%s): let these tasks move, and load it again",
			   info->file, cause);
	return KLP_REVERTED;
}

static int explain(const struct module_info *info, int ret, int log)
{
	char text[1024] = "";
	const char *cause, *other = NULL;
	struct obstack ob;

	cause = kmsg_cause(log, info->name, text, sizeof(text));
	if (was_reverted(ret, cause))
		return explain_reverted(info, ret, cause);
	record_failed(RECORD_LOAD);
	obstack_init(&ob);
	if (ret == -EBUSY && !sys_transition(&ob, &other) && other)
		util_error("%s: was refused: patch '%s' is in transition: run klp wait %s first",
			   info->file, other, other);
	else
		util_error("%s: was refused: %s%s%s%s: %s", info->file, strerror(-ret),
			   cause ? " (" : "", cause ?: "", cause ? ")" : "", remedy(ret));
	obstack_free(&ob, NULL);
	return KLP_ERROR;
}

/**
 * insert_patch - load a patch module, which enables its patch
 * @info: the module
 * @params: its parameters
 *
 * Return: KLP_OK; else KLP_ERROR, or KLP_REVERTED, and nothing is loaded.
 */
int insert_patch(const struct module_info *info, const char *params)
{
	const long long start_ms = util_now_ms();
	int ret, log;

	if (sys_exists(info->name))
		return util_error("%s: patch '%s' exists already: run klp unload %s first",
				  info->file, info->name, info->name);
	if (sys_module_loaded(info->name))
		return util_error("%s: module '%s' is loaded already: run %s %s first", info->file,
				  info->name, sys_patch_module(info->name) ? "klp unload" : "rmmod",
				  info->name);
	log = kmsg_open();
	ret = module_insert(info, params);
	if (ret)
		return explain(info, ret, log);
	kmsg_cause(log, info->name, NULL, 0);
	record_loaded(info, start_ms);
	return KLP_OK;
}
