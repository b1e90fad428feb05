// SPDX-License-Identifier: GPL-2.0
/* The first version of a cumulative live patch: see livepatch-interval.h. */
#define INTERVAL_VERSION 1
#include "livepatch-interval.h"
