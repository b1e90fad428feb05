/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_FIND_H
#define _KLP_FIND_H

#include <linux/types.h>

#include "lookup.h"

int klp_find_symbols(struct klp_lookup *lookup, bool cold);

#endif /* _KLP_FIND_H */
