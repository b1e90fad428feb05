/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_STATE_H
#define _KLP_STATE_H

#include <linux/types.h>

struct klp_patch;

bool klp_state_compatible(struct klp_patch *old, struct klp_patch *new);

#endif /* _KLP_STATE_H */
