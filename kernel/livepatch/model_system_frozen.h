/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_MODEL_SYSTEM_FROZEN_H
#define _KLP_MODEL_SYSTEM_FROZEN_H

struct klp_model;

extern const struct klp_model klp_model_system_frozen;

#endif /* _KLP_MODEL_SYSTEM_FROZEN_H */
