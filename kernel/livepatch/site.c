// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: sites, the patched functions with their live funcs.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "klp.h"
#include "redirect.h"
#include "site.h"
#include "table.h"

static const struct rhashtable_params klp_site_params = {
	.key_len	= sizeof_field(struct klp_site, addr),
	.key_offset	= offsetof(struct klp_site, addr),
	.head_offset	= offsetof(struct klp_site, node),
	.automatic_shrinking = true,
};

/* All sites, by address and in a list. Protected by klp_mutex. */
static struct rhashtable klp_sites;
LIST_HEAD(klp_site_list);
static unsigned int klp_nr_sites;

/* Number of sites without live funcs, which are to be removed */
static unsigned int klp_nr_idle;

/* Grows with each change of the sites and of the live funcs on them. Under klp_mutex. */
unsigned long klp_site_changes;

/*
 * Build a redirect table of all sites, with the targets that they have. ERR_PTR(-ENOSPC)
 * if it has too little room behind its slots.
 */
static struct klp_table *klp_site_make_table(unsigned int nr, unsigned int spill)
{
	struct klp_table *table = klp_table_alloc(nr, spill);
	struct klp_entry *entry;
	struct klp_site *site;

	if (!table)
		return ERR_PTR(-ENOMEM);

	klp_for_each_site(site) {
		entry = klp_table_insert(table, klp_redirect_key(klp_site_ip(site)));
		if (!entry) {
			klp_table_free(table);
			return ERR_PTR(-ENOSPC);
		}
		if (site->entry) {
			entry->target[0] = site->entry->target[0];
			entry->target[1] = site->entry->target[1];
		}
	}
	return table;
}

/**
 * klp_site_publish - build and publish a redirect table of all sites
 *
 * The sites keep the targets that they have. The old table is freed when no task
 * can be reading it.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0 or -ENOMEM.
 */
int klp_site_publish(void)
{
	struct klp_table *table;
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	table = klp_site_make_table(klp_nr_sites, KLP_TABLE_SPILL);
	/* The last one has room for any functions. */
	if (table == ERR_PTR(-ENOSPC))
		table = klp_site_make_table(klp_nr_sites, klp_nr_sites);
	if (IS_ERR(table))
		return PTR_ERR(table);

	klp_for_each_site(site)
		site->entry = klp_table_find(table, klp_redirect_key(klp_site_ip(site)));
	klp_redirect_publish(table);
	return 0;
}

static struct klp_site *klp_site_create(const struct klp_live_func *func)
{
	struct klp_site *site;
	unsigned long ip;
	int ret;

	site = kzalloc(sizeof(*site), GFP_KERNEL);
	if (!site)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&site->funcs);
	site->addr = func->old_addr;
	site->size = func->old_size;
	ip = klp_redirect_location(site->addr, site->size);
	site->location = ip - site->addr;
	if (!ip) {
		pr_err("failed to find location for function '%s'\n",
		       func->name);
		ret = -EINVAL;
		goto err;
	}
	ret = rhashtable_insert_fast(&klp_sites, &site->node, klp_site_params);
	if (ret)
		goto err;
	list_add_tail(&site->list, &klp_site_list);
	klp_site_changes++;
	klp_nr_sites++;
	klp_nr_idle++;
	return site;

err:
	kfree(site);
	return ERR_PTR(ret);
}

static void klp_site_destroy(struct klp_site *site)
{
	rhashtable_remove_fast(&klp_sites, &site->node, klp_site_params);
	list_del(&site->list);
	klp_site_changes++;
	klp_nr_sites--;
	klp_nr_idle--;
	kfree(site);
}

/**
 * klp_site_unlink - take a live func off its site
 * @func: the live func, which no task calls any more
 *
 * A site without live funcs stays until klp_site_sweep().
 *
 * Context: Process; klp_mutex held.
 */
void klp_site_unlink(struct klp_live_func *func)
{
	struct klp_site *site = func->site;

	lockdep_assert_held(&klp_mutex);

	list_del_init(&func->node);
	func->site = NULL;
	klp_site_changes++;
	if (!list_empty(&site->funcs))
		return;
	klp_nr_idle++;
	/*
	 * At the end of a transition both targets are the original already. But a
	 * target module may be unloaded while its functions are patched, and the
	 * table may stay longer than the module: no target may lead to a
	 * replacement.
	 */
	if (site->entry)
		klp_entry_reset(site->entry);
}

/**
 * klp_site_link - put a live func on top of its site
 * @func: the live func, its object bound
 * @new: set to whether this has made the site
 *
 * A function may have several names, and the patch a live func for each name. These
 * are put on top of each other, in the author's order: the last one is in force.
 * All of them are affected code while the patch is in transition, because the patch
 * may call the covered ones itself.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, -EINVAL if ftrace does not know the function, -ENOMEM.
 */
int klp_site_link(struct klp_live_func *func, bool *new)
{
	struct klp_live_patch *live;
	struct klp_live_func *top;
	struct klp_site *site;

	lockdep_assert_held(&klp_mutex);

	site = rhashtable_lookup_fast(&klp_sites, &func->old_addr,
				      klp_site_params);
	*new = !site;
	if (*new) {
		site = klp_site_create(func);
		if (IS_ERR(site))
			return PTR_ERR(site);
	}

	top = list_first_entry_or_null(&site->funcs, struct klp_live_func,
				       node);
	live = klp_live_func_object(func)->patch;
	if (top && klp_live_func_object(top)->patch == live && top->addr != func->addr)
		pr_debug("'%s': '%s' and '%s' are one function, and the replacement of '%s' is used\n",
			 live->mod->name, top->name, func->name, func->name);

	func->site = site;
	klp_site_changes++;
	klp_nr_idle -= list_empty(&site->funcs);
	list_add(&func->node, &site->funcs);
	return 0;
}

/* Take the sites without live funcs out of the filter, in one pass. */
static int klp_sites_leave_filter(unsigned int max)
{
	bool last = max == klp_nr_sites;
	struct klp_site *site;
	unsigned int nr = 0;
	unsigned long *ips;
	int ret;

	ips = kvcalloc(max, sizeof(*ips), GFP_KERNEL);
	if (!ips && !last)
		return -ENOMEM;

	klp_for_each_site(site)
		if (ips && list_empty(&site->funcs) && site->in_filter)
			ips[nr++] = klp_site_ip(site);

	/* No list is needed if these are all sites. */
	ret = nr || (last && klp_redirect_active()) ?
		klp_redirect_del(ips, nr, last) : 0;
	kvfree(ips);
	return ret;
}

/**
 * klp_site_sweep - remove the sites that have no live func
 *
 * One pass of ftrace, however many sites there are.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, -ENOMEM or another error of ftrace. On error the sites stay until the
 * next sweep, which is harmless unless their module is unloaded.
 */
int klp_site_sweep(void)
{
	struct klp_site *site, *next;
	int ret;

	lockdep_assert_held(&klp_mutex);

	if (!klp_nr_idle)
		return 0;

	ret = klp_sites_leave_filter(klp_nr_idle);
	list_for_each_entry_safe(site, next, &klp_site_list, list) {
		/*
		 * Without memory the site stays in the filter, and costs its callers
		 * a few instructions until the next sweep.
		 */
		if (list_empty(&site->funcs) && (!ret || !site->in_filter))
			klp_site_destroy(site);
	}
	if (!klp_nr_sites)
		klp_redirect_publish(NULL);
	return ret;
}

/**
 * klp_site_evict - remove the sites that have no live func; wait for memory
 *
 * For a module that is being unloaded: its locations must not stay in the filter.
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_site_evict(void)
{
	int ret;

	do {
		ret = klp_site_sweep();
		if (ret == -ENOMEM)
			schedule_timeout_uninterruptible(1);
	} while (ret == -ENOMEM);
	/* ftrace has disabled itself after an error, and calls no handler any more. */
	WARN_ONCE(ret, "patched functions of a module stay behind (%d)\n", ret);
}

/**
 * klp_site_init - initialise the table of sites
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_site_init(void)
{
	return rhashtable_init(&klp_sites, &klp_site_params);
}

/**
 * klp_site_exit - undo klp_site_init()
 */
void __init klp_site_exit(void)
{
	rhashtable_destroy(&klp_sites);
}
