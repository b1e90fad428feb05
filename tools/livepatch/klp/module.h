/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: files of modules, loading and unloading.
 */
#ifndef _KLP_MODULE_H
#define _KLP_MODULE_H

#include <obstack.h>

#include "klp.h"

/**
 * struct module_info - what a module's file says
 * @file:	The file's path.
 * @name:	The module's name when it is loaded.
 * @release:	The kernel's release that it was built for, or NULL.
 * @version:	Its version, or NULL.
 * @description: Its description, or NULL.
 * @fixes:	What it fixes, as CVE numbers or free text, separated by commas, or NULL.
 * @depends:	The modules that it needs, separated by commas, or NULL.
 * @build_id:	Its build id, or NULL.
 * @livepatch:	It is marked as a live patch.
 */
struct module_info {
	const char	*file;
	const char	*name;
	const char	*release;
	const char	*version;
	const char	*description;
	const char	*fixes;
	const char	*depends;
	const char	*build_id;
	bool		livepatch;
};

int module_inspect(struct obstack *ob, const char *file, struct module_info *info);
int module_check_release(const struct module_info *info, const char *release);
int module_insert(const struct module_info *info, const char *params);
int module_remove(const char *name);

#endif /* _KLP_MODULE_H */
