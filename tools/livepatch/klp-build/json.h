/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KLP_BUILD_JSON_H
#define KLP_BUILD_JSON_H

#include "build.h"

void json_print(const struct build *build, enum status status, const struct ptrs *messages);

#endif
