// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: lifetimes of the engine's records of a patch.
 *
 * klp_live_patch_create() makes all records that a patch needs to be installed,
 * its folder in sysfs included; klp_live_patch_destroy() undoes that. In
 * between, the records and the reference on the module have one owner at a
 * time: enable.c until enabling has succeeded, then patch.c, then retire.c.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "bind.h"
#include "klp.h"
#include "live.h"
#include "symtab.h"
#include "sysfs.h"

/*
 * The records of all modules that are in use as patches. Not under klp_mutex,
 * so that unregistering a patch is not delayed: it happens between the removal
 * of the patch's folder and the release of its module.
 */
static LIST_HEAD(klp_records);
static DEFINE_MUTEX(klp_records_lock);

static int klp_live_func_init(struct klp_live_func *func,
			      const struct klp_symtab *symtab)
{
	const struct klp_func *source = klp_live_func_source(func);
	struct klp_span new;
	int ret;

	ret = klp_symtab_function(symtab, (unsigned long)source->new_func,
				  source->old_name, &new);
	if (ret)
		return ret;

	/* What is before the address is a part of that. */
	if (overflows_type(new.size, func->size)) {
		pr_err("the replacement of '%s' has %lu bytes, which is too many\n",
		       source->old_name, new.size);
		return -E2BIG;
	}
	INIT_LIST_HEAD(&func->node);
	func->name = source->old_name;
	func->immediate = source->immediate;
	func->addr = (unsigned long)source->new_func;
	func->before = func->addr - new.start;
	func->size = new.size;
	return 0;
}

static int klp_live_object_create(struct klp_live_patch *live,
				  struct klp_object *obj,
				  const struct klp_symtab *symtab)
{
	struct klp_live_object *object;
	struct klp_live_func *func;
	struct klp_func *source;
	unsigned int nr = 0;
	size_t size;
	int ret;

	klp_for_each_func(obj, source)
		nr++;

	size = struct_size(object, funcs, nr);
	object = size > KLP_KMALLOC_MAX ? vzalloc(size) : kzalloc(size, GFP_KERNEL);
	if (!object)
		return -ENOMEM;
	object->nr_funcs = nr;
	object->patch = live;
	object->obj = obj;
	object->name = obj->name ?: "vmlinux";
	klp_sysfs_init_object(object);
	list_add_tail(&object->node, &live->objects);
	if (obj->build_id) {
		object->build_id = kstrdup(obj->build_id, GFP_KERNEL);
		if (!object->build_id)
			return -ENOMEM;
	}

	klp_for_each_live_func(object, func) {
		func->index = func - object->funcs;
		ret = klp_live_func_init(func, symtab);
		if (ret)
			return ret;
	}
	/* Modules are bound later, when klp_mutex keeps them loaded. */
	return obj->name ? 0 : klp_bind_object(object, NULL);
}

/*
 * Register the record of a module. A module has one record at a time, until
 * that record is destroyed: two records would share the module's relocations.
 */
static int klp_live_patch_register(struct klp_live_patch *live)
{
	struct klp_live_patch *other;

	guard(mutex)(&klp_records_lock);
	list_for_each_entry(other, &klp_records, record) {
		if (other->mod != live->mod)
			continue;
		pr_err("patch '%s' is enabled already\n", live->mod->name);
		return -EINVAL;
	}
	list_add_tail(&live->record, &klp_records);
	return 0;
}

static void klp_live_patch_unregister(struct klp_live_patch *live)
{
	guard(mutex)(&klp_records_lock);
	list_del(&live->record);
}

/**
 * klp_live_patch_create - create the records of a patch
 * @patch: the author's patch, checked by the caller
 * @model: the consistency model that it asks for
 *
 * Resolves the symbols of vmlinux, takes a reference on the module and creates
 * the patch's folder in sysfs. Nothing is redirected yet. Logs one line if a
 * symbol is at fault.
 *
 * Context: Process, may sleep; klp_mutex not held: on error the folder is
 * removed, which waits for attributes that take klp_mutex.
 * Return: the records, owned by the caller, or an ERR_PTR: -ENODEV if the
 * module is being unloaded, -EINVAL if the module has records that are not
 * destroyed yet, -ENOMEM, and the errors of klp_bind_object(),
 * klp_symtab_function() and klp_sysfs_add_patch(). On error everything is
 * undone.
 */
struct klp_live_patch *klp_live_patch_create(struct klp_patch *patch,
					     const struct klp_model *model)
{
	struct klp_symtab symtab;
	struct klp_object *obj;
	struct klp_live_patch *live;
	int ret;

	lockdep_assert_not_held(&klp_mutex);

	if (!try_module_get(patch->mod))
		return ERR_PTR(-ENODEV);

	ret = klp_symtab_load(&symtab, patch->mod, NULL);
	if (ret)
		goto err_module;

	ret = -ENOMEM;
	live = kzalloc(sizeof(*live), GFP_KERNEL);
	if (!live)
		goto err_symtab;
	INIT_LIST_HEAD(&live->node);
	INIT_LIST_HEAD(&live->objects);
	INIT_LIST_HEAD(&live->record);
	INIT_LIST_HEAD(&live->gone);
	live->patch = patch;
	live->mod = patch->mod;
	live->replace = patch->replace;
	live->model = model;
	live->cold = no_free_ptr(symtab.cold);
	live->nr_cold = symtab.nr_cold;
	klp_sysfs_init_patch(live);

	ret = klp_live_patch_register(live);
	if (ret)
		goto err_live;
	klp_for_each_object(patch, obj) {
		ret = klp_live_object_create(live, obj, &symtab);
		if (ret)
			goto err_live;
	}
	ret = klp_sysfs_add_patch(live);
	if (ret)
		goto err_live;

	klp_symtab_free(&symtab);
	return live;

err_live:
	klp_live_patch_destroy(live);
	klp_symtab_free(&symtab);
	return ERR_PTR(ret);

err_symtab:
	klp_symtab_free(&symtab);
err_module:
	module_put(patch->mod);
	return ERR_PTR(ret);
}

/**
 * klp_live_patch_destroy - free the records of a patch and release its module
 * @live: the records, not installed and not in use any more; freed
 *
 * The module is released right after the folder in sysfs has been removed, so
 * that a user who waits for the removal can unload the module. If tasks were
 * forced out of its code, the module is never released.
 *
 * Context: Process, may sleep; klp_mutex not held: removing the folder waits
 * for attributes that take klp_mutex.
 */
void klp_live_patch_destroy(struct klp_live_patch *live)
{
	struct klp_live_object *object, *next;
	struct module *mod = live->forced ? NULL : live->mod;

	lockdep_assert_not_held(&klp_mutex);

	klp_sysfs_remove_objects(live);
	list_for_each_entry_safe(object, next, &live->objects, node) {
		list_del(&object->node);
		klp_bind_release(object);
		kobject_put(&object->kobj);
	}
	klp_sysfs_remove_patch(live);
	klp_live_patch_unregister(live);
	module_put(mod);
	kobject_put(&live->kobj);
}
