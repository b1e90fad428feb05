/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SYSFS_H
#define _KLP_SYSFS_H

#include <linux/types.h>

struct klp_live_func;
struct klp_live_patch;
struct klp_live_object;
struct seq_file;

/**
 * struct klp_sysfs_ops - what the attributes of a patch do
 * @set_enabled:	Enable or disable the patch.
 * @force:		Force the patch's transition.
 * @calls:		Write how often the patch's functions were called.
 * @effect:		Write whether the replacement of a function is in effect.
 * @pending:		Get the number of tasks that have not switched.
 * @set_timeout:	Limit the time that enabling the patch may take, in milliseconds.
 * @stack_order:	Get the patch's place among installed ones, from 1.
 *
 * All are called without locks, and all but @pending may sleep. @set_enabled, @force
 * and @set_timeout return 0 or an errno for the writer. Through these calls sysfs.c
 * reaches higher layers.
 */
struct klp_sysfs_ops {
	int (*set_enabled)(struct klp_live_patch *live, bool enabled);
	int (*force)(struct klp_live_patch *live);
	void (*calls)(struct seq_file *m, const struct klp_live_patch *live);
	void (*effect)(struct seq_file *m, const struct klp_live_func *func);
	unsigned int (*pending)(const struct klp_live_patch *live);
	int (*set_timeout)(struct klp_live_patch *live, unsigned int timeout_ms);
	unsigned int (*stack_order)(struct klp_live_patch *live);
};

int klp_sysfs_init(const struct klp_sysfs_ops *ops);
void klp_sysfs_exit(void);
void klp_sysfs_init_patch(struct klp_live_patch *live);
void klp_sysfs_init_object(struct klp_live_object *object);
int klp_sysfs_add_patch(struct klp_live_patch *live);
void klp_sysfs_remove_objects(struct klp_live_patch *live);
void klp_sysfs_remove_patch(struct klp_live_patch *live);

#endif /* _KLP_SYSFS_H */
