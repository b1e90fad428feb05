// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: wiring the layers together.
 */
#include <linux/init.h>

#include "blocked.h"
#include "entry.h"
#include "patch.h"
#include "reap.h"
#include "redirect.h"
#include "report.h"
#include "retire.h"
#include "shadow.h"
#include "site.h"
#include "sysfs.h"
#include "transition.h"

static const struct klp_sysfs_ops klp_sysfs_ops = {
	.set_enabled	= klp_patch_set_enabled,
	.force		= klp_patch_force,
	.stack_order	= klp_patch_stack_order,
};

static int __init klp_init(void)
{
	struct dentry *dir = klp_report_init();
	int ret;

	ret = klp_redirect_init(klp_entry_handler, dir);
	if (!ret)
		ret = klp_reap_init();
	if (!ret)
		ret = klp_retire_init();
	if (!ret)
		ret = klp_shadow_init();
	if (!ret)
		ret = klp_site_init();
	if (!ret)
		ret = klp_transition_init(klp_patch_completed);
	if (!ret)
		ret = klp_sysfs_init(&klp_sysfs_ops);
	if (ret)
		return ret;

	klp_blocked_init(dir);
	klp_patch_init();
	return 0;
}
device_initcall(klp_init);
