// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: wiring the layers together.
 */
#include <linux/debugfs.h>
#include <linux/init.h>

#include "admin.h"
#include "blocked.h"
#include "calls.h"
#include "converge.h"
#include "effect.h"
#include "enable.h"
#include "entry.h"
#include "module.h"
#include "park.h"
#include "patch.h"
#include "reap.h"
#include "redirect.h"
#include "report.h"
#include "retire.h"
#include "shadow.h"
#include "site.h"
#include "stack.h"
#include "sysfs.h"
#include "timeout.h"
#include "wait.h"

static const struct klp_sysfs_ops klp_sysfs_ops = {
	.set_enabled	= klp_admin_set_enabled,
	.force		= klp_admin_force,
	.calls		= klp_calls_show,
	.effect		= klp_effect_show,
	.pending	= klp_admin_pending,
	.set_timeout	= klp_timeout_set,
	.stack_order	= klp_admin_stack_order,
};

static int __init klp_init(void)
{
	struct dentry *dir;
	int ret;

	/* Modules may use shadow variables even if patches cannot be enabled. */
	ret = klp_shadow_init();
	if (ret)
		return ret;

	dir = klp_report_init();
	ret = klp_redirect_init(klp_entry_handler, dir);
	if (ret)
		goto err_report;
	ret = klp_reap_init();
	if (ret)
		goto err_report;
	ret = klp_retire_init();
	if (ret)
		goto err_reap;
	ret = klp_site_init();
	if (ret)
		goto err_retire;
	ret = klp_sysfs_init(&klp_sysfs_ops);
	if (ret)
		goto err_site;
	ret = klp_patch_init();
	if (ret)
		goto err_sysfs;

	klp_stack_init();
	klp_park_init();
	klp_converge_init();
	klp_wait_init();
	klp_timeout_init();
	klp_module_init();
	klp_calls_init();
	klp_blocked_init(dir);
	klp_enable_init();
	return 0;

err_sysfs:
	klp_sysfs_exit();
err_site:
	klp_site_exit();
err_retire:
	klp_retire_exit();
err_reap:
	klp_reap_exit();
err_report:
	debugfs_remove(dir);
	return ret;
}
device_initcall(klp_init);
