// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: is this the code that the patch was made for?
 *
 * An author can say which build of vmlinux or of a module a patch is for, and what the
 * bytes of each original function are. What the kernel itself rewrites in a function
 * while it boots or runs is left out of the comparison:
 *
 * - The author's masks have what depends on where code is loaded, on the processor, and
 *   on static keys and calls: relocated addresses, alternatives, lock prefixes, jump
 *   labels, static calls, retpolines, return thunks, sealed ENDBRs, constants that only
 *   the boot knows, and the call into ftrace. They are known from the sections of the
 *   object file.
 * - Kprobes can be anywhere. The bytes that they hide are put back before the hash is
 *   computed.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/buildid.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/livepatch_module.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xxhash.h>

#include <asm/livepatch.h>

#include "identity.h"
#include "klp.h"

static void klp_identity_build_id(const struct module *mod, char *hex)
{
	unsigned char id[BUILD_ID_SIZE_MAX] = { };

	if (mod)
		memcpy(id, mod->klp_elf->build_id, sizeof(id));
	else
		build_id_parse_buf(&__start_notes, id, &__stop_notes - &__start_notes);
	*bin2hex(hex, id, sizeof(id)) = '\0';
}

/* Compare two build ids in hexadecimal. The shorter one is followed by zeroes. */
static bool klp_identity_same(const char *wanted, const char *found)
{
	size_t len = strlen(wanted);

	return len <= strlen(found) && !strncasecmp(wanted, found, len) &&
	       strspn(found + len, "0") == strlen(found + len);
}

/**
 * klp_identity_check_object - check that a patch was made for an object
 * @object: the record of the object
 * @mod: the target module, loaded or being loaded; NULL for vmlinux
 *
 * Logs one line with both build ids if they differ.
 *
 * Context: Process. @mod cannot be freed.
 * Return: 0, also if the author has given no build id, or -ENOEXEC.
 */
int klp_identity_check_object(const struct klp_live_object *object,
			      const struct module *mod)
{
	const char *wanted = object->obj->build_id;
	char found[2 * BUILD_ID_SIZE_MAX + 1];

	if (!wanted)
		return 0;
	klp_identity_build_id(mod, found);
	if (klp_identity_same(wanted, found))
		return 0;
	pr_err("patch '%s' is for '%s' with build id %s, not %s\n",
	       object->patch->mod->name, object->name, wanted, found);
	return -ENOEXEC;
}

/* Put zeroes where the kernel may have rewritten the code. */
static void klp_identity_mask(u8 *code, const struct klp_identity *identity)
{
	const struct klp_mask *mask = identity->masks;
	unsigned int i;

	for (i = 0; i < identity->nr_masks; i++, mask++)
		memset(code + mask->offset, 0, mask->size);
}

static u64 klp_identity_hash(u8 *code, const struct klp_live_func *func,
			     const struct klp_identity *identity)
{
	/* Nothing is half written then. */
	scoped_guard(mutex, &text_mutex)
		klp_arch_read_code(code, func->old_addr, identity->size);
	klp_identity_mask(code, identity);
	return xxh64(code, identity->size, 0);
}

/**
 * klp_identity_check_func - check that a patch was made for a function
 * @func: the record of the function, its address and size known. What the author has
 *	written about it is valid by klp_check_patch()
 *
 * Logs one line with both hashes if they differ.
 *
 * Context: Process, may sleep; takes text_mutex. The function's object cannot be freed.
 * Return: 0, also if the author has said nothing about the function; -ENOEXEC; -ENOMEM.
 */
int klp_identity_check_func(const struct klp_live_func *func)
{
	const struct klp_identity *identity = klp_live_func_source(func)->identity;
	const char *patch = klp_live_func_object(func)->patch->mod->name;
	u64 hash;
	u8 *code;

	if (!identity)
		return 0;
	if (identity->size > func->old_size) {
		pr_err("patch '%s' is for '%s' of %u bytes, not %u\n", patch,
		       func->name, identity->size, func->old_size);
		return -ENOEXEC;
	}
	code = kvmalloc(identity->size, GFP_KERNEL);
	if (!code)
		return -ENOMEM;
	/*
	 * Twice: for a moment, while a kprobe becomes optimised or ceases to be, what
	 * it says about the bytes that it hides is not true.
	 */
	hash = klp_identity_hash(code, func, identity);
	if (hash != identity->hash)
		hash = klp_identity_hash(code, func, identity);
	kvfree(code);
	if (hash == identity->hash)
		return 0;
	pr_err("patch '%s' is for '%s' with hash %016llx, not %016llx\n", patch, func->name,
	       identity->hash, hash);
	return -ENOEXEC;
}
