// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: shadow variables, data that patches attach to objects.
 *
 * The key of a variable is the address of its object, and a number, the id,
 * which says what kind of variable it is. A variable is looked up without a
 * lock. It is created and freed, and its constructor and destructor are called,
 * under the lock of its key. So each of the two runs once for a variable, and
 * never while the other one runs.
 *
 * A variable enters the table before its constructor runs, because entering can
 * fail and a constructor cannot be undone. Lookups ignore the variable until
 * the constructor has succeeded.
 *
 * For klp_shadow_free_all(), variables are in lists, too. The table's own
 * iterator takes a lock that interrupt handlers must not take, and never ends
 * if other CPUs keep adding to the table.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/array_size.h>
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/hash.h>
#include <linux/list.h>
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
 * @key:	The object and the id.
 * @ready:	The variable is constructed. Written once, by a release, under
 *		the key's lock. A list entry that is not ready is a mark of
 *		klp_shadow_free_all().
 * @list:	In &klp_shadow_shelf.list as long as the variable is constructed
 *		and in the table.
 * @rcu:	For freeing after the lookups that may have found the variable.
 * @data:	The author's data.
 */
struct klp_shadow {
	struct rhash_head	node;
	struct klp_shadow_key	key;
	bool			ready;
	union {
		struct list_head	list;
		struct rcu_head		rcu;
	};
	char			data[] __aligned(ARCH_KMALLOC_MINALIGN);
};

/*
 * Patches look up shadow variables all the time, so this is made cheap: two
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

/**
 * struct klp_shadow_shelf - the variables that share a lock
 * @lock:	Serialises creating and freeing the variables. Taken in any
 *		context, with interrupts off; the table's own locks nest inside.
 * @list:	The variables, oldest first, and marks of klp_shadow_free_all().
 */
struct klp_shadow_shelf {
	spinlock_t		lock; /* of @list, and of the variables' keys */
	struct list_head	list;
};

#define KLP_SHADOW_SHELF_BITS	6
static struct klp_shadow_shelf klp_shadow_shelves[1 << KLP_SHADOW_SHELF_BITS];

/* How many variables to look at with interrupts off */
#define KLP_SHADOW_BATCH	64

static struct klp_shadow_shelf *klp_shadow_shelf(const struct klp_shadow_key *key)
{
	return &klp_shadow_shelves[hash_long((unsigned long)key->obj ^ key->id,
					     KLP_SHADOW_SHELF_BITS)];
}

static spinlock_t *klp_shadow_lock(const struct klp_shadow_key *key)
{
	return &klp_shadow_shelf(key)->lock;
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
 * @id: which kind of variable
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

/* Put a variable into the table and construct it. Return: 0 or an errno. */
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
	/* Publish what the constructor wrote. Pairs with klp_shadow_find(). */
	smp_store_release(&shadow->ready, true);
	list_add_tail(&shadow->list, &klp_shadow_shelf(&shadow->key)->list);
	return 0;
}

/* If the variable exists already: return it if @shared, otherwise warn. */
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

	/* A lookup may have found it in the table before @ctor failed. */
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
 * @id: which kind of variable
 * @size: size of its data in bytes; the data is zeroed
 * @gfp_flags: how to allocate it
 * @ctor: constructor, or NULL; atomic context, and must not call klp_shadow_*()
 * @ctor_data: passed to @ctor
 *
 * Warns if the variable exists already: see klp_shadow_get_or_alloc().
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
 * @id: which kind of variable
 * @size: size of its data in bytes; the data is zeroed when created
 * @gfp_flags: how to allocate it
 * @ctor: constructor, or NULL; atomic context, and must not call
 *	klp_shadow_*(). Of concurrent callers, it runs for the one that creates
 *	the variable.
 * @ctor_data: passed to @ctor
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

/* Take a variable out of the table and destroy it. The caller frees it. */
static void klp_shadow_destroy(struct klp_shadow *shadow,
			       klp_shadow_dtor_t dtor)
{
	lockdep_assert_held(klp_shadow_lock(&shadow->key));

	list_del(&shadow->list);
	rhashtable_remove_fast(&klp_shadows, &shadow->node, klp_shadow_params);
	if (dtor)
		dtor(shadow->key.obj, shadow->data);
}

/**
 * klp_shadow_free - free a shadow variable, if there is one
 * @obj: the object that it belongs to
 * @id: which kind of variable
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
	if (shadow)
		klp_shadow_destroy(shadow, dtor);
	spin_unlock_irqrestore(klp_shadow_lock(&key), flags);

	if (shadow)
		kfree_rcu(shadow, rcu);
}
EXPORT_SYMBOL_GPL(klp_shadow_free);

/*
 * Move @mark forward, until a variable of kind @id is found, a batch has been
 * looked at or @end is reached.
 *
 * Return: the variable, NULL if none was found in this batch.
 */
static struct klp_shadow *klp_shadow_advance(struct klp_shadow_shelf *shelf,
					     struct klp_shadow *mark,
					     const struct klp_shadow *end,
					     unsigned long id)
{
	struct klp_shadow *shadow = mark;
	unsigned int seen;

	lockdep_assert_held(&shelf->lock);

	for (seen = 0; seen < KLP_SHADOW_BATCH; seen++) {
		shadow = list_next_entry(shadow, list);
		if (shadow == end || (shadow->ready && shadow->key.id == id))
			break;
	}
	/* Right before the entry to go on with, which may be the one found */
	list_move_tail(&mark->list, &shadow->list);
	return shadow->ready && shadow->key.id == id ? shadow : NULL;
}

/* Free the variables of kind @id that are on a shelf now, one at a time. */
static void klp_shadow_free_shelf(struct klp_shadow_shelf *shelf,
				  unsigned long id, klp_shadow_dtor_t dtor)
{
	struct klp_shadow mark = { }, end = { };
	struct klp_shadow *shadow;
	unsigned long flags;
	bool more = true;

	spin_lock_irqsave(&shelf->lock, flags);
	list_add(&mark.list, &shelf->list);
	/* Variables created from now on come behind @end, and stay. */
	list_add_tail(&end.list, &shelf->list);
	spin_unlock_irqrestore(&shelf->lock, flags);

	while (more) {
		/* Here interrupts and other users of the lock get a turn. */
		spin_lock_irqsave(&shelf->lock, flags);
		shadow = klp_shadow_advance(shelf, &mark, &end, id);
		if (shadow)
			klp_shadow_destroy(shadow, dtor);
		more = list_next_entry(&mark, list) != &end;
		spin_unlock_irqrestore(&shelf->lock, flags);

		if (shadow)
			kfree_rcu(shadow, rcu);
	}

	spin_lock_irqsave(&shelf->lock, flags);
	list_del(&mark.list);
	list_del(&end.list);
	spin_unlock_irqrestore(&shelf->lock, flags);
}

/**
 * klp_shadow_free_all - free all shadow variables of one kind
 * @id: which kind of variable
 * @dtor: destructor, or NULL; atomic context, and must not call klp_shadow_*()
 *
 * Frees the variables that exist when it is called. Ends even if variables of
 * this kind are created meanwhile. Interrupts, if enabled, are served after
 * each variable.
 *
 * Context: Any.
 */
void klp_shadow_free_all(unsigned long id, klp_shadow_dtor_t dtor)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(klp_shadow_shelves); i++)
		klp_shadow_free_shelf(&klp_shadow_shelves[i], id, dtor);
}
EXPORT_SYMBOL_GPL(klp_shadow_free_all);

/**
 * klp_shadow_init - set up the table and the lists of shadow variables
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_shadow_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(klp_shadow_shelves); i++) {
		spin_lock_init(&klp_shadow_shelves[i].lock);
		INIT_LIST_HEAD(&klp_shadow_shelves[i].list);
	}
	return rhashtable_init(&klp_shadows, &klp_shadow_params);
}
