#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A task asleep in an affected function blocks a transition until it leaves.
. "$(dirname "$0")/functions.sh"

# others_show PID STATE: all threads but this one have switched to STATE
others_show() {
	local pid
	for pid in $(blockers "$((1 - $2))"); do
		[ "${pid%%(*}" = "$1" ] || fail "$pid blocks as well"
	done
}

# Breaks if a task switches with an affected function on its stack, or if the
# last task that switches does not complete the transition.
begin "a sleeper blocks enabling, and completes it within 100 ms of leaving"
sleeper
load test_klp_sleeper
sleep 0.3
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
expect "patch_state of the sleeper" "$(patch_state "$sleeper")" 0
others_show "$sleeper" 1
walks=$(counter walks)
mark leave
let_go
settled test_klp_sleeper
between 0 100 "test: mark leave" "patching complete"
[ $(($(counter walks) - walks)) -le 1 ] || fail "it took walks to complete"
expect "patch_state afterwards" "$(patch_state self)" -1
logged "'test_klp_sleeper': starting patching transition" \
	"'test_klp_sleeper': patching complete"
finish

begin "a sleeper blocks disabling, and completes it within 100 ms of leaving"
load test_klp_sleeper
settled test_klp_sleeper
sleeper
disable test_klp_sleeper
sleep 0.3
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 0
expect "patch_state of the sleeper" "$(patch_state "$sleeper")" 1
others_show "$sleeper" 0
mark leave
let_go
unloadable test_klp_sleeper
between 0 100 "test: mark leave" "unpatching complete"
logged "'test_klp_sleeper': starting unpatching transition" \
	"'test_klp_sleeper': unpatching complete"
finish

# Breaks if a reversal does not swap the two sets of affected code.
begin "enabling is reversed while a sleeper blocks it"
sleeper
load test_klp_sleeper
sleep 0.2
echo 0 > $SYSFS/test_klp_sleeper/enabled || fail "reversing"
unloadable test_klp_sleeper
in_sleeper "$sleeper" || fail "the sleeper has left"
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
logged "'test_klp_sleeper': unpatching complete"
not_logged "'test_klp_sleeper': patching complete"
finish

begin "disabling is reversed while a sleeper blocks it"
load test_klp_sleeper
settled test_klp_sleeper
sleeper
disable test_klp_sleeper
sleep 0.2
echo 1 > $SYSFS/test_klp_sleeper/enabled || fail "reversing"
settled test_klp_sleeper
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
expect patched "$(< $SYSFS/test_klp_sleeper/vmlinux/patched)" 1
grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the sleeper has left"
expect "lines 'patching complete'" \
	"$(dmesg | grep -c "'test_klp_sleeper': patching complete")" 2
not_logged "unpatching complete"
# The same state as before also means that it can be disabled again.
let_go
disable test_klp_sleeper
unloadable test_klp_sleeper
finish

# Breaks likewise. Each sleeper blocks one direction, so that no transition ever
# completes: a disabling that is complete cannot be reversed.
begin "a transition is reversed many times between two sleepers"
sleeper
old=$sleeper
load test_klp_sleeper
sleeper
new=$sleeper
for i in 0 1 0 1 0 1; do
	echo $i > $SYSFS/test_klp_sleeper/enabled || fail "reversing to $i"
	sleep 0.05
	expect "transition after $i" "$(< $SYSFS/test_klp_sleeper/transition)" 1
	expect "patch_state of the old one" "$(patch_state "$old")" 0
	expect "patch_state of the new one" "$(patch_state "$new")" 1
done
let_go
settled test_klp_sleeper
finish

# Breaks if a task that leaves the function can switch only on its way to user
# space, where a kernel thread never goes.
begin "a kernel thread that leaves completes a transition within 100 ms"
echo sleep > $TESTFS/kthread
sleep 0.1
load test_klp_sleeper
sleep 0.3
read -r pid _ < $TESTFS/kthread
expect "patch_state of the thread" "$(patch_state "$pid")" 0
mark leave
echo let > $TESTFS/kthread
settled test_klp_sleeper
between 0 100 "test: mark leave" "patching complete"
finish

# Breaks if the engine unwinds stacks that it cannot rely on, or does not warn.
unreliable="without reliable stacks two lines warn, and tasks switch at kernel exit"
if [ -d $INJECT ]; then
	begin "$unreliable"
	inject klp_stack_unreliable 1
	load test_klp_pair
	sleep 0.5
	expect transition "$(< $SYSFS/test_klp_pair/transition)" 1
	expect "patch_state of a task that runs" "$(patch_state self)" 1
	grep -q "unreliable stack" /sys/kernel/debug/livepatch/blocked ||
		fail "no stack is unreliable"
	others=$(grep -v "unreliable stack" /sys/kernel/debug/livepatch/blocked)
	expect "others that block" "$others" ""
	logged "livepatch: This architecture doesn't have support for the livepatch consistency model." \
		"livepatch: The livepatch transition may never complete."
	inject_nothing
	settled test_klp_pair 3
	not_logged "signaling remaining tasks"
	finish
else
	skip "$unreliable" "no error injection in this kernel"
fi

plan
