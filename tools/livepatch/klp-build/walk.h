/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KLP_BUILD_WALK_H
#define KLP_BUILD_WALK_H

#include "image.h"

/* A piece, and where it must be if all else matches */
struct bound {
	struct piece	*piece;
	uint64_t	loc;
};

bool walk_data(struct match *match, struct piece *piece, uint64_t loc, struct ptrs *bounds);
bool walk_code(struct match *match, struct piece *piece, uint64_t loc, uint64_t size,
	       struct ptrs *bounds, unsigned int depth);

/* Where the relocation of a piece leads in the image */
bool walk_reloc(struct match *match, struct piece *piece, const struct reloc *reloc, uint64_t loc,
		struct ptrs *bounds);

/* verify.c */
bool verify_goal(struct verify *verify, const struct reloc *reloc, const struct goal *goal,
		 struct ptrs *bounds);

#endif
