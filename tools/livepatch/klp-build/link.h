/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KLP_BUILD_LINK_H
#define KLP_BUILD_LINK_H

#include "elf.h"

enum status link_add_biases(struct object *object, struct section *section);
enum status link_pieces(struct pool *pool, struct object *object);

#endif
