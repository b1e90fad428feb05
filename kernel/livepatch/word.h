/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_WORD_H
#define _KLP_WORD_H

#include <linux/types.h>

/* What the compiler appends to the name of a function's unlikely part */
#define KLP_COLD_SUFFIX ".cold"

/**
 * struct klp_word - a word somewhere in a string
 * @start:	Its first character.
 * @len:	Its length. It need not be followed by a NUL.
 */
struct klp_word {
	const char	*start;
	int		len;
};

struct klp_word klp_word(const char *string);
int klp_word_cmp(const struct klp_word *a, const struct klp_word *b);
u32 klp_word_hash(const struct klp_word *word);
bool klp_word_cold(struct klp_word *word);

#endif /* _KLP_WORD_H */
