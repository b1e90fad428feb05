/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SITE_H
#define _KLP_SITE_H

struct klp_live;

int klp_sites_install(struct klp_live *live);
void klp_sites_uninstall(struct klp_live *live);
int klp_sites_init(void);

#endif /* _KLP_SITE_H */
