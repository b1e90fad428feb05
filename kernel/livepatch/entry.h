/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_ENTRY_H
#define _KLP_ENTRY_H

struct ftrace_ops;
struct ftrace_regs;

unsigned long klp_entry_peek(unsigned long ip);
void klp_entry_handler(unsigned long ip, unsigned long parent_ip,
		       struct ftrace_ops *ops, struct ftrace_regs *fregs);

#endif /* _KLP_ENTRY_H */
