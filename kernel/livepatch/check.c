// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: validating what an author has written.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "check.h"

static bool klp_mask_valid(const struct klp_identity *identity)
{
	const struct klp_mask *mask = identity->masks;
	unsigned int i;

	if (!mask && identity->nr_masks)
		return false;
	for (i = 0; i < identity->nr_masks; i++, mask++)
		if (mask->offset > identity->size ||
		    mask->size > identity->size - mask->offset)
			return false;
	return true;
}

static bool klp_func_valid(const struct klp_func *func)
{
	if (!func->old_name || !func->new_func ||
	    strnlen(func->old_name, KSYM_NAME_LEN) >= KSYM_NAME_LEN)
		return false;
	return !func->identity ||
	       (func->identity->size && klp_mask_valid(func->identity));
}

static bool klp_object_valid(struct klp_object *obj)
{
	struct klp_func *func;

	if (!obj->funcs)
		return false;
	if (obj->name &&
	    (!*obj->name ||
	     strnlen(obj->name, MODULE_NAME_LEN) >= MODULE_NAME_LEN))
		return false;
	klp_for_each_func(obj, func)
		if (!klp_func_valid(func))
			return false;
	return true;
}

static const char *klp_object_name(const struct klp_object *obj)
{
	return obj->name ?: "vmlinux";
}

/**
 * klp_check_patch - validate a struct klp_patch before anything is allocated
 * @patch: the author's patch, or NULL
 *
 * Logs one line if an object is there twice, or if the module is not marked as
 * a livepatch module.
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int klp_check_patch(struct klp_patch *patch)
{
	struct klp_object *obj, *other;

	if (!patch || !patch->mod || !patch->objs)
		return -EINVAL;

	klp_for_each_object(patch, obj) {
		if (!klp_object_valid(obj))
			return -EINVAL;
		for (other = patch->objs; other != obj; other++) {
			if (strcmp(klp_object_name(obj),
				   klp_object_name(other)))
				continue;
			pr_err("object '%s' is there twice in patch '%s'\n",
			       klp_object_name(obj), patch->mod->name);
			return -EINVAL;
		}
	}

	if (!is_livepatch_module(patch->mod)) {
		pr_err("module %s is not marked as a livepatch module\n",
		       patch->mod->name);
		return -EINVAL;
	}
	return 0;
}
