/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_CONVERGE_H
#define _KLP_CONVERGE_H

#include <linux/types.h>

void klp_converge_start(void);
void klp_converge_force(void);
bool klp_converge_done(bool retry);
bool klp_converge_end(bool patching);
bool klp_converge_slow(void);
void klp_converge_init(void);

#endif /* _KLP_CONVERGE_H */
