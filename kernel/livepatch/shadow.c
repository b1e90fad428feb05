// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: shadow variables, data that patches attach to existing objects.
 *
 * A variable belongs to an address, the object, and to a number that says what
 * it is. It is found by both, without a lock. Whatever comes into being or goes
 * does so under the lock of its pair, constructor and destructor included, so
 * that each runs once for a variable, and never while the other one does.
 *
 * A variable enters the table before its constructor runs, because entering can
 * fail and a constructor cannot be undone. Until then it is invisible.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hash.h>
#include <linux/livepatch.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "shadow.h"

/* What a variable is found by */
struct klp_shadow_key {
	void			*obj;
	unsigned long		id;
};

/**
 * struct klp_shadow - a shadow variable
 * @node:	In klp_shadows.
 * @key:	Whose it is and what it is.
 * @ready:	Constructed. Written once, by a release, under the key's lock.
 * @rcu:	To free it after those who look it up.
 * @data:	The author's.
 */
struct klp_shadow {
	struct rhash_head	node;
	struct klp_shadow_key	key;
	bool			ready;
	struct rcu_head		rcu;
	char			data[] __aligned(ARCH_KMALLOC_MINALIGN);
};

/*
 * A lookup is what patches do with shadow variables all the time: two
 * multiplications instead of jhash2(), and no call of memcmp().
 */
static u32 klp_shadow_hash(const void *data, u32 len, u32 seed)
{
	const struct klp_shadow_key *key = data;

	return hash_64((unsigned long)key->obj ^ seed ^
		       key->id * GOLDEN_RATIO_64, 32);
}

static int klp_shadow_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct klp_shadow_key *key = arg->key;
	const struct klp_shadow *shadow = obj;

	return shadow->key.obj != key->obj || shadow->key.id != key->id;
}

static const struct rhashtable_params klp_shadow_params = {
	.key_len	= sizeof(struct klp_shadow_key),
	.key_offset	= offsetof(struct klp_shadow, key),
	.head_offset	= offsetof(struct klp_shadow, node),
	.hashfn		= klp_shadow_hash,
	.obj_cmpfn	= klp_shadow_cmp,
	.automatic_shrinking = true,
};

static struct rhashtable klp_shadows;

/*
 * Serialise what happens to a variable. Taken in any context, with interrupts
 * off; the table's own locks nest inside.
 */
#define KLP_SHADOW_LOCK_BITS	6
static spinlock_t klp_shadow_locks[1 << KLP_SHADOW_LOCK_BITS] = {
	[0 ... (1 << KLP_SHADOW_LOCK_BITS) - 1] =
		__SPIN_LOCK_UNLOCKED(klp_shadow_locks),
};

/* How many variables to look at before others get a chance */
#define KLP_SHADOW_BATCH	64

static spinlock_t *klp_shadow_lock(const struct klp_shadow_key *key)
{
	return &klp_shadow_locks[hash_long((unsigned long)key->obj ^ key->id,
					   KLP_SHADOW_LOCK_BITS)];
}

/* The caller, or the key's lock, keeps what is found from being freed. */
static struct klp_shadow *klp_shadow_find(const struct klp_shadow_key *key)
{
	struct klp_shadow *shadow;

	guard(rcu)();
	shadow = rhashtable_lookup(&klp_shadows, key, klp_shadow_params);
	/* Pairs with the release in klp_shadow_construct(). */
	return shadow && smp_load_acquire(&shadow->ready) ? shadow : NULL;
}

/**
 * klp_shadow_get - find a shadow variable
 * @obj: the object that it belongs to
 * @id: what it is
 *
 * Context: Any. The caller makes sure that the variable is not freed meanwhile,
 * as for the object itself.
 * Return: the variable's data, NULL if there is no such variable.
 */
void *klp_shadow_get(void *obj, unsigned long id)
{
	const struct klp_shadow_key key = { .obj = obj, .id = id };
	struct klp_shadow *shadow = klp_shadow_find(&key);

	return shadow ? shadow->data : NULL;
}
EXPORT_SYMBOL_GPL(klp_shadow_get);

/* Put a variable into the table and bring it to life. Return: 0 or an errno. */
static int klp_shadow_construct(struct klp_shadow *shadow,
				klp_shadow_ctor_t ctor, void *ctor_data)
{
	int ret;

	lockdep_assert_held(klp_shadow_lock(&shadow->key));

	ret = rhashtable_insert_fast(&klp_shadows, &shadow->node,
				     klp_shadow_params);
	if (ret)
		return ret;
	if (ctor) {
		ret = ctor(shadow->key.obj, shadow->data, ctor_data);
		if (ret) {
			pr_err("Failed to construct shadow variable <%p, %lx> (%d)\n",
			       shadow->key.obj, shadow->key.id, ret);
			rhashtable_remove_fast(&klp_shadows, &shadow->node,
					       klp_shadow_params);
			return ret;
		}
	}
	/* What the constructor wrote first; pairs with klp_shadow_find(). */
	smp_store_release(&shadow->ready, true);
	return 0;
}

/* An existing variable is returned if @shared, and else a mistake. */
static void *klp_shadow_create(void *obj, unsigned long id, size_t size,
			       gfp_t gfp_flags, klp_shadow_ctor_t ctor,
			       void *ctor_data, bool shared)
{
	const struct klp_shadow_key key = { .obj = obj, .id = id };
	struct klp_shadow *shadow, *old = NULL;
	unsigned long flags;
	void *data;
	int ret;

	data = klp_shadow_get(obj, id);
	if (data)
		goto exists;

	shadow = kzalloc(size_add(sizeof(*shadow), size), gfp_flags);
	if (!shadow)
		return NULL;
	shadow->key = key;

	spin_lock_irqsave(klp_shadow_lock(&key), flags);
	old = klp_shadow_find(&key);
	ret = old ? -EEXIST : klp_shadow_construct(shadow, ctor, ctor_data);
	spin_unlock_irqrestore(klp_shadow_lock(&key), flags);
	if (!ret)
		return shadow->data;

	/* Whoever looked it up before it failed may still hold it. */
	kfree_rcu(shadow, rcu);
	if (!old)
		return NULL;
	data = old->data;
exists:
	if (shared)
		return data;
	WARN(1, "Duplicate shadow variable <%p, %lx>\n", obj, id);
	return NULL;
}

/**
 * klp_shadow_alloc - create a shadow variable
 * @obj: the object that it belongs to
 * @id: what it is
 * @size: size of its data, which is zeroed
 * @gfp_flags: how to allocate it
 * @ctor: constructor, or NULL; atomic context, and must not call klp_shadow_*()
 * @ctor_data: what to hand to it
 *
 * It is a mistake, with a warning, if the variable exists already: see
 * klp_shadow_get_or_alloc().
 *
 * Context: Any that @gfp_flags allow.
 * Return: the variable's data, owned by the table until klp_shadow_free(); NULL
 * if it exists, if there is no memory, or if @ctor has failed.
 */
void *klp_shadow_alloc(void *obj, unsigned long id, size_t size,
		       gfp_t gfp_flags, klp_shadow_ctor_t ctor,
		       void *ctor_data)
{
	return klp_shadow_create(obj, id, size, gfp_flags, ctor, ctor_data,
				 false);
}
EXPORT_SYMBOL_GPL(klp_shadow_alloc);

/**
 * klp_shadow_get_or_alloc - find a shadow variable, or create it
 * @obj: the object that it belongs to
 * @id: what it is
 * @size: size of its data, which is zeroed
 * @gfp_flags: how to allocate it
 * @ctor: constructor, or NULL; atomic context, and must not call klp_shadow_*().
 *	Of several that come at once it runs for one.
 * @ctor_data: what to hand to it
 *
 * Context: Any that @gfp_flags allow.
 * Return: the variable's data; NULL if there is no memory, or if @ctor has
 * failed.
 */
void *klp_shadow_get_or_alloc(void *obj, unsigned long id, size_t size,
			      gfp_t gfp_flags, klp_shadow_ctor_t ctor,
			      void *ctor_data)
{
	return klp_shadow_create(obj, id, size, gfp_flags, ctor, ctor_data,
				 true);
}
EXPORT_SYMBOL_GPL(klp_shadow_get_or_alloc);

/**
 * klp_shadow_free - free a shadow variable, if there is one
 * @obj: the object that it belongs to
 * @id: what it is
 * @dtor: destructor, or NULL; atomic context, and must not call klp_shadow_*()
 *
 * Context: Any.
 */
void klp_shadow_free(void *obj, unsigned long id, klp_shadow_dtor_t dtor)
{
	const struct klp_shadow_key key = { .obj = obj, .id = id };
	struct klp_shadow *shadow;
	unsigned long flags;

	spin_lock_irqsave(klp_shadow_lock(&key), flags);
	shadow = klp_shadow_find(&key);
	if (shadow) {
		rhashtable_remove_fast(&klp_shadows, &shadow->node,
				       klp_shadow_params);
		if (dtor)
			dtor(obj, shadow->data);
	}
	spin_unlock_irqrestore(klp_shadow_lock(&key), flags);

	if (shadow)
		kfree_rcu(shadow, rcu);
}
EXPORT_SYMBOL_GPL(klp_shadow_free);

/*
 * One walk over the table. With pauses it misses some if others, of whatever
 * kind, go meanwhile; without it does not.
 *
 * Return: true if there were any.
 */
static bool klp_shadow_free_some(unsigned long id, klp_shadow_dtor_t dtor,
				 bool pauses)
{
	struct rhashtable_iter iter;
	struct klp_shadow *shadow;
	unsigned int seen = 0;
	bool found = false;

	rhashtable_walk_enter(&klp_shadows, &iter);
	rhashtable_walk_start(&iter);
	/* -EAGAIN: the table has been resized, and the walk goes on in the new one. */
	while ((shadow = rhashtable_walk_next(&iter))) {
		if (!IS_ERR(shadow) && shadow->key.id == id) {
			found = true;
			klp_shadow_free(shadow->key.obj, id, dtor);
		}
		if (++seen % KLP_SHADOW_BATCH || !pauses)
			continue;
		/* Let RCU go on. */
		rhashtable_walk_stop(&iter);
		rhashtable_walk_start(&iter);
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return found;
}

/**
 * klp_shadow_free_all - free all shadow variables of one kind
 * @id: which kind
 * @dtor: destructor, or NULL; atomic context, and must not call klp_shadow_*()
 *
 * One lock for one variable at a time: interrupts come through in between. Goes
 * on for as long as others create variables of this kind.
 *
 * Context: Process.
 */
void klp_shadow_free_all(unsigned long id, klp_shadow_dtor_t dtor)
{
	do {
		while (klp_shadow_free_some(id, dtor, true))
			cpu_relax();
		/* One look at all that is left, with interrupts enabled. */
	} while (klp_shadow_free_some(id, dtor, false));
}
EXPORT_SYMBOL_GPL(klp_shadow_free_all);

/**
 * klp_shadow_init - get ready for shadow variables
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_shadow_init(void)
{
	return rhashtable_init(&klp_shadows, &klp_shadow_params);
}
