// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: counting the calls of replacements.
 *
 * Off by default, and then without any cost. While it is on, patched functions have a
 * second user of ftrace, an ordinary tracer, which looks up what the task is about to
 * run. With two users ftrace calls the handler in C instead of the architecture's
 * trampoline: calls take longer.
 *
 * The counters are found by the address of the replacement, so that counting needs no
 * memory in the records of patches while it is off.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/ftrace.h>
#include <linux/hashtable.h>
#include <linux/init.h>
#include <linux/kprobes.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "calls.h"
#include "entry.h"
#include "klp.h"
#include "site.h"

#define KLP_CALLS_BITS	10

/*
 * So many calls are counted one by one. After that, one call of KLP_CALLS_SAMPLE is
 * counted for all of them, so that CPUs do not fight for the counter.
 */
#define KLP_CALLS_EXACT		1024
#define KLP_CALLS_SAMPLE	16

/**
 * struct klp_calls - the calls of one replacement, whatever it replaces
 * @node:	In klp_calls_table.
 * @addr:	The replacement. Constant.
 * @count:	How many calls.
 * @used:	The replacement belongs to an installed patch. Under klp_mutex.
 * @rcu:	For freeing: the tracer may be looking at it.
 */
struct klp_calls {
	struct hlist_node	node;
	unsigned long		addr;
	atomic_long_t		count;
	bool			used;
	struct rcu_head		rcu;
};

/* Written under klp_mutex, read by the tracer */
static DEFINE_HASHTABLE(klp_calls_table, KLP_CALLS_BITS);

/* Chooses samples. Any value will do, also one that an interrupt has changed. */
static DEFINE_PER_CPU(u32, klp_calls_seed);

/* Protected by klp_mutex */
static bool klp_calls_on;
static bool klp_calls_registered;

/* klp_site_changes at the last update, so that unrelated modules cost nothing */
static unsigned long klp_calls_seen;

static __always_inline bool klp_calls_sampled(void)
{
	u32 seed = this_cpu_read(klp_calls_seed) * 1664525 + 1013904223;

	this_cpu_write(klp_calls_seed, seed);
	/* The upper bits are the random ones. */
	return seed < U32_MAX / KLP_CALLS_SAMPLE;
}

static notrace void klp_calls_tracer(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops,
				     struct ftrace_regs *fregs)
{
	unsigned long target = klp_entry_peek(ip);
	struct klp_calls *calls;

	hash_for_each_possible_rcu_notrace(klp_calls_table, calls, node, target) {
		if (calls->addr != target)
			continue;
		if (atomic_long_read(&calls->count) < KLP_CALLS_EXACT)
			atomic_long_inc(&calls->count);
		else if (klp_calls_sampled())
			atomic_long_add(KLP_CALLS_SAMPLE, &calls->count);
		break;
	}
}

NOKPROBE_SYMBOL(klp_calls_tracer);

/* ftrace sees to it that RCU is watching, and that the tracer does not trace itself. */
static struct ftrace_ops klp_calls_ops = {
	.func	= klp_calls_tracer,
	.flags	= FTRACE_OPS_FL_RCU,
};

static struct klp_calls *klp_calls_find(unsigned long addr)
{
	struct klp_calls *calls;

	lockdep_assert_held(&klp_mutex);

	hash_for_each_possible(klp_calls_table, calls, node, addr)
		if (calls->addr == addr)
			return calls;
	return NULL;
}

/* Have a counter for each replacement of the installed patches, if they are wanted. */
static int klp_calls_update_counters(void)
{
	struct klp_live_object *object;
	struct klp_live_patch *live;
	struct klp_live_func *func;
	struct klp_calls *calls;

	if (!klp_calls_on)
		return 0;
	klp_for_each_patch(live) {
		klp_for_each_live_object(live, object) {
			klp_for_each_live_func(object, func) {
				calls = klp_calls_find(func->addr);
				if (!calls) {
					calls = kzalloc(sizeof(*calls), GFP_KERNEL);
					if (!calls)
						return -ENOMEM;
					calls->addr = func->addr;
					hash_add_rcu(klp_calls_table, &calls->node,
						     calls->addr);
				}
				calls->used = true;
			}
		}
	}
	return 0;
}

/* Free the counters that klp_calls_update_counters() has not found in use, if @unused. */
static void klp_calls_sweep_counters(bool unused)
{
	struct klp_calls *calls;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(klp_calls_table, bucket, next, calls, node) {
		if (calls->used || !unused) {
			calls->used = false;
			continue;
		}
		hash_del_rcu(&calls->node);
		kfree_rcu(calls, rcu);
	}
}

/* Have the tracer called by all patched functions, and by no others. */
static int klp_calls_update_tracer(void)
{
	struct klp_site *site;
	unsigned long *ips;
	unsigned int nr = 0;
	int ret;

	if (klp_calls_on)
		klp_for_each_site(site)
			nr++;
	if (!nr) {
		ret = klp_calls_registered ?
		      unregister_ftrace_function(&klp_calls_ops) : 0;
		if (!ret)
			klp_calls_registered = false;
		return ret;
	}

	ips = kvcalloc(nr, sizeof(*ips), GFP_KERNEL);
	if (!ips)
		return -ENOMEM;
	nr = 0;
	klp_for_each_site(site)
		ips[nr++] = klp_site_ip(site);
	ret = ftrace_set_filter_ips(&klp_calls_ops, ips, nr, 0, 1);
	kvfree(ips);
	if (ret || klp_calls_registered)
		return ret;
	ret = register_ftrace_function(&klp_calls_ops);
	klp_calls_registered = !ret;
	return ret;
}

static int klp_calls_update(void)
{
	int ret;

	lockdep_assert_held(&klp_mutex);

	ret = klp_calls_update_counters();
	klp_calls_sweep_counters(!ret);
	if (!ret)
		ret = klp_calls_update_tracer();
	if (ret) {
		pr_warn("calls of patched functions are not counted (%d)\n", ret);
		return ret;
	}
	klp_calls_seen = klp_site_changes;
	return 0;
}

/**
 * klp_calls_refresh - count calls of what is patched now, if calls are counted
 *
 * To be called after the set of patched functions may have changed. An address that is
 * left in ftrace's filter when its module has been unloaded is harmless: no counter is
 * found for it.
 *
 * Context: Process, may sleep; klp_mutex held. If it fails, which a line of the log
 * tells, some calls are not counted.
 */
void klp_calls_refresh(void)
{
	lockdep_assert_held(&klp_mutex);

	if (klp_calls_on && klp_calls_seen != klp_site_changes)
		klp_calls_update();
}

/**
 * klp_calls_show - write what a patch's attribute "calls" shows
 * @m: the file
 * @live: the patch
 *
 * Context: Process, may sleep; takes klp_mutex.
 */
void klp_calls_show(struct seq_file *m, const struct klp_live_patch *live)
{
	const struct klp_live_object *object;
	const struct klp_live_func *func;
	const struct klp_calls *calls;

	guard(mutex)(&klp_mutex);

	/* The names belong to the module: see klp_patch_remove(). */
	if (!klp_calls_on || list_empty(&live->node))
		return;
	klp_for_each_live_object(live, object) {
		klp_for_each_live_func(object, func) {
			calls = klp_calls_find(func->addr);
			if (!calls)
				continue;
			seq_printf(m, "%s %s,%lu %ld\n", object->name, func->name,
				   max(klp_live_func_source(func)->old_sympos, 1UL),
				   atomic_long_read(&calls->count));
		}
	}
}

static int klp_calls_sysctl(const struct ctl_table *table, int write, void *buffer,
			    size_t *lenp, loff_t *ppos)
{
	bool was;
	int ret;

	guard(mutex)(&klp_mutex);

	was = klp_calls_on;
	ret = proc_dobool(table, write, buffer, lenp, ppos);
	if (ret || !write || klp_calls_on == was)
		return ret;
	ret = klp_calls_update();
	if (ret && klp_calls_on) {
		klp_calls_on = false;
		klp_calls_update();
	}
	return ret;
}

static struct ctl_table klp_calls_sysctls[] = {
	{
		.procname	= "livepatch_count_calls",
		.data		= &klp_calls_on,
		.maxlen		= sizeof(klp_calls_on),
		.mode		= 0644,
		.proc_handler	= klp_calls_sysctl,
	},
};

/**
 * klp_calls_init - register the sysctl
 */
void __init klp_calls_init(void)
{
	register_sysctl("kernel", klp_calls_sysctls);
}
