/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_REDIRECT_H
#define _KLP_REDIRECT_H

#include <linux/types.h>

#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
#include <asm/livepatch.h>
#endif

struct dentry;
struct klp_table;

extern struct klp_table __rcu *klp_table;

unsigned long klp_redirect_location(unsigned long addr, unsigned long size);
unsigned long klp_redirect_key(unsigned long ip);
int klp_redirect_add(unsigned long *ips, unsigned int nr, bool *registering);
int klp_redirect_del(unsigned long *ips, unsigned int nr, bool last);
unsigned int klp_redirect_blame(unsigned long *ips, unsigned int nr,
				int *error, bool *registering,
				unsigned int *stuck);
bool klp_redirect_active(void);
void klp_redirect_publish(struct klp_table *table);
void klp_redirect_init(struct dentry *dir);

/**
 * klp_in_trampoline - is an address in the architecture's trampoline?
 * @addr: the address
 *
 * Return: true if it is.
 */
static inline bool klp_in_trampoline(unsigned long addr)
{
#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
	return addr >= (unsigned long)klp_trampoline &&
	       addr < (unsigned long)klp_trampoline_end;
#else
	return false;
#endif
}

#endif /* _KLP_REDIRECT_H */
