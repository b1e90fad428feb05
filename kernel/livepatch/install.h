/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_INSTALL_H
#define _KLP_INSTALL_H

struct klp_live_object;
struct klp_live_patch;

int klp_install_object(struct klp_live_object *object);
int klp_install_patch(struct klp_live_patch *live, struct klp_live_object **culprit);
void klp_install_undo_object(struct klp_live_object *object);
void klp_install_undo(struct klp_live_patch *live);

#endif /* _KLP_INSTALL_H */
