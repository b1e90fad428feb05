/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: what is known about sections with a meaning of their own.
 */
#ifndef KLP_BUILD_SPECIAL_H
#define KLP_BUILD_SPECIAL_H

#include "util.h"

enum special_kind {
	/* An entry goes with the function that its first relocation leads to. */
	SPECIAL_ENTRY,
	/* Code or data that entries or functions lead to; it begins where they lead. */
	SPECIAL_PART,
	/* A datum with a name, which the kernel also finds by going through the section. */
	SPECIAL_LISTED,
	/* Neither compared nor taken, for a reason. */
	SPECIAL_IGNORED,
	/* Collected for all of vmlinux or the module: must not change. */
	SPECIAL_COLLECTED,
};

/**
 * struct special - a section with a meaning of its own
 * @name:	Its name; with a star at the end, the beginning of its name.
 * @kind:	What to do with it.
 * @size:	The size of an entry; 0 if an entry is just one relocation.
 * @mask_at:	Where bytes are in an entry that differ without effect,
 * @mask:	and the bits of the 32 there that differ so.
 * @why:	Why it is handled like this; for SPECIAL_COLLECTED, what a change means.
 */
struct special {
	const char		*name;
	enum special_kind	kind;
	unsigned int		size;
	unsigned int		mask_at;
	uint32_t		mask;
	const char		*why;
};

const struct special *special_find(const char *section);

#endif
