#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every kind of task switches soon, and is not disturbed.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

CPU1=/sys/devices/system/cpu/cpu1/online
CPU2=/sys/devices/system/cpu/cpu2/online

# across TASK...: in a transition that a sleeper blocks, each of these tasks
# switches within a second, and after a reversal switches back
across() {
	local pid
	sleeper
	load test_klp_sleeper
	for pid; do
		retry 1 is "/proc/$pid/patch_state" 1 || fail "$pid is not patched"
	done
	expect "transition" "$(< $SYSFS/test_klp_sleeper/transition)" 1
	expect "state of the sleeper" "$(patch_state "$sleeper")" 0
	disable test_klp_sleeper
	retry 1 is_complete test_klp_sleeper unpatching ||
		fail "not reversed: $(blockers)"
}

# Breaks if a task in user mode switches neither at the return from an interrupt
# nor while it is preempted. Without the nudge the tick would do, but later.
begin "a task that makes no system calls"
background taskset -c 1 "$HERE/klp_storm" spin
spin=$!
sleep 0.05
across "$spin"
expect "state of the task" "$(patch_state "$spin")" -1
expect "its run state" "$(cut -d ' ' -f 3 "/proc/$spin/stat")" R
kill "$spin"
finish

# Breaks if sleeping tasks are woken or signalled, and not switched on the spot.
begin "a task asleep in an unrelated system call, which is not woken"
background sleep 1000
sleeping=$!
retry 2 grep -q nanosleep "/proc/$sleeping/stack" || fail "it does not sleep"
before=$(grep ctxt_switches "/proc/$sleeping/status")
across "$sleeping"
load test_klp_pair
settled test_klp_pair
disable test_klp_pair
unloadable test_klp_pair
expect "number of context switches" \
	"$(grep ctxt_switches "/proc/$sleeping/status" | paste -s)" \
	"$(echo "$before" | paste -s)"
finish

# Breaks if kernel threads, which never pass kernel exit, are not looked at
# while they run.
begin "a kernel thread that never sleeps"
echo spin > $TESTFS/kthread
read -r kthread _ < $TESTFS/kthread
across "$kthread"
expect "state of the thread" "$(patch_state "$kthread")" -1
expect "its run state" "$(cut -d ' ' -f 3 "/proc/$kthread/stat")" R
echo stop > $TESTFS/kthread
finish

# Breaks if idle tasks are not woken, do not switch by themselves, or are
# polled.
begin "idle CPUs, promptly and with few walks"
for direction in patching unpatching; do
	walks=$(counter walks)
	if [ $direction = patching ]; then
		load test_klp_pair
	else
		disable test_klp_pair
	fi
	sleep 0.3
	logged "'test_klp_pair': $direction complete"
	between 0 100 "starting $direction transition" "$direction complete"
	walks=$(($(counter walks) - walks))
	diag "$walks walks for $direction"
	[ $walks -le 4 ] || fail "$walks walks"
done
gone $SYSFS/test_klp_pair || fail "still in sysfs"
finish

# Breaks if completion waits for the next retry, which comes once a second by
# then: one round could pass by luck, four rounds cannot.
begin "the last task that switches completes the transition, without polling"
for round in {1..4}; do
	sleeper
	load test_klp_sleeper
	sleep 2.7
	expect "transition" "$(< $SYSFS/test_klp_sleeper/transition)" 1
	mark "$round"
	if [ "$round" = 4 ]; then
		# The last task may also die.
		kill -KILL "$sleeper"
	else
		let_go
	fi
	settled test_klp_sleeper 3
	between 0 100 "test: mark $round" "patching complete"
	disable test_klp_sleeper
	unload test_klp_sleeper
done
finish

# Breaks if the engine does anything after the transition.
begin "no work without a transition"
load test_klp_pair
settled test_klp_pair
before=$(grep -E '^(walks|switched|signals|preemptions)' $COUNTERS)
sleep 5
expect "the counters" \
	"$(grep -E '^(walks|switched|signals|preemptions)' $COUNTERS | paste -s)" \
	"$(echo "$before" | paste -s)"
finish

# Breaks if a transition waits for the idle task of such a CPU: until it has
# run, it does not look like an idle task.
if is $CPU2 0; then
	begin "a CPU that has never been online"
	load test_klp_pair
	settled test_klp_pair
	echo 1 > $CPU2 || fail "cannot take CPU 2 online"
	expect "inconsistent calls there" \
		"$(taskset -c 2 cat $TESTFS/consistency)" 0
	disable test_klp_pair
	unload test_klp_pair
	expect "inconsistent calls there" \
		"$(taskset -c 2 cat $TESTFS/consistency)" 0
	finish
	echo 0 > $CPU2
else
	skip "a CPU that has never been online" "needs maxcpus="
fi

if [ ! -w $CPU1 ]; then
	skip "a CPU that comes online during a transition" "no second CPU"
	skip "a CPU that goes offline during a transition" "no second CPU"
	plan
fi

# Breaks if a transition waits for the idle task of an offline CPU, or if that
# task returns in the old universe: then the next verification warns.
begin "a CPU that comes online during a transition"
sleeper
echo 0 > $CPU1 || fail "cannot take CPU 1 offline"
load test_klp_sleeper
retry 1 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
echo 1 > $CPU1 || fail "cannot take CPU 1 online"
expect "state of a task there" \
	"$(taskset -c 1 cat /proc/self/patch_state)" 1
retry 1 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
let_go
settled test_klp_sleeper
disable test_klp_sleeper
unload test_klp_sleeper
load test_klp_pair
settled test_klp_pair
expect "inconsistent calls there" \
	"$(taskset -c 1 cat $TESTFS/consistency)" 0
finish
echo 1 > $CPU1 2> /dev/null

# Breaks if a task is lost when its CPU goes offline, or if the idle task of a
# CPU that returns after several transitions is in the wrong universe.
begin "a CPU that goes offline during a transition"
sleeper
load test_klp_sleeper
retry 1 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
echo 0 > $CPU1 || fail "cannot take CPU 1 offline"
retry 1 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
let_go
settled test_klp_sleeper
disable test_klp_sleeper
unload test_klp_sleeper
# An odd number of transitions while the CPU is offline
load test_klp_pair
settled test_klp_pair
echo 1 > $CPU1 || fail "cannot take CPU 1 online"
expect "inconsistent calls there" \
	"$(taskset -c 1 cat $TESTFS/consistency)" 0
disable test_klp_pair
unload test_klp_pair
expect "inconsistent calls there" \
	"$(taskset -c 1 cat $TESTFS/consistency)" 0
finish
echo 1 > $CPU1 2> /dev/null

# CPU 1 is isolated here as an administrator does it while the machine runs.
CGROUP=/sys/fs/cgroup
ISOLATED=$CGROUP/klp_isolated
DELAY=/proc/sys/kernel/livepatch_isolated_delay_ms
idle="idle isolated CPUs are woken at once"
busy="a busy isolated CPU is left alone for as long as the administrator says"

isolate() {
	grep -qsw cpuset $CGROUP/cgroup.controllers || return
	echo +cpuset > $CGROUP/cgroup.subtree_control
	mkdir $ISOLATED
	echo 1 > $ISOLATED/cpuset.cpus
	echo isolated > $ISOLATED/cpuset.cpus.partition
	is $ISOLATED/cpuset.cpus.partition isolated
}

if ! isolate; then
	skip "$idle" "no control groups for that"
	skip "$busy" "no control groups for that"
	plan
fi

# Breaks if idle isolated CPUs wait as long as busy ones.
begin "$idle"
for _ in 1 2 3; do
	pause 0.2
	load test_klp_pair
	settled test_klp_pair 3
	between 0 100 "starting patching transition" "patching complete"
	disable test_klp_pair
	unload test_klp_pair
	between 0 100 "starting unpatching transition" "unpatching complete"
done
finish

# lasted PATCH: set value to the milliseconds that enabling the patch has taken
lasted() {
	value=$((($(stamp "'$1': patching complete") -
		  $(stamp "'$1': starting patching transition")) / 1000))
}

# after DELAY MOST PATCH: with that delay, enabling takes at least DELAY and at
# most MOST milliseconds, in one try of five. It is early when another task has had
# the CPU, perhaps a kworker: the busy task has switched then. It is late when the
# host has had other work than this machine.
after() {
	local try
	for try in 1 2 3 4 5; do
		echo "$1" > $DELAY || fail "the delay cannot be set"
		load "$3"
		settled "$3" 6
		lasted "$3"
		# On a slow kernel other tasks have the CPU now and then.
		if [ "$value" -le "$2" ] && { slow || [ "$value" -ge "$1" ]; }; then
			return
		fi
		diag "complete after $value ms, try $try"
		# Not to wait as long for the other direction
		echo 1 > $DELAY
		disable "$3"
		# A module goes when all tasks have slept, which this one never does.
		echo stop > /sys/module/test_klp_busy/parameters/run
		unload "$3"
		echo pinned > /sys/module/test_klp_busy/parameters/run
		pause 0.2
	done
	fail "with a delay of $1 ms, enabling never takes $1 to $2 ms"
}

# Breaks if the delay is a constant, or does not apply to kernel threads. A task
# in user mode is no use here: the tick disturbs it anyway. So does the watchdog
# with any task, to know whether the CPU still schedules; hence it is off.
begin "$busy"
value $DELAY
old_delay=$value
expect "delay by default" "$old_delay" 1000
value /proc/sys/kernel/soft_watchdog
old_watchdog=$value
echo 0 > /proc/sys/kernel/soft_watchdog
load test_klp_busy
echo pinned > /sys/module/test_klp_busy/parameters/run
pause 0.2
after 200 600 test_klp_pair
after 2000 3100 test_klp_stack_a
write_fails $DELAY -1 "Invalid argument"
echo "${old_delay:-1000}" > $DELAY
echo stop > /sys/module/test_klp_busy/parameters/run
[ -z "$old_watchdog" ] || echo "$old_watchdog" > /proc/sys/kernel/soft_watchdog
finish

rmdir $ISOLATED

plan
