/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SITE_H
#define _KLP_SITE_H

#include <linux/list.h>

struct klp_live;

extern struct list_head klp_site_list;

/* klp_mutex held */
#define klp_for_each_site(site) \
	list_for_each_entry(site, &klp_site_list, list)

int klp_sites_install(struct klp_live *live);
void klp_sites_uninstall(struct klp_live *live);
void klp_sites_sweep(void);
int klp_sites_init(void);

#endif /* _KLP_SITE_H */
