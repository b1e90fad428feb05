/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: the verbs.
 */
#ifndef _KLP_VERBS_H
#define _KLP_VERBS_H

#include <stddef.h>

#include "klp.h"

/**
 * struct verbs_one - a verb
 * @name:	Its name.
 * @run:	What it does.
 * @args:	What follows it.
 * @does:	A line about it.
 * @help:	More lines, each with a newline.
 */
struct verbs_one {
	const char	*name;
	int		(*run)(int argc, char **argv);
	const char	*args;
	const char	*does;
	const char	*help;
};

const struct verbs_one *verbs_find(const char *name);
void verbs_usage(void);
int verbs_help(const char *name);

#endif /* _KLP_VERBS_H */
