#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module of a disabled or replaced patch is not released while a task runs
# its code, whether or not a replacement has led there. The patch's folder in
# sysfs stays as long: when it has disappeared, a script can unload the module.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_tail

# asleep_in_helper PID: the task sleeps in the helper, and has no frame of the
# replacement
asleep_in_helper() {
	local stack
	stack=$(< "/proc/$1/stack")
	[[ $stack == *test_klp_tail_helper* && $stack != *test_klp_tail_sleeper* ]]
} 2> /dev/null

# tail_sleeper: start a user task that jumps to the helper; sets $sleeper
tail_sleeper() {
	background dd if=$TESTFS/sleep of=/dev/null bs=1 count=1 status=none
	sleeper=$!
	retry 2 asleep_in_helper "$sleeper" ||
		fail "no task has jumped to the helper: $(< "/proc/$sleeper/stack")"
}

# working: sets $worker to the PID of the worker that runs the work item
working() {
	local file
	for file in /proc/[0-9]*/stack; do
		grep -qs test_klp_tail_work_fn "$file" || continue
		worker=${file//[!0-9]/}
		return 0
	done
	return 1
}

# not_in_transition PATCH: it is in no transition, or not in sysfs any more
not_in_transition() { gone "$SYSFS/$1" || is "$SYSFS/$1/transition" 0; }

reported() { grep -q "^$1 .*$P" $BLOCKED; }

# held PID [PATCH]: the transition is complete, by default that of $P itself,
# and $P is still in sysfs because of that task
held() {
	local file
	retry 2 not_in_transition "${2-$P}" || fail "in transition: $(blockers)"
	# Time enough to release the module by mistake
	pause 0.5
	if gone $SYSFS/$P; then
		fail "the folder has gone"
	else
		expect "enabled" "$(< $SYSFS/$P/enabled)" 0
		expect "transition" "$(< $SYSFS/$P/transition)" 0
		expect "stack_order" "$(< $SYSFS/$P/stack_order)" 1
	fi
	expect "references on the module" "$(< /sys/module/$P/refcnt)" 1
	reported "$1" ||
		fail "not reported, but: $(head -n 3 $BLOCKED)"
	expect "functions in ftrace" "$(cut -d ' ' -f 1 $TRACEFS/enabled_functions |
		grep klp_test_sleeper)" ""
}

# release_and_unload: the sleepers leave, the folder disappears, and then the
# module can be unloaded
release_and_unload() {
	let_go
	retry 10 gone $SYSFS/$P || fail "the folder does not go"
	rmmod $P || fail "the folder has gone, and the module cannot be unloaded"
}

# Breaks if only replacements are looked for on stacks, or if the folder
# disappears when the transition completes.
begin "a helper that was reached by a tail call holds a disabled patch"
load $P
settled $P
tail_sleeper
disable $P
held "$sleeper"
logged "'$P': unpatching complete"
write_fails $SYSFS/$P/enabled 1 "Invalid argument"
release_and_unload
wait "$sleeper" || fail "the sleeper has failed"
finish

begin "a helper that was reached by a tail call holds a replaced patch"
load $P
settled $P
tail_sleeper
load test_klp_stack_b replace=1
settled test_klp_stack_b
held "$sleeper" test_klp_stack_b
expect "/proc/cmdline" "$(< /proc/cmdline)" b
# Another patch does not have to wait.
disable test_klp_stack_b
unload test_klp_stack_b
in_sleeper "$sleeper" || asleep_in_helper "$sleeper" ||
	fail "the sleeper has left"
release_and_unload
finish

# Breaks if only user tasks are looked at.
begin "a work item of the patch's own holds it"
load $P
settled $P
worker=
echo work > /sys/module/$P/parameters/start
retry 2 working || fail "the work item does not run"
disable $P
held "$worker"
release_and_unload
finish

# Breaks if tasks that run count as clean.
busy="a work item of the patch's own that never sleeps holds it"
if is /sys/devices/system/cpu/cpu1/online 1; then
	begin "$busy"
	is_busy() { ! is /sys/module/$P/parameters/rounds 0; }
	load $P
	settled $P
	old_cpus=$(taskset -pc $$)
	taskset -pc 0 $$ > /dev/null
	echo busy > /sys/module/$P/parameters/start
	retry 2 is_busy || fail "the work item does not run"
	disable $P
	retry 2 is_complete $P unpatching || fail "in transition: $(blockers)"
	# Time enough to release the module by mistake
	pause 1
	expect "references on the module" "$(< /sys/module/$P/refcnt)" 1
	gone $SYSFS/$P && fail "the folder has gone"
	release_and_unload
	taskset -pc "${old_cpus##*: }" $$ > /dev/null
	finish
else
	skip "$busy" "no second CPU"
fi

# Breaks if a thread counts that only the module's exit function ends.
begin "a kernel thread of the patch's own does not hold it"
load $P
settled $P
echo thread > /sys/module/$P/parameters/start
value /sys/module/$P/parameters/start
thread=$value
retry 2 grep -q test_klp_tail_thread "/proc/$thread/stack" ||
	fail "the thread does not sleep"
disable $P
retry 2 gone $SYSFS/$P || fail "it does not go: $(< $BLOCKED)"
[ -e "/proc/$thread" ] || fail "the thread has ended"
rmmod $P || fail "unloading"
gone "/proc/$thread" || fail "the thread has not ended"
finish

# Breaks if the folder disappears while the module's reference is held for
# longer.
begin "when the folder has disappeared the module can be unloaded, each time"
for round in {1..6}; do
	load $P
	settled $P
	tail_sleeper
	disable $P
	# In every other round the sleeper has not been looked at yet.
	[ $((round % 2)) = 0 ] || pause 0.2
	release_and_unload
	[ -z "$failed" ] || break
done
finish

again() { { echo 1 > /sys/module/$P/parameters/enable; } 2> /dev/null; }

# Breaks if the patch is enabled while its old record still waits: releasing the
# old record would drop the new reference.
begin "a patch that is still held cannot be enabled again"
load $P later=1
enable $P
settled $P
tail_sleeper
disable $P
held "$sleeper"
again && fail "it is enabled"
let_go
retry 10 gone $SYSFS/$P || fail "the folder does not go"
retry 2 again || fail "it cannot be enabled again"
settled $P
expect "references on the module" "$(< /sys/module/$P/refcnt)" 1
disable $P
unload $P
finish

plan
