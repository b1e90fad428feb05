/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_PARK_H
#define _KLP_PARK_H

#include <linux/types.h>

void klp_park_begin(unsigned long limit);
void klp_park_here(void);
void klp_park_release(void);
u64 klp_park_longest_ns(void);
void klp_park_reset(void);
void klp_park_init(void);

#endif /* _KLP_PARK_H */
