/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SYSFS_H
#define _KLP_SYSFS_H

#include <linux/types.h>

struct klp_live_patch;
struct klp_live_object;

/**
 * struct klp_sysfs_ops - what writing to an attribute does
 * @set_enabled:	Enable or disable the patch.
 * @force:		End the patch's transition.
 * @stack_order:	Position of the patch, from 1, among those installed.
 *
 * All are called without locks and may sleep. The first two return 0 or an errno
 * for the writer. They are how this layer reaches those above it.
 */
struct klp_sysfs_ops {
	int (*set_enabled)(struct klp_live_patch *live, bool enabled);
	int (*force)(struct klp_live_patch *live);
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
