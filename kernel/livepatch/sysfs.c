// SPDX-License-Identifier: GPL-2.0
/*
 * Live patching: /sys/kernel/livepatch/
 *
 * The attributes are described in
 * Documentation/ABI/testing/sysfs-kernel-livepatch.
 *
 * A patch and an object are kobjects, since they have attributes. Of functions
 * thousands may be patched: the folder of one, and the file in it, are bare
 * kernfs nodes, which are removed with the object's folder.
 */
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/lockdep_types.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/sysfs.h>

#include "klp.h"
#include "sysfs.h"

static struct kset *klp_root;
static const struct klp_sysfs_ops *klp_ops;

static struct klp_live_patch *to_live(struct kobject *kobj)
{
	return container_of(kobj, struct klp_live_patch, kobj);
}

static struct klp_live_object *to_object(struct kobject *kobj)
{
	return container_of(kobj, struct klp_live_object, kobj);
}

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_live(kobj)->enabled));
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	bool enabled;
	int ret;

	ret = kstrtobool(buf, &enabled);
	if (ret)
		return ret;
	ret = klp_ops->set_enabled(to_live(kobj), enabled);
	return ret ?: count;
}

static ssize_t transition_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_live(kobj)->transition));
}

static ssize_t force_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	bool force;
	int ret;

	ret = kstrtobool(buf, &force);
	if (ret)
		return ret;
	if (force)
		ret = klp_ops->force(to_live(kobj));
	return ret ?: count;
}

static ssize_t replace_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", to_live(kobj)->replace);
}

static ssize_t stack_order_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", klp_ops->stack_order(to_live(kobj)));
}

static ssize_t pending_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", klp_ops->pending(to_live(kobj)));
}

static ssize_t timeout_ms_show(struct kobject *kobj, struct kobj_attribute *attr,
			       char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_live(kobj)->timeout_ms));
}

static ssize_t timeout_ms_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	unsigned int timeout_ms;
	int ret;

	ret = kstrtouint(buf, 0, &timeout_ms);
	if (ret)
		return ret;
	ret = klp_ops->set_timeout(to_live(kobj), timeout_ms);
	return ret ?: count;
}

static ssize_t consistency_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_live(kobj)->model->name);
}

static ssize_t stopped_ns_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_live(kobj)->times.stopped_ns));
}

static ssize_t parked_ns_show(struct kobject *kobj,
			      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_live(kobj)->times.parked_ns));
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);
static struct kobj_attribute transition_attr = __ATTR_RO(transition);
static struct kobj_attribute force_attr = __ATTR_WO(force);
static struct kobj_attribute replace_attr = __ATTR_RO(replace);
static struct kobj_attribute stack_order_attr = __ATTR_RO(stack_order);
static struct kobj_attribute pending_attr = __ATTR_RO(pending);
static struct kobj_attribute timeout_ms_attr = __ATTR_RW(timeout_ms);
static struct kobj_attribute consistency_attr = __ATTR_RO(consistency);
static struct kobj_attribute stopped_ns_attr = __ATTR_RO(stopped_ns);
static struct kobj_attribute parked_ns_attr = __ATTR_RO(parked_ns);

static struct attribute *klp_live_patch_attrs[] = {
	&enabled_attr.attr,
	&transition_attr.attr,
	&force_attr.attr,
	&replace_attr.attr,
	&stack_order_attr.attr,
	&pending_attr.attr,
	&timeout_ms_attr.attr,
	&consistency_attr.attr,
	&stopped_ns_attr.attr,
	&parked_ns_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(klp_live_patch);

static ssize_t patched_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_object(kobj)->patched));
}

static ssize_t build_id_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%s\n", to_object(kobj)->build_id);
}

static struct kobj_attribute patched_attr = __ATTR_RO(patched);
static struct kobj_attribute build_id_attr = __ATTR_RO(build_id);

static struct attribute *klp_live_object_attrs[] = {
	&patched_attr.attr,
	&build_id_attr.attr,
	NULL
};

static umode_t klp_sysfs_object_mode(struct kobject *kobj, struct attribute *attr, int n)
{
	if (attr == &build_id_attr.attr && !to_object(kobj)->build_id)
		return 0;
	return attr->mode;
}

static const struct attribute_group klp_live_object_group = {
	.attrs = klp_live_object_attrs,
	.is_visible = klp_sysfs_object_mode,
};
__ATTRIBUTE_GROUPS(klp_live_object);

static void klp_live_patch_kobj_release(struct kobject *kobj)
{
	struct klp_live_patch *live = to_live(kobj);

	kvfree(live->cold);
	kfree(live);
}

static void klp_live_object_kobj_release(struct kobject *kobj)
{
	struct klp_live_object *object = to_object(kobj);

	kfree(object->build_id);
	kvfree(object);
}

static const struct kobj_type klp_live_patch_ktype = {
	.release = klp_live_patch_kobj_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = klp_live_patch_groups,
};

static const struct kobj_type klp_live_object_ktype = {
	.release = klp_live_object_kobj_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = klp_live_object_groups,
};

static int calls_seq_show(struct seq_file *m, void *unused)
{
	const struct kernfs_open_file *of = m->private;

	klp_ops->calls(m, of->kn->priv);
	return 0;
}

static const struct kernfs_ops calls_kernfs_ops = {
	.seq_show = calls_seq_show,
};

static int effect_seq_show(struct seq_file *m, void *unused)
{
	const struct kernfs_open_file *of = m->private;

	klp_ops->effect(m, of->kn->priv);
	return 0;
}

static const struct kernfs_ops effect_kernfs_ops = {
	.seq_show = effect_seq_show,
};

/**
 * klp_sysfs_init_patch - make a patch's kobject own the patch's memory
 * @live: the patch; from now on freed by kobject_put()
 */
void klp_sysfs_init_patch(struct klp_live_patch *live)
{
	kobject_init(&live->kobj, &klp_live_patch_ktype);
}

/**
 * klp_sysfs_init_object - make an object's kobject own the object's memory
 * @object: the object; from now on freed by kobject_put()
 */
void klp_sysfs_init_object(struct klp_live_object *object)
{
	kobject_init(&object->kobj, &klp_live_object_ktype);
}

/* Create a file that is not an attribute, which has a kobject, and is limited to a page. */
static int klp_sysfs_add_file(struct kernfs_node *dir, const char *name,
			      const struct kernfs_ops *ops, void *priv)
{
	static struct lock_class_key key;
	struct kernfs_node *kn;

	kn = __kernfs_create_file(dir, name, 0444, GLOBAL_ROOT_UID,
				  GLOBAL_ROOT_GID, 0, ops, priv, NULL, &key);
	return PTR_ERR_OR_ZERO(kn);
}

static int klp_sysfs_add_function(struct klp_live_object *object,
				  struct klp_live_func *func)
{
	struct kernfs_node *kn;
	char *name;

	name = kasprintf(GFP_KERNEL, "%s,%lu", func->name,
			 max(klp_live_func_source(func)->old_sympos, 1UL));
	if (!name)
		return -ENOMEM;
	kn = kernfs_create_dir(object->kobj.sd, name, 0755, NULL);
	kfree(name);
	if (kn == ERR_PTR(-EEXIST)) {
		pr_err("function '%s' is patched twice by the same patch\n",
		       func->name);
		return -EINVAL;
	}
	if (IS_ERR(kn))
		return PTR_ERR(kn);
	return klp_sysfs_add_file(kn, "effect", &effect_kernfs_ops, func);
}

static int klp_sysfs_add_object(struct klp_live_object *object)
{
	struct klp_live_func *func;
	int ret;

	ret = kobject_add(&object->kobj, &object->patch->kobj, "%s",
			  object->name);
	if (ret)
		return ret;
	klp_for_each_live_func(object, func) {
		ret = klp_sysfs_add_function(object, func);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * klp_sysfs_add_patch - create a patch's folder with all that is in it
 * @live: the patch
 *
 * Context: Process, may sleep.
 * Return: 0, -ENOMEM, -EINVAL if the patch has a function twice, or -EEXIST if
 * an object has the name of an attribute. On error the caller still has to call
 * klp_sysfs_remove_objects() and klp_sysfs_remove_patch().
 */
int klp_sysfs_add_patch(struct klp_live_patch *live)
{
	struct klp_live_object *object;
	int ret;

	live->kobj.kset = klp_root;
	ret = kobject_add(&live->kobj, NULL, "%s", live->mod->name);
	if (ret)
		return ret;
	ret = klp_sysfs_add_file(live->kobj.sd, "calls", &calls_kernfs_ops, live);
	if (ret)
		return ret;
	klp_for_each_live_object(live, object) {
		ret = klp_sysfs_add_object(object);
		if (ret)
			return ret;
	}
	/* The removal is announced by kobject_del(). */
	kobject_uevent(&live->kobj, KOBJ_ADD);
	return 0;
}

/**
 * klp_sysfs_remove_objects - remove the folders of a patch's objects
 * @live: the patch; folders may be missing
 *
 * Context: Process. Sleeps until no attribute of the objects is in use: hold no
 * lock that an attribute takes.
 */
void klp_sysfs_remove_objects(struct klp_live_patch *live)
{
	struct klp_live_object *object;

	klp_for_each_live_object(live, object)
		if (object->kobj.state_in_sysfs)
			kobject_del(&object->kobj);
}

/**
 * klp_sysfs_remove_patch - remove a patch's folder
 * @live: the patch, after klp_sysfs_remove_objects(); the folder may be missing
 *
 * Context: Process. Sleeps until no attribute of the patch is in use: hold no
 * lock that an attribute takes, klp_mutex for example.
 */
void klp_sysfs_remove_patch(struct klp_live_patch *live)
{
	if (live->kobj.state_in_sysfs)
		kobject_del(&live->kobj);
}

/**
 * klp_sysfs_init - create /sys/kernel/livepatch/
 * @ops: what the attributes do
 *
 * Return: 0 or -ENOMEM.
 */
int __init klp_sysfs_init(const struct klp_sysfs_ops *ops)
{
	klp_ops = ops;
	/* A set, because only then its members send uevents. */
	klp_root = kset_create_and_add("livepatch", NULL, kernel_kobj);
	return klp_root ? 0 : -ENOMEM;
}

/**
 * klp_sysfs_exit - undo klp_sysfs_init()
 */
void __init klp_sysfs_exit(void)
{
	kset_unregister(klp_root);
	klp_root = NULL;
}
