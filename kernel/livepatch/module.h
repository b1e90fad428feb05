/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_MODULE_H
#define _KLP_MODULE_H

void klp_module_init(void);

#endif /* _KLP_MODULE_H */
