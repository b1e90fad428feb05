// SPDX-License-Identifier: GPL-2.0
/* The second version of a cumulative live patch: see livepatch-interval.h. */
#define INTERVAL_VERSION 2
#include "livepatch-interval.h"
