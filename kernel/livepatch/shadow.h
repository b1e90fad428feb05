/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SHADOW_H
#define _KLP_SHADOW_H

int klp_shadow_init(void);

#endif /* _KLP_SHADOW_H */
