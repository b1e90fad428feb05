// SPDX-License-Identifier: GPL-2.0
/*
 * livepatch-post.c - a module with mistakes, one for each consistency model
 *
 * This module is not a patch. It is a post office. Run, and see:
 *
 *	# insmod livepatch-post.ko
 *	# post=/sys/kernel/debug/livepatch_post
 *	# cat $post/office
 *	closed, 0 waiting, 0 cents
 *	# (echo 5000 > $post/counter &)
 *	# cat $post/office
 *	closed, 1 waiting, 0 cents
 *	# echo open > $post/office
 *	# cat $post/office
 *	open, 0 waiting, 500 cents
 *	# (cat $post/window > /tmp/parcel &)
 *	# echo 900 > $post/window
 *	# cat /tmp/parcel
 *	0 g
 *	# rmmod livepatch_post
 *
 * The office weighs parcels in kilograms, and forgets the rest. Each of three
 * files has that mistake, but needs a patch of another consistency model,
 * because the weight lives in another place. A write to a file sends a parcel
 * of so many grams.
 *
 * counter	The sender weighs the parcel, waits until the office opens, and
 *		pays. The weight lives in one system call.
 * window	The sender lays the parcel on a tray, and the receiver, a task
 *		that reads the file, takes it. The weight lives in a field that
 *		both tasks use, and only while the sender is in window_put().
 * hatch	As the window, but the receiver remembers the weight, and waits
 *		until the office opens. The weight also lives on the stack of a
 *		task that is in none of the functions that know the unit.
 *
 * There are two more mistakes. A sender that asks not to be kept waiting
 * (O_NONBLOCK) is kept waiting at the counter. And the clerk, a kernel thread,
 * waits as if for a disk, and so counts as load.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "livepatch-post.h"

static struct office office = {
	.queue = __WAIT_QUEUE_HEAD_INITIALIZER(office.queue),
	.clerk = __WAIT_QUEUE_HEAD_INITIALIZER(office.clerk),
};

/* Held by the sender whose parcel is on the tray. */
static DEFINE_MUTEX(post_sender);
static struct task_struct *post_clerk;
static struct dentry *post_dir;

/* The functions that are noinline and __noclone have the mistakes. */

static noinline __noclone int counter_weigh(const char __user *ubuf,
					    size_t count, unsigned int *weight)
{
	int ret = kstrtouint_from_user(ubuf, count, 0, weight);

	*weight /= 1000;
	return ret;
}

static noinline __noclone int counter_enter(struct office *office,
					    unsigned int flags)
{
	return office_wait(office);
}

static noinline __noclone unsigned int counter_postage(unsigned int weight)
{
	return 100 * weight;
}

static noinline __noclone int window_put(struct office *office,
					 unsigned int grams)
{
	return office_put(office, grams / 1000);
}

static noinline __noclone int window_get(struct office *office,
					 unsigned int *grams)
{
	int ret = office_get(office, grams);

	*grams *= 1000;
	return ret;
}

static noinline __noclone unsigned int hatch_weigh(unsigned int grams)
{
	return grams / 1000;
}

static noinline __noclone int hatch_print(char *buf, size_t size,
					  unsigned int weight)
{
	return scnprintf(buf, size, "%u g\n", 1000 * weight);
}

/* One round of the clerk, who is nearly always in this function. */
static noinline __noclone void clerk_serve(struct office *office)
{
	wait_event(office->clerk,
		   atomic_read(&office->till) || kthread_should_stop());
	office_save(office);
}

static int clerk_main(void *unused)
{
	while (!kthread_should_stop())
		clerk_serve(&office);
	return 0;
}

static ssize_t counter_write(struct file *file, const char __user *ubuf,
			     size_t count, loff_t *ppos)
{
	unsigned int weight = 0;
	int ret;

	ret = counter_weigh(ubuf, count, &weight);
	if (ret)
		return ret;
	ret = counter_enter(&office, file->f_flags);
	if (ret)
		return ret;
	atomic_add(counter_postage(weight), &office.till);
	wake_up(&office.clerk);
	return count;
}

static const struct file_operations counter_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = counter_write,
};

/**
 * struct post_desk - what the window and the hatch do
 * @send:	Send a parcel of so many grams.
 * @receive:	Receive one, and describe it.
 */
struct post_desk {
	int (*send)(unsigned int grams);
	int (*receive)(char *buf, size_t size);
};

static int window_send(unsigned int grams)
{
	return window_put(&office, grams);
}

static int window_receive(char *buf, size_t size)
{
	unsigned int grams = 0;
	int ret = window_get(&office, &grams);

	return ret ?: scnprintf(buf, size, "%u g\n", grams);
}

static const struct post_desk window_desk = {
	.send = window_send,
	.receive = window_receive,
};

static int hatch_send(unsigned int grams)
{
	return office_put(&office, hatch_weigh(grams));
}

static int hatch_receive(char *buf, size_t size)
{
	struct office *o = &office;
	unsigned int weight;
	int ret;

	spin_lock(&o->queue.lock);
	do {
		ret = wait_event_interruptible_locked(o->queue, o->full);
		weight = o->weight;
		/* The lock is not held while this task sleeps. */
		if (!ret)
			ret = wait_event_interruptible_locked(o->queue,
							      o->open);
		/* The sender may have left, and another one may have come. */
	} while (!ret && (!o->full || o->weight != weight));
	if (!ret)
		office_take(o);
	spin_unlock(&o->queue.lock);
	return ret ?: hatch_print(buf, size, weight);
}

static const struct post_desk hatch_desk = {
	.send = hatch_send,
	.receive = hatch_receive,
};

static ssize_t desk_write(struct file *file, const char __user *ubuf,
			  size_t count, loff_t *ppos)
{
	const struct post_desk *desk = file->private_data;
	unsigned int grams;
	int ret;

	ret = kstrtouint_from_user(ubuf, count, 0, &grams);
	if (ret)
		return ret;
	if (mutex_lock_interruptible(&post_sender))
		return -ERESTARTSYS;
	ret = desk->send(grams);
	mutex_unlock(&post_sender);
	return ret ?: count;
}

/* Each task that opens the file receives one parcel. */
static ssize_t desk_read(struct file *file, char __user *ubuf, size_t count,
			 loff_t *ppos)
{
	const struct post_desk *desk = file->private_data;
	char buf[16];
	int len;

	if (*ppos)
		return 0;
	len = desk->receive(buf, sizeof(buf));
	if (len < 0)
		return len;
	return simple_read_from_buffer(ubuf, count, ppos, buf, len);
}

static const struct file_operations desk_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = desk_read,
	.write = desk_write,
};

static int office_show(struct seq_file *m, void *unused)
{
	size_t waiting;

	spin_lock(&office.queue.lock);
	waiting = list_count_nodes(&office.queue.head);
	spin_unlock(&office.queue.lock);
	seq_printf(m, "%s, %zu waiting, %u cents\n",
		   READ_ONCE(office.open) ? "open" : "closed", waiting,
		   READ_ONCE(office.safe));
	return 0;
}

static int office_open(struct inode *inode, struct file *file)
{
	return single_open(file, office_show, NULL);
}

static ssize_t office_write(struct file *file, const char __user *ubuf,
			    size_t count, loff_t *ppos)
{
	char buf[8] = "";

	if (count >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, count))
		return -EFAULT;
	if (!sysfs_streq(buf, "open") && !sysfs_streq(buf, "close"))
		return -EINVAL;
	spin_lock(&office.queue.lock);
	WRITE_ONCE(office.open, buf[0] == 'o');
	wake_up_all_locked(&office.queue);
	spin_unlock(&office.queue.lock);
	return count;
}

static const struct file_operations office_fops = {
	.owner = THIS_MODULE,
	.open = office_open,
	.read = seq_read,
	.write = office_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init post_init(void)
{
	post_clerk = kthread_run(clerk_main, NULL, "post_clerk");
	if (IS_ERR(post_clerk))
		return PTR_ERR(post_clerk);
	post_dir = debugfs_create_dir("livepatch_post", NULL);
	debugfs_create_file("office", 0600, post_dir, NULL, &office_fops);
	debugfs_create_file("counter", 0200, post_dir, NULL, &counter_fops);
	debugfs_create_file("window", 0600, post_dir, (void *)&window_desk,
			    &desk_fops);
	debugfs_create_file("hatch", 0600, post_dir, (void *)&hatch_desk,
			    &desk_fops);
	return 0;
}

static void __exit post_exit(void)
{
	debugfs_remove(post_dir);
	kthread_stop(post_clerk);
}

module_init(post_init);
module_exit(post_exit);
MODULE_DESCRIPTION("A post office, with mistakes for live patches to fix");
MODULE_LICENSE("GPL");
