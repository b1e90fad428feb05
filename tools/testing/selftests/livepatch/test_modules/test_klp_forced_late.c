// SPDX-License-Identifier: GPL-2.0
/* The same patch by another name, for a test that lets it stay if it fails */
#include "test_klp_sleeper.c"
