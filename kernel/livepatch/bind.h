/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_BIND_H
#define _KLP_BIND_H

struct klp_live_object;
struct klp_live_patch;
struct module;

struct module *klp_bind_find(const struct klp_live_object *object);
int klp_bind_object(struct klp_live_object *object, struct module *mod);
void klp_bind_release(struct klp_live_object *object);
int klp_bind_modules(struct klp_live_patch *live);
void klp_bind_release_modules(struct klp_live_patch *live);

#endif /* _KLP_BIND_H */
