/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TIMEOUT_H
#define _KLP_TIMEOUT_H

#include <linux/types.h>

struct klp_live_patch;

void klp_timeout_begin(struct klp_live_patch *live, bool patching);
void klp_timeout_start(struct klp_live_patch *live, bool patching);
void klp_timeout_stop(void);
int klp_timeout_set(struct klp_live_patch *live, unsigned int timeout_ms);
void klp_timeout_init(void);

#endif /* _KLP_TIMEOUT_H */
