// SPDX-License-Identifier: GPL-2.0
/* test_klp_reloc by another name, for a second patch of the same module */
#include "test_klp_reloc.c"
