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
 * @error:	The error of ftrace for that function, or for the shortest list that
 *		was tried.
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
bool klp_redirect_owns(const struct ftrace_ops *ops);
void klp_redirect_publish(struct klp_table *table);
int klp_redirect_init(ftrace_func_t handler, struct dentry *dir);

/**
 * klp_redirect_key - get the key that a call into ftrace has in the table
 * @ip: the ftrace location
 *
 * The key is the call's return address. The unwinder finds it on the stack, too.
 *
 * Context: Any.
 * Return: the key.
 */
static __always_inline unsigned long klp_redirect_key(unsigned long ip)
{
	return ip + MCOUNT_INSN_SIZE;
}

/**
 * klp_redirect_contains - tell whether an address is in code that redirects calls
 * @addr: the address
 *
 * The code is the architecture's trampoline, and the handler that ftrace calls. A
 * task there may have read its universe, and not yet the target.
 *
 * Context: Any.
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
