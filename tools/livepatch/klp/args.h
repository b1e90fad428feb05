/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: the command line.
 */
#ifndef _KLP_ARGS_H
#define _KLP_ARGS_H

#include <getopt.h>

#include "klp.h"

int args_next(int argc, char **argv, const struct option *longs, int *status);
int args_one(int argc, char **argv, const char *what, const char **arg);
int args_at_most_one(int argc, char **argv, const char **arg);
int args_time(const char *option, long long *ms, int *status);

#endif /* _KLP_ARGS_H */
