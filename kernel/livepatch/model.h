/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_MODEL_H
#define _KLP_MODEL_H

struct klp_model;
struct klp_patch;

const struct klp_model *klp_model_find(const struct klp_patch *patch);

#endif /* _KLP_MODEL_H */
