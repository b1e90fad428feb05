/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SITE_H
#define _KLP_SITE_H

#include <linux/list.h>

struct klp_live_patch;
struct klp_live_object;

extern struct list_head klp_site_list;

/* klp_mutex held */
#define klp_for_each_site(site) \
	list_for_each_entry(site, &klp_site_list, list)

int klp_site_install_object(struct klp_live_object *object);
int klp_site_install(struct klp_live_patch *live, struct klp_live_object **culprit);
void klp_site_uninstall_object(struct klp_live_object *object);
void klp_site_uninstall(struct klp_live_patch *live);
int klp_site_sweep(void);
void klp_site_evict(void);
int klp_site_init(void);
void klp_site_exit(void);

#endif /* _KLP_SITE_H */
