// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: what authors want to be done when objects are patched and
 * unpatched.
 *
 * Once an object's first callback has let it be patched it is prepared, until
 * its last callback has run. Only the callbacks of prepared objects run.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/compiler.h>
#include <linux/livepatch.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "callback.h"
#include "klp.h"

/* The task that runs a callback, NULL if none does. Written under klp_mutex. */
static struct task_struct *klp_callback_task;

/**
 * klp_callback_running - does the current task run a callback?
 *
 * Context: Any.
 * Return: true if it does; it holds klp_mutex then.
 */
bool klp_callback_running(void)
{
	/* Whatever another task writes, it is not this task. */
	return READ_ONCE(klp_callback_task) == current;
}

static int klp_run_pre(int (*callback)(struct klp_object *obj),
		       struct klp_object *obj)
{
	int ret;

	WRITE_ONCE(klp_callback_task, current);
	ret = callback(obj);
	WRITE_ONCE(klp_callback_task, NULL);
	return ret;
}

static void klp_run(void (*callback)(struct klp_object *obj),
		    struct klp_object *obj)
{
	WRITE_ONCE(klp_callback_task, current);
	callback(obj);
	WRITE_ONCE(klp_callback_task, NULL);
}

/**
 * klp_callback_pre_patch - before the functions of an object are redirected
 * @object: the object, bound
 *
 * Logs it if the callback refuses.
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or what the callback has returned.
 */
int klp_callback_pre_patch(struct klp_live_object *object)
{
	struct klp_object *obj = object->obj;
	int ret = 0;

	lockdep_assert_held(&klp_mutex);

	if (obj->callbacks.pre_patch)
		ret = klp_run_pre(obj->callbacks.pre_patch, obj);
	if (ret)
		pr_warn("pre-patch callback failed for object '%s'\n",
			object->name);
	object->prepared = !ret;
	return ret;
}

/**
 * klp_callback_post_patch - all tasks are in the object's new code
 * @object: the object
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_callback_post_patch(struct klp_live_object *object)
{
	struct klp_object *obj = object->obj;

	lockdep_assert_held(&klp_mutex);

	if (object->prepared && obj->callbacks.post_patch)
		klp_run(obj->callbacks.post_patch, obj);
}

/**
 * klp_callback_pre_unpatch - before the object's new code is given up
 * @object: the object
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_callback_pre_unpatch(struct klp_live_object *object)
{
	struct klp_object *obj = object->obj;

	lockdep_assert_held(&klp_mutex);

	if (object->prepared && obj->callbacks.pre_unpatch)
		klp_run(obj->callbacks.pre_unpatch, obj);
}

/**
 * klp_callback_post_unpatch - no task is in the object's new code any more
 * @object: the object; need not have been prepared
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_callback_post_unpatch(struct klp_live_object *object)
{
	struct klp_object *obj = object->obj;

	lockdep_assert_held(&klp_mutex);

	if (object->prepared && obj->callbacks.post_unpatch)
		klp_run(obj->callbacks.post_unpatch, obj);
	object->prepared = false;
}

/**
 * klp_callback_pre_patch_all - before the functions of a patch are redirected
 * @live: the patch
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or what the first callback that refused has returned; then the
 * objects before it still need klp_callback_post_unpatch_all().
 */
int klp_callback_pre_patch_all(struct klp_live_patch *live)
{
	struct klp_live_object *object;
	int ret;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object) {
		ret = object->bound ? klp_callback_pre_patch(object) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * klp_callback_post_patch_all - all tasks are in the patch's code
 * @live: the patch
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_callback_post_patch_all(struct klp_live_patch *live)
{
	struct klp_live_object *object;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object)
		klp_callback_post_patch(object);
}

/**
 * klp_callback_pre_unpatch_all - before tasks start to leave the patch's code
 * @live: the patch
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_callback_pre_unpatch_all(struct klp_live_patch *live)
{
	struct klp_live_object *object;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object)
		klp_callback_pre_unpatch(object);
}

/**
 * klp_callback_post_unpatch_all - no task is in the patch's code any more
 * @live: the patch; may have been prepared in part
 *
 * Context: Process, may sleep; klp_mutex held.
 */
void klp_callback_post_unpatch_all(struct klp_live_patch *live)
{
	struct klp_live_object *object;

	lockdep_assert_held(&klp_mutex);

	klp_for_each_live_object(live, object)
		klp_callback_post_unpatch(object);
}
