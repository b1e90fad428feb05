// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: running the author's callbacks when objects are patched and
 * unpatched.
 *
 * An object is prepared when its pre-patch callback has succeeded, or at once
 * if it has none. It stays prepared until its post-unpatch callback has run.
 * The last three callbacks run only for prepared objects.
 *
 * When post-unpatch runs, no call leads to the object's new code any more. A
 * task may still be in the patch module: in a helper that new code has jumped
 * to or, if the task was forced, in the new code.
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
 * klp_callback_running - tell whether the current task runs a callback
 *
 * Context: Any.
 * Return: true if it does; the task holds klp_mutex then.
 */
bool klp_callback_running(void)
{
	/* Other tasks write NULL or themselves, never this task. */
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
 * klp_callback_pre_patch - run an object's pre-patch callback
 * @object: the object, bound; its functions are not redirected yet
 *
 * Logs one line if the callback fails.
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
 * klp_callback_post_patch - run an object's post-patch callback
 * @object: the object; all tasks have switched to its patch
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
 * klp_callback_pre_unpatch - run an object's pre-unpatch callback
 * @object: the object, still patched; no task has begun to switch away from it
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
 * klp_callback_post_unpatch - run an object's post-unpatch callback
 * @object: the object, prepared or not; no call leads to its new code any more
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
 * klp_callback_pre_patch_all - run the pre-patch callbacks of a patch
 * @live: the patch; its functions are not redirected yet
 *
 * Context: Process, may sleep; klp_mutex held.
 * Return: 0, or what the first callback that failed has returned; then the
 * objects before that one still need klp_callback_post_unpatch_all().
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
 * klp_callback_post_patch_all - run the post-patch callbacks of a patch
 * @live: the patch; all tasks have switched to it
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
 * klp_callback_pre_unpatch_all - run the pre-unpatch callbacks of a patch
 * @live: the patch; no task has begun to switch away from it
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
 * klp_callback_post_unpatch_all - run the post-unpatch callbacks of a patch
 * @live: the patch, whose objects may be prepared or not; no call leads to its
 *	code any more
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
