// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what all layers share.
 */
#include <linux/cache.h>
#include <linux/workqueue.h>

#include "klp.h"

/* See klp.h for the locks that are taken inside. */
DEFINE_MUTEX(klp_mutex);

LIST_HEAD(klp_live_patches);

struct workqueue_struct *klp_wq __ro_after_init;
struct work_struct klp_switched_work;
struct delayed_work klp_retry_work;
