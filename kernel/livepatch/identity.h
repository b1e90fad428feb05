/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_IDENTITY_H
#define _KLP_IDENTITY_H

struct klp_live_func;
struct klp_live_object;
struct module;

/* From the linker script: the notes of vmlinux */
extern const void __start_notes, __stop_notes;

int klp_identity_check_object(const struct klp_live_object *object,
			      const struct module *mod);
int klp_identity_check_func(const struct klp_live_func *func);

#endif /* _KLP_IDENTITY_H */
