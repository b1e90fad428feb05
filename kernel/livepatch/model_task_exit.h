/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_MODEL_TASK_EXIT_H
#define _KLP_MODEL_TASK_EXIT_H

struct klp_model;

extern const struct klp_model klp_model_task_exit;

#endif /* _KLP_MODEL_TASK_EXIT_H */
