/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live patching: what kernel/livepatch/effect.c asks the users of ftrace and of kprobes
 * for, to find out what keeps calls from a replacement.
 */
#ifndef _LINUX_LIVEPATCH_EFFECT_H
#define _LINUX_LIVEPATCH_EFFECT_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

struct fprobe;
struct ftrace_ops;
struct kprobe;
struct trace_event_call;

/**
 * struct bpf_culprit - a BPF program that keeps calls from a function
 * @id:		Its number.
 * @name:	Its name.
 */
struct bpf_culprit {
	u32	id;
	char	name[BPF_OBJ_NAME_LEN];
};

#ifdef CONFIG_BPF_SYSCALL
static inline void bpf_culprit_set(struct bpf_culprit *culprit, const struct bpf_prog *prog)
{
	culprit->id = prog->aux->id;
	strscpy(culprit->name, prog->aux->name);
}
#endif

int ftrace_visit_ops(unsigned long ip, bool (*visit)(struct ftrace_ops *ops, void *arg),
		     void *arg);

#ifdef CONFIG_KPROBES
void kprobe_visit(unsigned long first, unsigned long last,
		  bool (*visit)(struct kprobe *p, void *arg), void *arg);
#else
static inline void kprobe_visit(unsigned long first, unsigned long last,
				bool (*visit)(struct kprobe *p, void *arg), void *arg)
{
}
#endif

#ifdef CONFIG_KRETPROBES
bool kprobe_is_kretprobe(const struct kprobe *p);
#else
static inline bool kprobe_is_kretprobe(const struct kprobe *p)
{
	return false;
}
#endif

#ifdef CONFIG_KPROBE_EVENTS
struct trace_event_call *trace_kprobe_event_call(struct kprobe *p);
#else
static inline struct trace_event_call *trace_kprobe_event_call(struct kprobe *p)
{
	return NULL;
}
#endif

#ifdef CONFIG_FAIL_FUNCTION
bool fail_function_owns(const struct kprobe *p);
#else
static inline bool fail_function_owns(const struct kprobe *p)
{
	return false;
}
#endif

#ifdef CONFIG_FPROBE
struct fprobe *fprobe_from_ops(struct ftrace_ops *ops);
#else
static inline struct fprobe *fprobe_from_ops(struct ftrace_ops *ops)
{
	return NULL;
}
#endif

#ifdef CONFIG_BPF_EVENTS
bool bpf_event_overrides(struct trace_event_call *call, struct bpf_culprit *culprit);
#else
static inline bool bpf_event_overrides(struct trace_event_call *call,
				       struct bpf_culprit *culprit)
{
	return false;
}
#endif

#if defined(CONFIG_BPF_EVENTS) && defined(CONFIG_FPROBE)
int bpf_kprobe_multi_overrides(const struct fprobe *fp, struct bpf_culprit *culprit);
#else
static inline int bpf_kprobe_multi_overrides(const struct fprobe *fp,
					     struct bpf_culprit *culprit)
{
	return -ENOENT;
}
#endif

#if defined(CONFIG_BPF_JIT) && defined(CONFIG_BPF_SYSCALL) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)
int bpf_trampoline_overrides(struct ftrace_ops *ops, bool redirected,
			     struct bpf_culprit *culprit);
#else
static inline int bpf_trampoline_overrides(struct ftrace_ops *ops, bool redirected,
					   struct bpf_culprit *culprit)
{
	return -ENOENT;
}
#endif

#endif /* _LINUX_LIVEPATCH_EFFECT_H */
