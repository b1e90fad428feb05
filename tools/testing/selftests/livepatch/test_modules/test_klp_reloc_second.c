// SPDX-License-Identifier: GPL-2.0
/* The same patch by another name, for a second patch of the same module */
#include "test_klp_reloc.c"
