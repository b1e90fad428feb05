// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: how affected functions are entered.
 *
 * A task that enters an affected function has run none of it yet. It may take the
 * new code if nothing affected is on its stack, see klp_task_enter(). But affected
 * code that ends with a jump to the function (a tail call) has no frame any more:
 * the old code of one function would go on in the new code of another one. So the
 * affected code is searched for jumps:
 *
 * - A function that affected code jumps to is not a place to switch.
 * - If affected code jumps to addresses that cannot be read from it, every function
 *   may be their target. Then a task must have come by a direct call of the
 *   function, which must not itself lead back to its entry by a jump.
 * - Code that is not affected may jump to the function. Had the task been looked at
 *   in that code, it would have switched there.
 *
 * Decoding the code of a big patch takes its time, and is only done for transitions
 * that do not end soon.
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

/* A call is no longer than this. */
#define KLP_CALL_SIZE	MCOUNT_INSN_SIZE

/* Calls may lead to the padding before a function, which leads on to it. */
#ifdef CONFIG_CALL_PADDING
#define KLP_CALL_PADDING	CONFIG_FUNCTION_PADDING_BYTES
#else
#define KLP_CALL_PADDING	0
#endif

/**
 * klp_jumps_alloc - allocate an empty set
 * @max: how many functions it is for
 *
 * Context: Process, may sleep.
 * Return: the set, to be freed with klp_jumps_free(), or NULL without memory.
 */
struct klp_jumps *klp_jumps_alloc(unsigned int max)
{
	struct klp_jumps *jumps;

	jumps = kvzalloc(struct_size(jumps, way, max), GFP_KERNEL);
	if (jumps)
		jumps->max = max;
	return jumps;
}

/**
 * klp_jumps_add - add an affected function
 * @jumps: the set, with room for it
 * @site: the function
 *
 * Context: Process; klp_mutex held.
 */
void klp_jumps_add(struct klp_jumps *jumps, const struct klp_site *site)
{
	lockdep_assert_held(&klp_mutex);

	if (WARN_ON_ONCE(jumps->nr == jumps->max))
		return;
	jumps->way[jumps->nr++] = (struct klp_way) {
		.key = klp_redirect_key(site->ip),
		.start = site->addr - KLP_CALL_PADDING,
	};
}

static int klp_cmp_way(const void *a, const void *b)
{
	const struct klp_way *x = a;
	const struct klp_way *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/**
 * klp_jumps_sort - make a set ready for all that follows
 * @jumps: the set, all functions added
 *
 * Context: Process.
 */
void klp_jumps_sort(struct klp_jumps *jumps)
{
	sort(jumps->way, jumps->nr, sizeof(jumps->way[0]), klp_cmp_way, NULL);
}

static struct klp_way *klp_ways_find(const struct klp_jumps *jumps,
				     unsigned long key)
{
	const struct klp_way way = { .key = key };

	return __inline_bsearch(&way, jumps->way, jumps->nr,
				sizeof(jumps->way[0]), klp_cmp_way);
}

/* Compares an address with the entry of a function, up to its call into ftrace. */
static int klp_cmp_target(const void *key, const void *elem)
{
	unsigned long target = *(const unsigned long *)key;
	const struct klp_way *way = elem;

	if (target < way->start)
		return -1;
	return target >= way->key;
}

/* Note where a jump of @code goes. Return: true if it leaves @code. */
static bool klp_ways_jump(struct klp_jumps *jumps, struct klp_span code,
			  unsigned long target)
{
	struct klp_way *way;

	way = bsearch(&target, jumps->way, jumps->nr, sizeof(jumps->way[0]),
		      klp_cmp_target);
	if (way)
		way->jumped_to = true;
	else if (target >= code.start && target < code.start + code.size)
		return false;
	else if (klp_arch_jumps_on(target))
		jumps->anywhere = true;
	return true;
}

/**
 * klp_jumps_scan - search a piece of affected code for jumps
 * @jumps: where to note them; sorted
 * @code: the code
 * @key: which function it is the code of; 0 if that is not known
 *
 * Context: Process, may sleep; klp_mutex held, which keeps the code loaded.
 * Return: 0, or -EINVAL if the code is not understood: then nothing can be said.
 */
int klp_jumps_scan(struct klp_jumps *jumps, struct klp_span code,
		   unsigned long key)
{
	struct klp_way *way = key ? klp_ways_find(jumps, key) : NULL;
	bool *jumps_out = way ? &way->jumps : &jumps->shared_jumps;
	unsigned long addr = code.start, end = code.start + code.size, target;
	enum klp_jump jump;
	bool leaves;
	int len;

	lockdep_assert_held(&klp_mutex);

	cond_resched();
	/* No instruction is half written meanwhile. */
	guard(mutex)(&text_mutex);
	for (; addr < end; addr += len) {
		/* Behind the last function of a module its page is empty. */
		if (!memchr_inv((void *)addr, 0, end - addr))
			break;
		len = klp_arch_decode_jump(addr, end, &jump, &target);
		if (len < 0)
			return len;
		if (jump == KLP_NO_JUMP)
			continue;
		leaves = jump != KLP_JUMP || klp_ways_jump(jumps, code, target);
		if (!leaves)
			continue;
		/* A static call leads to somewhere else, or returns, tomorrow. */
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
 * klp_jumps_closed - may affected code be on its way into a function by a jump?
 * @jumps: the ways, scanned
 * @key: return address of the function's call into ftrace
 *
 * Context: Any.
 * Return: false if not, unless klp_jumps_direct() is in doubt.
 */
bool klp_jumps_closed(const struct klp_jumps *jumps, unsigned long key)
{
	const struct klp_way *way = klp_ways_find(jumps, key);

	return !way || way->jumped_to;
}

/**
 * klp_jumps_direct - has a function been entered by a call, and not by a jump?
 * @jumps: the ways, scanned; not klp_jumps_closed() for the function
 * @key: return address of the function's call into ftrace
 * @caller: where the function returns to
 *
 * If no affected code jumps there it does not matter, and the answer is yes.
 *
 * Context: Any.
 * Return: true if so.
 */
bool klp_jumps_direct(const struct klp_jumps *jumps, unsigned long key,
		      unsigned long caller)
{
	const struct klp_way *way = klp_ways_find(jumps, key);
	unsigned long start;

	if (!jumps->anywhere)
		return true;
	if (way->jumps || jumps->shared_jumps)
		return false;
	start = klp_arch_called_from(caller);
	if (start < way->start || start >= way->key)
		return false;
	/* A static call may have led to another function when the task called. */
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
