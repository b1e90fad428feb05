// SPDX-License-Identifier: GPL-2.0
/* The same patch by another name, for the test after which it stays for good */
#include "test_klp_sleeper.c"
