/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_ENABLE_H
#define _KLP_ENABLE_H

void klp_enable_init(void);

#endif /* _KLP_ENABLE_H */
