// SPDX-License-Identifier: GPL-2.0
/* One of two patches that replace each other */
#include "test_klp_exit.h"
