#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Forcing a transition.
. "$(dirname "$0")/functions.sh"

begin "force ends a blocked enabling; the module can still be disabled"
sleeper
load test_klp_sleeper
sleep 0.1
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
echo 0 > $SYSFS/test_klp_sleeper/force || fail "writing 0 to force"
expect "transition after 0" "$(< $SYSFS/test_klp_sleeper/transition)" 1
echo 1 > $SYSFS/test_klp_sleeper/force || fail "forcing"
settled test_klp_sleeper
in_sleeper "$sleeper" || fail "the sleeper has left"
logged "livepatch: forcing remaining tasks to the patched state" \
	"'test_klp_sleeper': patching complete"
# A forced task is in the original: nothing of the patch can be running.
disable test_klp_sleeper
unloadable test_klp_sleeper
finish

begin "force outside of its own transition is refused"
load test_klp_sleeper
settled test_klp_sleeper
write_fails $SYSFS/test_klp_sleeper/force 1 "Invalid argument"
write_fails $SYSFS/test_klp_sleeper/force garbage "Invalid argument"
echo 0 > $SYSFS/test_klp_sleeper/force || fail "writing 0 to force"
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
not_logged "forcing"
finish

# Breaks if the module is released. It stays until the next boot, so that this
# can be tried only once.
stays="force ends a blocked disabling, and the module then stays for good"
if [ -e /sys/module/test_klp_forced ]; then
	skip "$stays" "it stays since this test ran before"
	plan
fi
begin "$stays"
load test_klp_stack_a
settled test_klp_stack_a
load test_klp_forced
settled test_klp_forced
sleeper
disable test_klp_forced
sleep 0.1
write_fails $SYSFS/test_klp_stack_a/force 1 "Invalid argument"
echo 1 > $SYSFS/test_klp_forced/force || fail "forcing"
retry 10 gone $SYSFS/test_klp_forced || fail "the patch is still there"
sleep 1
expect "references on the module" "$(< /sys/module/test_klp_forced/refcnt)" 1
rmmod test_klp_forced 2> /dev/null && fail "the module could be unloaded"
# Its code is still in use, and works.
kill -0 "$sleeper" || fail "the sleeper has died"
let_go
wait "$sleeper" || fail "the sleeper has failed"
finish

# in_both PID: in the patch's function, and below that in the original sleeper
in_both() {
	local stack
	stack=$(< "/proc/$1/stack")
	[[ $stack == *klp_test_sleeper*test_klp_deep* ]]
}

# Breaks if it is forgotten, when the transition is turned round, that tasks were
# forced: who is on the goal's side is not looked at again. A task in the
# trampoline, which even force leaves alone, keeps the transition open meanwhile.
stays="so it does if the transition is turned round twice after that"
P=test_klp_forced_twice
if [ ! -e $TESTFS/delay ] || [ -e /sys/module/$P ]; then
	skip "$stays" "no delay in this kernel's trampoline, or it has been run"
	plan
fi
begin "$stays"
load $P
settled $P
background dd if=$TESTFS/deep of=/dev/null bs=1 count=1 status=none
sleeper=$!
retry 2 grep -q test_klp_deep "/proc/$sleeper/stack" ||
	fail "no task sleeps in the patch"
# 3 seconds of guest time, for one call
echo 1500000000 > $TESTFS/delay
background cat $TESTFS/consistency > /dev/null
pause 0.1
echo 0 > $TESTFS/delay
disable $P
echo 1 > $SYSFS/$P/force || fail "forcing"
expect "patch_state of the task in the patch" "$(patch_state "$sleeper")" 0
let_go
retry 1 in_both "$sleeper" || fail "it does not sleep in the original"
echo 1 > $SYSFS/$P/enabled || fail "turning it round"
expect "patch_state of the task in the original" "$(patch_state "$sleeper")" 0
echo 0 > $SYSFS/$P/enabled || fail "turning it round again"
expect "transition" "$(< $SYSFS/$P/transition)" 1
retry 10 gone $SYSFS/$P || fail "the patch is still there: $(blockers)"
retry 5 reaped
expect "references on the module" "$(< /sys/module/$P/refcnt)" 1
in_both "$sleeper" || fail "the task has left: $(< "/proc/$sleeper/stack")"
let_go
wait "$sleeper" || fail "the sleeper has failed"
finish

plan
