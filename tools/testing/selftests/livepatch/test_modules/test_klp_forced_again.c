// SPDX-License-Identifier: GPL-2.0
/* test_klp_sleeper by another name, for a test after which it stays for good */
#include "test_klp_sleeper.c"
