/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KLP_TARGET_H
#define _KLP_TARGET_H

struct klp_live;
struct klp_site;
struct klp_version;

struct klp_version *klp_site_top(const struct klp_site *site,
				 const struct klp_version *without);
void klp_sites_enable(struct klp_live *live, unsigned int universe);
void klp_sites_disable(struct klp_live *live, unsigned int universe);
void klp_sites_settle(struct klp_live *live, unsigned int universe);

#endif /* _KLP_TARGET_H */
