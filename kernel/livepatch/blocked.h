/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_BLOCKED_H
#define _KLP_BLOCKED_H

struct dentry;
struct seq_buf;

void klp_blocked_name(struct seq_buf *buf);
void klp_blocked_init(struct dentry *dir);

#endif /* _KLP_BLOCKED_H */
