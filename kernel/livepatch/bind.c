// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: binding a patch to vmlinux and to target modules.
 *
 * Binding finds the functions that an object of a patch replaces, and applies the
 * relocations of the replacements to symbols of a target module.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "bind.h"
#include "identity.h"
#include "klp.h"
#include "reloc.h"
#include "find.h"
#include "symtab.h"

static unsigned long klp_function_size(unsigned long addr,
				       const struct klp_symtab *symtab)
{
	unsigned long size, offset;

	if (symtab)
		return klp_symtab_size(symtab, addr);
	return kallsyms_lookup_size_offset(addr, &size, &offset) ? size : 0;
}

/* Fill in addresses and sizes. @symtab is NULL for vmlinux. */
static int klp_bind_funcs(struct klp_live_object *object,
			  const struct klp_wanted *found,
			  const struct klp_symtab *symtab)
{
	struct klp_live_func *func;
	unsigned long size;
	int ret;

	klp_for_each_live_func(object, func) {
		func->old_addr = found++->addr;
		size = klp_function_size(func->old_addr, symtab);
		if (!size) {
			pr_err("kallsyms size lookup failed for '%s'\n",
			       func->name);
			return -ENOENT;
		}
		if (overflows_type(size, func->old_size)) {
			pr_err("'%s' has %lu bytes, which is too many\n",
			       func->name, size);
			return -E2BIG;
		}
		func->old_size = size;
		ret = klp_identity_check_func(func);
		object->mismatch = ret == -ENOEXEC;
		if (ret)
			return ret;
	}
	return 0;
}

/* Keep the out-of-line parts of the functions. @symtab is NULL for vmlinux. */
static void klp_bind_cold(struct klp_live_object *object,
			  struct klp_symtab *symtab, struct klp_lookup *lookup)
{
	if (symtab) {
		object->cold = no_free_ptr(symtab->cold);
		object->nr_cold = symtab->nr_cold;
	} else {
		object->cold = no_free_ptr(lookup->cold);
		object->nr_cold = lookup->nr_cold;
	}
}

/* Find the functions of an object and what the relocations refer to. */
static int klp_bind_lookup(struct klp_live_object *object,
			   const struct klp_relocs *relocs,
			   struct klp_lookup *lookup)
{
	const struct klp_word name = klp_word(object->name);
	const bool vmlinux = !object->obj->name;
	struct klp_live_func *func;
	int ret;

	ret = klp_lookup_init(lookup, object->nr_funcs + relocs->nr_used);
	if (ret)
		return ret;
	klp_for_each_live_func(object, func)
		klp_lookup_add(lookup, name, klp_word(func->name),
			       klp_live_func_source(func)->old_sympos, true);
	ret = klp_reloc_want(relocs, lookup);
	if (ret)
		return ret;
	return klp_find_symbols(lookup, vmlinux);
}

/**
 * klp_bind_object - find the functions of an object, and apply relocations
 * @object: the record, not bound
 * @mod: the target module, loaded or being loaded; NULL for vmlinux
 *
 * Applies the patch module's relocations that refer to @mod. Logs one line if a
 * symbol or a relocation is at fault.
 *
 * Context: Process, may sleep. For a module: klp_mutex held, which delays its
 * unloading.
 * Return: 0, -ENOEXEC if the patch is for another build of the object or for another
 * function, -EINVAL if a symbol or a relocation is malformed or cannot be found,
 * -ENOENT if the size of a function is not known, -E2BIG if it is 4 GiB or more,
 * -ENOMEM, or the error of
 * apply_relocate_add(). On error the object is not bound, and its relocations are
 * cleared.
 */
int klp_bind_object(struct klp_live_object *object, struct module *mod)
{
	struct module *patch = object->patch->mod;
	struct klp_symtab symtab = { };
	struct klp_lookup lookup = { };
	struct klp_relocs relocs;
	int ret;

	if (mod)
		lockdep_assert_held(&klp_mutex);

	ret = klp_identity_check_object(object, mod);
	object->mismatch = ret;
	if (ret)
		return ret;
	/* Relocations to vmlinux were applied when the patch module was loaded. */
	ret = klp_reloc_init(&relocs, mod ? patch->klp_elf : NULL,
			     object->name);
	if (ret)
		goto out;
	ret = klp_bind_lookup(object, &relocs, &lookup);
	if (ret)
		goto out;
	if (mod) {
		ret = klp_symtab_load(&symtab, mod, &lookup);
		if (ret)
			goto out;
	}
	ret = klp_bind_funcs(object, lookup.wanted, mod ? &symtab : NULL);
	if (ret)
		goto out;
	/* Last, because relocations would have to be undone */
	if (mod) {
		ret = klp_reloc_apply(&relocs, lookup.wanted + object->nr_funcs,
				      patch);
		if (ret)
			goto out;
	}

	klp_bind_cold(object, mod ? &symtab : NULL, &lookup);
	object->obj->mod = mod;
	object->bound = true;
out:
	klp_symtab_free(&symtab);
	klp_lookup_free(&lookup);
	klp_reloc_free(&relocs);
	return ret;
}

/**
 * klp_bind_release - undo klp_bind_object(), but for the relocations
 * @object: the record, its live funcs on no site; need not be bound
 *
 * For the relocations see klp_reloc_clear().
 *
 * Context: Process, may sleep; klp_mutex held, or the patch is in no list.
 */
void klp_bind_release(struct klp_live_object *object)
{
	if (!object->bound)
		return;

	object->obj->mod = NULL;
	kvfree(object->cold);
	object->cold = NULL;
	object->nr_cold = 0;
	object->bound = false;
}

/**
 * klp_bind_find - find the module that an object names, if it may be patched now
 * @object: the object, not vmlinux; its patch is installed, or being enabled
 *
 * Context: klp_mutex held, which delays the module's unloading.
 * Return: the module or NULL.
 */
struct module *klp_bind_find(const struct klp_live_object *object)
{
	struct module *mod;

	lockdep_assert_held(&klp_mutex);

	guard(preempt)();
	mod = find_module(object->name);
	/*
	 * Not patchable yet (klp_module_coming() waits for klp_mutex), or no longer
	 * (klp_module_exited() or klp_module_going() has run).
	 */
	return mod && mod->klp_target ? mod : NULL;
}

/**
 * klp_bind_modules - bind the objects of a patch whose modules are loaded
 * @live: the patch, not enabled yet
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or an error of klp_bind_object(); then some objects may be bound, and
 * the caller has to call klp_bind_release_modules().
 */
int klp_bind_modules(struct klp_live_patch *live)
{
	struct klp_live_object *object;
	struct module *mod;
	int ret;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		if (!object->obj->name)
			continue;
		mod = klp_bind_find(object);
		ret = mod ? klp_bind_object(object, mod) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * klp_bind_release_modules - release all objects of a patch that was never enabled
 * @live: the patch
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_bind_release_modules(struct klp_live_patch *live)
{
	struct klp_live_object *object;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		if (object->obj->name)
			klp_reloc_clear(live->mod, object->name);
		klp_bind_release(object);
	}
}
