/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_REDIRECT_H
#define _KLP_REDIRECT_H

#include <linux/ftrace.h>
#include <linux/types.h>

#include <asm/livepatch.h>

struct dentry;
struct klp_table;

extern struct klp_table __rcu *klp_redirect_table;
extern unsigned long klp_redirect_handler_start;
extern unsigned long klp_redirect_handler_end;

/**
 * struct klp_redirect_fault - why ftrace has refused to call the handler
 * @index:	The function because of which, by its place in the list.
 * @error:	The error of ftrace for that function alone.
 * @registering: Registration failed, as it does if another user redirects the
 *		function, and not setting the filter.
 * @stuck:	How many of the list, from the first one on, could not be taken out
 *		of the filter again for want of memory.
 */
struct klp_redirect_fault {
	unsigned int	index;
	int		error;
	bool		registering;
	unsigned int	stuck;
};

unsigned long klp_redirect_location(unsigned long addr, unsigned long size);
int klp_redirect_add(unsigned long *ips, unsigned int nr,
		     struct klp_redirect_fault *fault);
int klp_redirect_del(unsigned long *ips, unsigned int nr, bool last);
bool klp_redirect_active(void);
void klp_redirect_publish(struct klp_table *table);
int klp_redirect_init(ftrace_func_t handler, struct dentry *dir);

/**
 * klp_redirect_key - what a call into ftrace is found by in the table
 * @ip: its ftrace location
 *
 * It is the return address that ftrace's trampoline has on the stack, so that the
 * unwinder finds it too.
 *
 * Return: the key of its entry.
 */
static __always_inline unsigned long klp_redirect_key(unsigned long ip)
{
	return ip + MCOUNT_INSN_SIZE;
}

/**
 * klp_redirect_contains - is an address in the code that redirects calls?
 * @addr: the address
 *
 * That is the architecture's trampoline, and the handler that ftrace calls. A task
 * in one of them has perhaps read its universe, and not yet the target.
 *
 * Return: true if it is.
 */
static inline bool klp_redirect_contains(unsigned long addr)
{
#ifdef CONFIG_LIVEPATCH_TRAMPOLINE
	if (addr >= (unsigned long)klp_trampoline &&
	    addr < (unsigned long)klp_trampoline_end)
		return true;
#endif
	return addr >= klp_redirect_handler_start && addr <= klp_redirect_handler_end;
}

#endif /* _KLP_REDIRECT_H */
