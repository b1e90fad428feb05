/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: loading a patch module.
 */
#ifndef _KLP_INSERT_H
#define _KLP_INSERT_H

#include "module.h"

int insert_patch(const struct module_info *info, const char *params);

#endif /* _KLP_INSERT_H */
