// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: which affected functions affected code may jump to.
 *
 * A pending task that enters an affected function has run none of that function
 * yet. If no affected code is on its stack, the task may switch there and run
 * the new code: see klp_task_enter(). But affected code that ends with a jump
 * to the function (a tail call) is on no stack any more: the old code of one
 * function would go on in the new code of another one. So the affected code is
 * searched for jumps:
 *
 * - A task does not switch at the entry of a function that affected code jumps
 *   to.
 * - If affected code jumps to an address that cannot be read from it, because
 *   the address is in a register for example, that may be the entry of any
 *   function. Then a task switches only if it has entered the function by a
 *   direct call, and if the function's own code has no jump that could lead
 *   back to the entry.
 * - Code that is not affected may jump to the function: harmless, because a
 *   task may switch in that code too.
 *
 * Decoding the code of a big patch takes time. It is done only for a transition
 * that does not end soon.
 */
#include <linux/bsearch.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include <asm/livepatch.h>

#include "jumps.h"
#include "klp.h"
#include "redirect.h"

/* Greatest length of a direct call */
#define KLP_CALL_SIZE	MCOUNT_INSN_SIZE

/* A call may go to the padding before a function, which runs into it. */
#ifdef CONFIG_CALL_PADDING
#define KLP_CALL_PADDING	CONFIG_FUNCTION_PADDING_BYTES
#else
#define KLP_CALL_PADDING	0
#endif

/**
 * klp_jumps_alloc - allocate an empty set of functions
 * @max: how many functions it has room for
 *
 * Context: Process, may sleep.
 * Return: the set, to be freed with klp_jumps_free(), or NULL without memory.
 */
struct klp_jumps *klp_jumps_alloc(unsigned int max)
{
	struct klp_jumps *jumps;

	jumps = kvzalloc(struct_size(jumps, func, max), GFP_KERNEL);
	if (jumps)
		jumps->max = max;
	return jumps;
}

/**
 * klp_jumps_add - add an affected function
 * @jumps: the set, with room for the function
 * @site: the function
 *
 * Context: Process; klp_mutex held.
 */
void klp_jumps_add(struct klp_jumps *jumps, const struct klp_site *site)
{
	lockdep_assert_held(&klp_mutex);

	if (WARN_ON_ONCE(jumps->nr == jumps->max))
		return;
	jumps->func[jumps->nr++] = (struct klp_jumps_func) {
		.key = klp_redirect_key(klp_site_ip(site)),
		.start = site->addr - KLP_CALL_PADDING,
	};
}

static int klp_jumps_cmp_func(const void *a, const void *b)
{
	const struct klp_jumps_func *x = a;
	const struct klp_jumps_func *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/**
 * klp_jumps_sort - sort a set, so that its functions can be found
 * @jumps: the set, all functions added
 *
 * Context: Process.
 */
void klp_jumps_sort(struct klp_jumps *jumps)
{
	sort(jumps->func, jumps->nr, sizeof(jumps->func[0]), klp_jumps_cmp_func, NULL);
}

static struct klp_jumps_func *klp_jumps_find(const struct klp_jumps *jumps,
					     unsigned long key)
{
	const struct klp_jumps_func func = { .key = key };

	return __inline_bsearch(&func, jumps->func, jumps->nr,
				sizeof(jumps->func[0]), klp_jumps_cmp_func);
}

/* Compare an address with a function's entry, its call into ftrace included. */
static int klp_jumps_cmp_target(const void *key, const void *elem)
{
	unsigned long target = *(const unsigned long *)key;
	const struct klp_jumps_func *func = elem;

	if (target < func->start)
		return -1;
	return target >= func->key;
}

/*
 * Note where a jump in @code goes. Return: true if it goes out of @code, or to
 * an affected function's entry.
 */
static bool klp_jumps_note(struct klp_jumps *jumps, struct klp_span code,
			   unsigned long target)
{
	struct klp_jumps_func *func;

	func = bsearch(&target, jumps->func, jumps->nr, sizeof(jumps->func[0]),
		       klp_jumps_cmp_target);
	if (func)
		func->jumped_to = true;
	else if (target >= code.start && target < code.start + code.size)
		return false;
	else if (klp_arch_jumps_on(target))
		jumps->anywhere = true;
	return true;
}

/**
 * klp_jumps_scan - search a piece of affected code for jumps
 * @jumps: the set to note them in, sorted
 * @code: the code
 * @key: key of the function whose code it is, 0 if that is not known
 *
 * Context: Process, may sleep; klp_mutex held, which keeps the code loaded;
 * takes text_mutex.
 * Return: 0, or -EINVAL if the code cannot be decoded: the set is of no use
 * then.
 */
int klp_jumps_scan(struct klp_jumps *jumps, struct klp_span code,
		   unsigned long key)
{
	struct klp_jumps_func *func = key ? klp_jumps_find(jumps, key) : NULL;
	bool *jumps_out = func ? &func->jumps : &jumps->shared_jumps;
	unsigned long addr = code.start, end = code.start + code.size, target;
	enum klp_jump jump;
	bool leaves;
	int len;

	lockdep_assert_held(&klp_mutex);

	cond_resched();
	/* Keeps instructions from being rewritten while they are decoded. */
	guard(mutex)(&text_mutex);
	for (; addr < end; addr += len) {
		/* Zeroes fill the page behind a module's last function. */
		if (!memchr_inv((void *)addr, 0, end - addr))
			break;
		len = klp_arch_decode_jump(addr, end, &jump, &target);
		if (len < 0)
			return len;
		if (jump == KLP_NO_JUMP)
			continue;
		leaves = jump != KLP_JUMP || klp_jumps_note(jumps, code, target);
		if (!leaves)
			continue;
		/* A static call is rewritten at any time, to jump anywhere. */
		if (static_call_text_reserved((void *)addr,
					      (void *)(addr + len - 1)))
			jump = KLP_JUMP_ANYWHERE;
		if (jump == KLP_JUMP_ANYWHERE)
			jumps->anywhere = true;
		if (jump != KLP_RETURN)
			*jumps_out = true;
	}
	return 0;
}

/**
 * klp_jumps_jumped_to - tell whether affected code jumps to an affected function
 * @jumps: the set, scanned
 * @key: return address of the function's call into ftrace
 *
 * Context: Any.
 * Return: true if it does; false if the set does not have the function.
 */
bool klp_jumps_jumped_to(const struct klp_jumps *jumps, unsigned long key)
{
	const struct klp_jumps_func *func = klp_jumps_find(jumps, key);

	return func && func->jumped_to;
}

/**
 * klp_jumps_closed - tell whether a function's entry is no place to switch
 * @jumps: the set, scanned
 * @key: return address of the function's call into ftrace
 *
 * Context: Any.
 * Return: true if affected code jumps to the function, or if the set does not
 * have the function. If false, klp_jumps_direct() decides.
 */
bool klp_jumps_closed(const struct klp_jumps *jumps, unsigned long key)
{
	const struct klp_jumps_func *func = klp_jumps_find(jumps, key);

	return !func || func->jumped_to;
}

/**
 * klp_jumps_direct - tell whether a task may switch at a function's entry
 * @jumps: the set, scanned; not klp_jumps_closed() for the function
 * @key: return address of the function's call into ftrace
 * @caller: where the function returns to
 *
 * If all jumps of affected code go to known addresses, none of them goes to the
 * function. Else the direct call before @caller must go to the function, and
 * the function's own code must have no jump that could lead back to the entry.
 *
 * Context: Any.
 * Return: true if no affected code can have come to the entry by a jump.
 */
bool klp_jumps_direct(const struct klp_jumps *jumps, unsigned long key,
		      unsigned long caller)
{
	const struct klp_jumps_func *func = klp_jumps_find(jumps, key);
	unsigned long start;

	if (!jumps->anywhere)
		return true;
	if (func->jumps || jumps->shared_jumps)
		return false;
	start = klp_arch_called_from(caller);
	if (start < func->start || start >= func->key)
		return false;
	/* A static call may have gone to another function at that time. */
	return !static_call_text_reserved((void *)(caller - KLP_CALL_SIZE),
					  (void *)(caller - 1));
}

/**
 * klp_jumps_free - free a set
 * @jumps: the set, or NULL
 *
 * Context: Process, may sleep.
 */
void klp_jumps_free(struct klp_jumps *jumps)
{
	kvfree(jumps);
}
