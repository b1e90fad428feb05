// SPDX-License-Identifier: GPL-2.0
/* test_klp_sleeper by another name, for a test that pins it by failing */
#include "test_klp_sleeper.c"
