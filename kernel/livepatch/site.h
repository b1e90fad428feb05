/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_SITE_H
#define _KLP_SITE_H

#include <linux/list.h>
#include <linux/types.h>

struct klp_live_func;

extern struct list_head klp_site_list;
extern unsigned long klp_site_changes;

/* klp_mutex held */
#define klp_for_each_site(site) \
	list_for_each_entry(site, &klp_site_list, list)

int klp_site_publish(void);
int klp_site_link(struct klp_live_func *func, bool *new);
void klp_site_unlink(struct klp_live_func *func);
int klp_site_sweep(void);
void klp_site_evict(void);
int klp_site_init(void);
void klp_site_exit(void);

#endif /* _KLP_SITE_H */
