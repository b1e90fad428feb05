// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: whether a replacement is in effect.
 *
 * The answer is about the moment at which it is asked for. Two things are looked at:
 * which replacement is in force at the site, by the lists and by the redirect table; and
 * what may keep calls from it, on their way through the entry of the original and
 * through the entry of the replacement:
 *
 *   1. A kprobe before the call into ftrace.
 *   2. The users of ftrace, in the order in which ftrace calls them. Each may send the
 *      task somewhere else, and the last one wins. So live patching wins over what ftrace
 *      has called before. That ftrace calls live patching at all is seen here, too.
 *   3. A direct call, which ftrace makes when all users have been called.
 *
 * What the users do is found out from the code that they belong to. About kprobes, fprobes
 * and users of ftrace in modules nothing is known: the answer is "unknown", if they come
 * after live patching.
 *
 * The words are interface: Documentation/ABI/testing/sysfs-kernel-livepatch.
 */
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/fprobe.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/livepatch_effect.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "bind.h"
#include "effect.h"
#include "klp.h"
#include "redirect.h"
#include "table.h"
#include "target.h"
#include "transition.h"

/* Number of tries, a millisecond apart, while a BPF trampoline is being changed */
#define KLP_EFFECT_TRIES	20

/* How much in front of a function belongs to its entry */
#ifdef CONFIG_CALL_PADDING
#define KLP_EFFECT_PADDING	CONFIG_FUNCTION_PADDING_BYTES
#else
#define KLP_EFFECT_PADDING	0
#endif

/**
 * struct klp_effect - the search for what keeps calls from a replacement
 * @m:		Where to write what is found.
 * @found:	Something has been written. The search is over.
 * @original:	The entry is that of the original, not that of the replacement.
 * @wins:	What is visited now comes after live patching, or without it.
 * @redirected:	ftrace calls live patching at this entry.
 * @probed:	ftrace calls kprobes at this entry.
 * @probes_win:	It does so after live patching.
 * @again:	A BPF trampoline is being changed: look again.
 */
struct klp_effect {
	struct seq_file	*m;
	bool		found;
	bool		original;
	bool		wins;
	bool		redirected;
	bool		probed;
	bool		probes_win;
	bool		again;
};

/* Write the answer. Return: false, which ends a visit. */
static __printf(2, 3) bool klp_effect_say(struct klp_effect *effect, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(effect->m, fmt, args);
	va_end(args);
	seq_putc(effect->m, '\n');
	effect->found = true;
	return false;
}

static bool klp_effect_say_bpf(struct klp_effect *effect, const struct bpf_culprit *culprit)
{
	return klp_effect_say(effect, "bypassed by bpf program %u '%s'", culprit->id,
			      culprit->name);
}

/* Called by kprobe_visit() for each kprobe of an entry */
static bool klp_effect_kprobe(struct kprobe *p, void *arg)
{
	struct trace_event_call *call = trace_kprobe_event_call(p);
	bool returns = kprobe_is_kretprobe(p);
	struct klp_effect *effect = arg;
	struct bpf_culprit culprit;

	/* A kretprobe's program overrides what the replacement has returned. */
	if (!effect->wins && !returns)
		return true;
	if (call)
		return !bpf_event_overrides(call, &culprit) ||
		       klp_effect_say_bpf(effect, &culprit);
	if (!p->pre_handler || returns)
		return true;
	if (fail_function_owns(p))
		return klp_effect_say(effect, "bypassed by fail_function");
	/* A kprobe that changes where code goes on has a post handler, too. */
	if (p->post_handler)
		return klp_effect_say(effect, "bypassed by kprobe at %pS, handler %ps",
				      p->addr, p->pre_handler);
	return klp_effect_say(effect, "unknown: kprobe at %pS, handler %ps", p->addr,
			      p->pre_handler);
}

static bool klp_effect_direct(struct klp_effect *effect, struct ftrace_ops *ops)
{
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
	struct bpf_culprit culprit;

	switch (bpf_trampoline_overrides(ops, effect->original, &culprit)) {
	case 0:
		return true;
	case 1:
		return klp_effect_say_bpf(effect, &culprit);
	case -EAGAIN:
		effect->again = true;
		return false;
	}
	return klp_effect_say(effect, "unknown: ftrace direct caller %ps",
			      (void *)ops->direct_call);
#else
	return true;
#endif
}

static bool klp_effect_fprobe(struct klp_effect *effect, struct fprobe *fp)
{
	struct bpf_culprit culprit;

	if (fprobe_disabled(fp))
		return true;
	switch (bpf_kprobe_multi_overrides(fp, &culprit)) {
	case 0:
		return true;
	case 1:
		/* An exit handler overrides what the replacement has returned. */
		return (!effect->wins && !fp->exit_handler) ||
		       klp_effect_say_bpf(effect, &culprit);
	}
	if (!effect->wins || !fp->entry_handler ||
	    core_kernel_text((unsigned long)fp->entry_handler))
		return true;
	return klp_effect_say(effect, "unknown: fprobe with handler %ps", fp->entry_handler);
}

/* Called by ftrace_visit_ops() for each user of ftrace at an entry, with ftrace_lock held */
static bool klp_effect_ops(struct ftrace_ops *ops, void *arg)
{
	ftrace_func_t func = ops->flags & FTRACE_OPS_FL_PID ? ops->saved_func : ops->func;
	struct klp_effect *effect = arg;
	struct fprobe *fp;

	if (klp_redirect_owns(ops)) {
		effect->redirected = true;
		effect->wins = true;
		return true;
	}
	if (ops->flags & FTRACE_OPS_FL_DIRECT)
		return klp_effect_direct(effect, ops);
#ifdef CONFIG_KPROBES_ON_FTRACE
	if (func == kprobe_ftrace_handler) {
		effect->probed = true;
		effect->probes_win = effect->wins;
		return true;
	}
#endif
	fp = fprobe_from_ops(ops);
	if (fp)
		return klp_effect_fprobe(effect, fp);
	if (!effect->wins)
		return true;
	if (ops->flags & FTRACE_OPS_FL_IPMODIFY)
		return klp_effect_say(effect, "bypassed by ftrace user %ps", func);
	if (!core_kernel_text((unsigned long)func))
		return klp_effect_say(effect, "unknown: ftrace user %ps", func);
	return true;
}

static void klp_effect_visit_ftrace(struct klp_effect *effect, unsigned long ip)
{
	unsigned int tries = KLP_EFFECT_TRIES;
	int ret;

	do {
		effect->again = false;
		effect->redirected = false;
		effect->probed = false;
		effect->wins = !effect->original;
		ret = ftrace_visit_ops(ip, klp_effect_ops, effect);
		if (effect->again)
			fsleep(1000);
	} while (effect->again && --tries);

	if (effect->found)
		return;
	if (ret)
		klp_effect_say(effect, "unknown: ftrace has disabled itself");
	else if (effect->again)
		klp_effect_say(effect, "unknown: a bpf trampoline is being changed");
	else if (effect->original && !effect->redirected)
		klp_effect_say(effect, "unknown: ftrace does not call live patching");
	else if (!effect->original && effect->redirected)
		klp_effect_say(effect, "unknown: the replacement is patched, too");
}

/* Look at one entry. @ip is 0 if ftrace does not know the function. */
static void klp_effect_search_entry(struct klp_effect *effect, unsigned long addr,
				    unsigned long ip)
{
	/* These are breakpoints, not users of ftrace. */
	effect->wins = true;
	kprobe_visit(addr - KLP_EFFECT_PADDING, ip ? ip - 1 : addr + MCOUNT_INSN_SIZE,
		     klp_effect_kprobe, effect);
	if (effect->found || !ip)
		return;
	klp_effect_visit_ftrace(effect, ip);
	if (effect->found || !effect->probed)
		return;
	/* Without ftrace_lock: kprobes.c takes it with its own lock held. */
	effect->wins = effect->probes_win;
	kprobe_visit(ip, ip, klp_effect_kprobe, effect);
}

/* Write what keeps calls from a replacement that is in force, if anything does. */
static bool klp_effect_search(struct seq_file *m, const struct klp_live_func *func)
{
	const struct klp_site *site = func->site;
	struct klp_effect effect = { .m = m, .original = true };

	klp_effect_search_entry(&effect, site->addr, klp_site_ip(site));
	if (effect.found)
		return true;
	effect.original = false;
	klp_effect_search_entry(&effect, func->addr,
				klp_redirect_location(func->addr, func->size - func->before));
	return effect.found;
}

static const char *klp_effect_patch(const struct klp_live_func *func)
{
	return klp_live_func_object(func)->patch->mod->name;
}

/* Two records of one patch may have the same replacement. */
static bool klp_effect_is(const struct klp_live_func *now, const struct klp_live_func *func)
{
	return now && now->addr == func->addr;
}

/*
 * Write which code is in force in place of a replacement, or will be when the
 * transition has ended. Return: false if the replacement is in force for all tasks.
 */
static bool klp_effect_replaced(struct seq_file *m, const struct klp_live_func *func)
{
	struct klp_live_patch *moving = klp_transition_current();
	bool patching = moving && moving->enabled;
	const struct klp_live_func *begin = klp_target_func(func->site, moving, !patching);
	const struct klp_live_func *end = klp_target_func(func->site, moving, patching);
	bool leaves = klp_effect_is(begin, func), comes = klp_effect_is(end, func);

	if (patching && moving == klp_live_func_object(func)->patch)
		seq_puts(m, "in transition\n");
	else if (leaves && comes)
		return false;
	else if (leaves && !end)
		seq_printf(m, "returns to original in %s's transition\n", moving->mod->name);
	else if (leaves && klp_live_func_object(end)->patch == moving)
		seq_printf(m, "covered in %s's transition\n", moving->mod->name);
	else if (leaves)
		seq_printf(m, "returns to %s in %s's transition\n", klp_effect_patch(end),
			   moving->mod->name);
	else if (comes && !begin)
		seq_printf(m, "returns from original in %s's transition\n",
			   moving->mod->name);
	else if (begin || end)
		seq_printf(m, "covered by %s\n", klp_effect_patch(begin ?: end));
	else
		seq_puts(m, "unknown: no replacement is in force\n");
	return true;
}

/**
 * klp_effect_show - write what the file "effect" of a function shows
 * @m: the file
 * @func: the record of the function
 *
 * Takes time for the users of ftrace, and for the kprobes at the entry, not for the
 * functions of the patch.
 *
 * Context: Process, may sleep; takes klp_mutex, and locks of ftrace, kprobes and BPF.
 */
void klp_effect_show(struct seq_file *m, const struct klp_live_func *func)
{
	const struct klp_live_object *object = klp_live_func_object(func);
	const struct klp_live_patch *live = object->patch;
	const struct klp_site *site;

	guard(mutex)(&klp_mutex);

	site = func->site;
	if (list_empty(&live->node))
		seq_puts(m, live->last_place ? "disabled\n" : "in transition\n");
	else if (!object->bound)
		seq_puts(m, klp_bind_find(object) ? "not patched\n" : "not loaded\n");
	else if (!site || !site->entry)
		seq_puts(m, "unknown: the function is not redirected\n");
	else if (klp_effect_replaced(m, func))
		return;
	else if (site->entry->target[0] != func->addr || site->entry->target[1] != func->addr)
		seq_puts(m, "unknown: the redirect table leads to other code\n");
	else if (!klp_effect_search(m, func))
		seq_puts(m, "active\n");
}
