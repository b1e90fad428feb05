/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_REDIRECT_H
#define _KLP_REDIRECT_H

#include <linux/types.h>

struct klp_table;

unsigned long klp_redirect_location(unsigned long addr);
unsigned long klp_redirect_key(unsigned long ip);
int klp_redirect_add(unsigned long *ips, unsigned int nr, bool *registering);
int klp_redirect_del(unsigned long *ips, unsigned int nr, bool last);
unsigned int klp_redirect_blame(unsigned long *ips, unsigned int nr,
				int *error, bool *registering);
bool klp_redirect_active(void);
void klp_redirect_publish(struct klp_table *table);

#endif /* _KLP_REDIRECT_H */
