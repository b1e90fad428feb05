// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-lockers.c - a module with mistakes, for other samples to patch
 *
 * This module is not a patch. It keeps things in lockers, and a PIN opens a
 * locker. Run, and see:
 *
 *	# insmod livepatch-lockers.ko
 *	# desk=/sys/kernel/debug/livepatch_lockers
 *	# echo put 7 1234 umbrella > $desk
 *	# cat $desk
 *	7: umbrella
 *	# echo take 7 4321 > $desk
 *	bash: echo: write error: Permission denied
 *	# echo take 7 1234 > $desk
 *	# cat $desk
 *	# rmmod livepatch_lockers
 *
 * The module has two mistakes. There are ten thousand PINs, and a user can try
 * them all. If the parameter "limit" is set, one locker more than that can be
 * used.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "livepatch-lockers.h"

/*
 * Static functions that patches replace are noinline and __noclone. Otherwise
 * the compiler might inline them, or make functions with other arguments of
 * them, and they could not be patched on their own.
 */
static DEFINE_MUTEX(lockers_lock);
static LIST_HEAD(lockers);
static unsigned int nr_lockers;
static struct dentry *desk;

static unsigned int limit;
module_param(limit, uint, 0644);
MODULE_PARM_DESC(limit, "How many lockers may be in use (0: any number)");

/* Check whether there is room for another locker. */
static noinline __noclone int locker_admit(unsigned int used, unsigned int max)
{
	return max && used > max ? -ENOSPC : 0;
}

static noinline __noclone struct locker *locker_new(unsigned int number,
						    unsigned int pin)
{
	struct locker *locker = kzalloc(sizeof(*locker), GFP_KERNEL);

	if (locker) {
		locker->number = number;
		locker->pin = pin;
	}
	return locker;
}

/* Check whether this PIN opens the locker. */
static noinline __noclone int locker_open(struct locker *locker,
					  unsigned int pin)
{
	return pin == locker->pin ? 0 : -EACCES;
}

static noinline __noclone void locker_free(struct locker *locker)
{
	kfree(locker);
}

static noinline __noclone void locker_show(struct seq_file *m,
					   struct locker *locker)
{
	seq_printf(m, "%u: %s\n", locker->number, locker->thing);
}

static struct locker *locker_find(unsigned int number)
{
	struct locker *locker;

	list_for_each_entry(locker, &lockers, list)
		if (locker->number == number)
			return locker;
	return NULL;
}

static int desk_put(unsigned int number, unsigned int pin, const char *thing)
{
	struct locker *locker;
	int ret;

	if (locker_find(number))
		return -EEXIST;
	ret = locker_admit(nr_lockers, READ_ONCE(limit));
	if (ret)
		return ret;
	locker = locker_new(number, pin);
	if (!locker)
		return -ENOMEM;
	strscpy(locker->thing, thing);
	list_add_tail(&locker->list, &lockers);
	nr_lockers++;
	return 0;
}

static int desk_take(unsigned int number, unsigned int pin)
{
	struct locker *locker = locker_find(number);
	int ret;

	if (!locker)
		return -ENOENT;
	ret = locker_open(locker, pin);
	if (ret)
		return ret;
	list_del(&locker->list);
	nr_lockers--;
	locker_free(locker);
	return 0;
}

static ssize_t desk_write(struct file *file, const char __user *ubuf,
			  size_t count, loff_t *ppos)
{
	char buf[64], thing[LOCKER_TEXT];
	unsigned int number, pin;
	int ret = -EINVAL;

	if (count >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, count))
		return -EFAULT;
	buf[count] = '\0';

	mutex_lock(&lockers_lock);
	if (sscanf(buf, "put %u %u %31s", &number, &pin, thing) == 3)
		ret = desk_put(number, pin, thing);
	else if (sscanf(buf, "take %u %u", &number, &pin) == 2)
		ret = desk_take(number, pin);
	mutex_unlock(&lockers_lock);
	return ret ?: count;
}

static int desk_show(struct seq_file *m, void *unused)
{
	struct locker *locker;

	mutex_lock(&lockers_lock);
	list_for_each_entry(locker, &lockers, list)
		locker_show(m, locker);
	mutex_unlock(&lockers_lock);
	return 0;
}

static int desk_open(struct inode *inode, struct file *file)
{
	return single_open(file, desk_show, NULL);
}

static const struct file_operations desk_fops = {
	.owner = THIS_MODULE,
	.open = desk_open,
	.read = seq_read,
	.write = desk_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init lockers_init(void)
{
	desk = debugfs_create_file("livepatch_lockers", 0600, NULL, NULL,
				   &desk_fops);
	return 0;
}

static void __exit lockers_exit(void)
{
	struct locker *locker, *next;

	/* Waits for users of the file. So the lock is not needed below. */
	debugfs_remove(desk);
	list_for_each_entry_safe(locker, next, &lockers, list)
		locker_free(locker);
}

module_init(lockers_init);
module_exit(lockers_exit);
MODULE_DESCRIPTION("Lockers, with mistakes for live patches to fix");
MODULE_LICENSE("GPL");
