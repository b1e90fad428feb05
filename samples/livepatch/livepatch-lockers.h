/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What livepatch-lockers.c and its patches agree on. If a module has no such
 * header, the author of a patch copies the definitions from the module's
 * source. They must be those that the module was compiled with.
 */
#ifndef _LIVEPATCH_LOCKERS_H
#define _LIVEPATCH_LOCKERS_H

#include <linux/list.h>

#define LOCKER_TEXT	32

/**
 * struct locker - one locker in use
 * @list:	In the list of lockers that are in use.
 * @number:	Number on the door.
 * @pin:	Opens the locker.
 * @thing:	Content of the locker.
 *
 * All members are protected by the mutex of livepatch-lockers.c.
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

/* A patch with this state takes care of these variables. */
#define LOCKERS_STATE	0x10c4e4

#endif /* _LIVEPATCH_LOCKERS_H */
