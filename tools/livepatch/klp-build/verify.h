/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp-build: verifying a patch module.
 */
#ifndef KLP_BUILD_VERIFY_H
#define KLP_BUILD_VERIFY_H

#include "build.h"

/* What the module's tables say */
struct listed {
	const char	*object;
	const char	*name;
	uint64_t	position;
	uint64_t	loc;
	bool		seen;
};

struct verify {
	struct build	*build;
	struct image	*module;
	struct unit	*unit;		/* of what is being compared */
	struct ptrs	listed;
	struct ptrs	jobs;
};

/* tables.c */
enum status tables_read(struct verify *verify);
struct symbol *tables_symbol(const struct image *image, uint64_t loc, const char *prefix,
			     unsigned int type);

#endif
