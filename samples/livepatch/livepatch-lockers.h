/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What livepatch-lockers.c and its patches agree on. The author of a patch for
 * a module without such a header copies the definitions from its source: they
 * must be those that the module was compiled with.
 */
#ifndef _LIVEPATCH_LOCKERS_H
#define _LIVEPATCH_LOCKERS_H

#include <linux/list.h>

#define LOCKER_TEXT	32

/**
 * struct locker - one locker in use
 * @list:	Protected by a mutex, as everything here.
 * @number:	On its door.
 * @pin:	Who knows it may take what is in there.
 * @thing:	What is in there.
 */
struct locker {
	struct list_head	list;
	unsigned int		number;
	unsigned int		pin;
	char			thing[LOCKER_TEXT];
};

/* Shadow variables that patches attach to lockers, see livepatch-tries-*.c */
#define LOCKER_WRONG	0x10c4e401	/* unsigned int: wrong PINs in a row */
#define LOCKER_UNTIL	0x10c4e402	/* unsigned long: blocked, in jiffies */

/* The state that says who takes care of them */
#define LOCKERS_STATE	0x10c4e4

#endif /* _LIVEPATCH_LOCKERS_H */
