/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: events from the kernel.
 */
#ifndef _KLP_UEVENT_H
#define _KLP_UEVENT_H

#include <limits.h>

#include "klp.h"

/**
 * struct uevent - an event about a patch
 * @patch:		The patch.
 * @event:		What has happened: "added", "removed", or the kernel's LIVEPATCH_EVENT.
 * @direction:		"patching", "unpatching", or "" if the kernel has not said it.
 * @duration_ms:	How long the transition has taken, or -1.
 */
struct uevent {
	char		patch[NAME_MAX + 1];
	char		event[32];
	char		direction[32];
	long long	duration_ms;
};

/**
 * enum uevent_got - what uevent_read() has got
 * @UEVENT_NONE:	Nothing of interest.
 * @UEVENT_SOME:	An event about a patch.
 * @UEVENT_LOST:	Events came faster than they were read; some are lost.
 * @UEVENT_ERROR:	An error, which was reported.
 */
enum uevent_got {
	UEVENT_NONE,
	UEVENT_SOME,
	UEVENT_LOST,
	UEVENT_ERROR,
};

int uevent_open(void);
bool uevent_kernel_sends(void);
enum uevent_got uevent_read(int fd, struct uevent *event);

#endif /* _KLP_UEVENT_H */
