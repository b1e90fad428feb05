// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that klp_interrupt sleeps in, replaced by functions that return
 * 77: a task that calls one again after an interruption sees that.
 */
#include <linux/ptrace.h>
#include <linux/sem.h>
#include <linux/time64.h>

#include "test_klp.h"

#define RESTARTED 77

static long new_syscall(const struct pt_regs *regs)
{
	return RESTARTED;
}

static long new_do_semtimedop(int semid, struct sembuf __user *tsops,
			      unsigned int nsops,
			      const struct timespec64 *timeout)
{
	return RESTARTED;
}

static int new_test_sleeper(bool kthread)
{
	return RESTARTED;
}

static struct klp_func funcs[] = {
	{ .old_name = "__x64_sys_epoll_wait", .new_func = new_syscall },
	{ .old_name = "__x64_sys_rt_sigtimedwait", .new_func = new_syscall },
	{ .old_name = "__x64_sys_futex", .new_func = new_syscall },
	{ .old_name = "__x64_sys_io_uring_enter", .new_func = new_syscall },
	{ .old_name = "do_semtimedop", .new_func = new_do_semtimedop },
	{ .old_name = "klp_test_sleeper", .new_func = new_test_sleeper },
	{ }
};

TEST_KLP_VMLINUX(funcs);
