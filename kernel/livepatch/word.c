// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: words, which are names of objects and of symbols. Words inside
 * the names of ELF sections and symbols do not end with a NUL.
 */
#include <linux/jhash.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "word.h"

/**
 * klp_word - make a word of a whole string
 * @string: the string, which has to outlive the word
 *
 * Return: the word.
 */
struct klp_word klp_word(const char *string)
{
	return (struct klp_word) { .start = string, .len = strlen(string) };
}

/**
 * klp_word_cmp - compare two words
 * @a: one
 * @b: the other one
 *
 * Return: less than, equal to or greater than 0, as @a is before, equal to or
 * after @b in some order.
 */
int klp_word_cmp(const struct klp_word *a, const struct klp_word *b)
{
	if (a->start == b->start && a->len == b->len)
		return 0;
	return memcmp(a->start, b->start, min(a->len, b->len)) ?:
	       a->len - b->len;
}

/**
 * klp_word_hash - hash a word
 * @word: the word
 *
 * Return: the hash.
 */
u32 klp_word_hash(const struct klp_word *word)
{
	return jhash(word->start, word->len, 0);
}

/**
 * klp_word_cold - strip the suffix of an out-of-line part from a name
 * @word: the name
 *
 * Return: true if @word had the suffix, and is the function's name now.
 */
bool klp_word_cold(struct klp_word *word)
{
	const int suffix = strlen(KLP_COLD_SUFFIX);

	if (word->len <= suffix ||
	    memcmp(word->start + word->len - suffix, KLP_COLD_SUFFIX, suffix))
		return false;
	word->len -= suffix;
	return true;
}
