// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: the consistency model that a patch asks for.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/array_size.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "klp.h"
#include "model.h"
#include "model_immediate.h"
#include "model_system.h"
#include "model_system_frozen.h"
#include "model_task.h"
#include "model_task_exit.h"

static const struct klp_model * const klp_models[] = {
	[KLP_CONSISTENCY_TASK]		= &klp_model_task,
	[KLP_CONSISTENCY_IMMEDIATE]	= &klp_model_immediate,
	[KLP_CONSISTENCY_TASK_EXIT]	= &klp_model_task_exit,
	[KLP_CONSISTENCY_SYSTEM]	= &klp_model_system,
	[KLP_CONSISTENCY_SYSTEM_FROZEN]	= &klp_model_system_frozen,
};

/**
 * klp_model_find - find the consistency model that a patch asks for
 * @patch: the author's patch
 *
 * Logs one line if the patch asks for something that does not exist, or for two
 * things at a time.
 *
 * Context: Any.
 * Return: the model, or ERR_PTR: -EINVAL; -EOPNOTSUPP if this kernel does not have the
 * model: with PREEMPT_RT a task may be off its CPU while it changes a list of tasks.
 */
const struct klp_model *klp_model_find(const struct klp_patch *patch)
{
	const struct klp_model *model = NULL;

	if ((unsigned int)patch->consistency < ARRAY_SIZE(klp_models))
		model = klp_models[patch->consistency];
	if (!model) {
		pr_err("patch '%s' asks for consistency %u, which does not exist\n",
		       patch->mod->name, patch->consistency);
		return ERR_PTR(-EINVAL);
	}
	if (model->waits && IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pr_err("patch '%s' asks for consistency '%s', which a kernel with PREEMPT_RT does not have\n",
		       patch->mod->name, model->name);
		return ERR_PTR(-EOPNOTSUPP);
	}
	if (!patch->immediate)
		return model;
	/* The default may have been asked for, or nothing: no contradiction. */
	if (model != &klp_model_task && model != &klp_model_immediate) {
		pr_err("patch '%s' is immediate, and asks for consistency '%s'\n",
		       patch->mod->name, model->name);
		return ERR_PTR(-EINVAL);
	}
	return &klp_model_immediate;
}
