/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_CHECK_H
#define _KLP_CHECK_H

struct klp_patch;

int klp_check_patch(struct klp_patch *patch);

#endif /* _KLP_CHECK_H */
