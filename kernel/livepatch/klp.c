// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the lock and the list that all layers share.
 */
#include "klp.h"

/* See klp.h for the locks that are taken inside. */
DEFINE_MUTEX(klp_mutex);

LIST_HEAD(klp_live_patches);
