/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klp: why the kernel has refused a patch.
 */
#ifndef _KLP_KMSG_H
#define _KLP_KMSG_H

#include <stddef.h>

int kmsg_open(void);
const char *kmsg_cause(int fd, const char *patch, char *buf, size_t size);

#endif /* _KLP_KMSG_H */
