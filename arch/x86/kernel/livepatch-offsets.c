// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the layout of the redirect table for livepatch_64.S. Compiled
 * only to assembly, from which kbuild makes livepatch-offsets.h.
 */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>
#include <linux/stddef.h>

#include "../../../kernel/livepatch/table.h"

static void __used livepatch_offsets(void)
{
	DEFINE(KLP_TABLE_HASH, KLP_TABLE_HASH);
	DEFINE(KLP_TABLE_HASH_SHIFT, KLP_TABLE_HASH_SHIFT);
	OFFSET(KLP_TABLE_mask, klp_table, mask);
	OFFSET(KLP_TABLE_entry, klp_table, entry);
	BLANK();
	OFFSET(KLP_ENTRY_key, klp_entry, key);
	OFFSET(KLP_ENTRY_target, klp_entry, target);
	DEFINE(KLP_ENTRY_size, sizeof(struct klp_entry));
}
