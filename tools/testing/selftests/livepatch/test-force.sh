#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Forcing a transition.
. "$(dirname "$0")/functions.sh"

# is_busy: the thread of test_klp_busy is busy; sets $busy to its PID
is_busy() {
	value /sys/module/test_klp_busy/parameters/run
	busy=$value
	[ "$busy" != 0 ]
}

all_switched() { [ -z "$(blockers)" ]; }

ended() { [ ! -e "/proc/$1" ]; }

# hog MODULE: keep CPU 1 from all other tasks, for a minute at most; sets $hog. A
# retry of the transition may be on that CPU, with klp_mutex, and would keep it as
# well: then try again. Reading stack_order takes that mutex.
hog() {
	local try probe
	for try in 1 2 3 4 5 6 7 8 9; do
		background timeout 60 taskset -c 1 chrt -f 50 "$HERE/klp_storm" spin
		hog=$!
		pause 0.2
		cat "$SYSFS/$1/stack_order" > /dev/null &
		probe=$!
		retry 1 ended $probe && return
		diag "a retry was caught on CPU 1, try $try"
		kill $hog
		wait $hog $probe
	done
	fail "there is always a retry on CPU 1"
}

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
# The forced task is in the original: no code of the patch can be running.
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

# Breaks if tasks count as forced although all of them had switched, and only
# the work that completes the transition had not run yet. Here that work has to
# run on CPU 1, which another task keeps: nothing is set apart there for ordinary
# tasks.
FAIR=/sys/kernel/debug/sched/fair_server/cpu1/runtime
WORKERS=/sys/devices/virtual/workqueue/cpumask
P=test_klp_forced_late
late="force after the last task has switched does not keep the module"
if [ ! -w /sys/devices/system/cpu/cpu1/online ] || ! command -v chrt > /dev/null; then
	skip "$late" "no second CPU, or no chrt"
elif [ -e /sys/module/$P ]; then
	skip "$late" "the module stays since this test failed before"
else
	begin "$late"
	old_cpus=$(taskset -pc $$)
	taskset -pc 0 $$ > /dev/null
	value $WORKERS
	old_workers=$value
	load $P
	settled $P
	sleeper
	disable $P
	retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
	echo 2 > $WORKERS
	value $FAIR
	old_fair=$value
	[ -z "$old_fair" ] || echo 0 > $FAIR || fail "ordinary tasks have their share"
	hog $P
	let_go
	retry 1 all_switched || fail "blocked by: $(blockers)"
	expect "transition" "$(< $SYSFS/$P/transition)" 1
	echo 1 > $SYSFS/$P/force || fail "forcing"
	kill $hog
	[ -z "$old_fair" ] || echo "$old_fair" > $FAIR
	unload $P
	taskset -pc "${old_cpus##*: }" $$ > /dev/null
	echo "$old_workers" > $WORKERS
	finish
fi

# Breaks if force trusts a stack that was unwound in part: the trampoline may be
# in the other part. A task that sleeps is never in the trampoline.
unwound="force waits for a preempted task whose stack cannot be unwound, and for no other"
if [ -d $INJECT ]; then
	begin "$unwound"
	load test_klp_busy
	echo pinned > /sys/module/test_klp_busy/parameters/run
	retry 2 is_busy || fail "no task is busy"
	# -EINVAL
	inject klp_stack_unwound 0xffffffffffffffea
	sleeper
	load test_klp_pair
	pause 0.3
	expect "state of a task that sleeps" "$(patch_state "$sleeper")" 0
	echo 1 > $SYSFS/test_klp_pair/force || fail "forcing"
	retry 2 only_blocker "$busy" || fail "blocked by others: $(blockers)"
	pause 1
	expect "transition" "$(< $SYSFS/test_klp_pair/transition)" 1
	expect "state of the task that is preempted" "$(patch_state "$busy")" 0
	grep -qE "^$busy .*: (running|unreliable stack)" $BLOCKED ||
		fail "it is blocked for another reason: $(< $BLOCKED)"
	expect "state of the task that sleeps" "$(patch_state "$sleeper")" 1
	inject_nothing
	settled test_klp_pair 2
	echo stop > /sys/module/test_klp_busy/parameters/run
	let_go
	disable test_klp_pair
	unload test_klp_pair
	finish
else
	skip "$unwound" "no error injection in this kernel"
fi

# Breaks if the module is released. The module stays until the next boot, so that
# this test can run only once.
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

# in_both PID: the task is in the patch's function, and sleeps in the original
# that this one has called
in_both() {
	local stack
	stack=$(< "/proc/$1/stack")
	[[ $stack == *klp_test_sleeper*test_klp_deep* ]]
}

# Breaks if a reversal forgets that tasks were forced: a task that is in the
# goal's universe is not looked at again. Meanwhile a task in the trampoline,
# which even force leaves alone, keeps the transition open.
stays="the module stays for good even if the forced transition is reversed twice"
P=test_klp_forced_twice
if [ ! -e $TESTFS/delay ] || [ -e /sys/module/$P ]; then
	skip "$stays" "no delay in this kernel's trampoline, or it has been run"
	plan
fi
begin "$stays"
load $P
settled $P
sleeper_in test_klp_deep $TESTFS/deep
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
echo 1 > $SYSFS/$P/enabled || fail "reversing it"
expect "patch_state of the task in the original" "$(patch_state "$sleeper")" 0
echo 0 > $SYSFS/$P/enabled || fail "reversing it again"
expect "transition" "$(< $SYSFS/$P/transition)" 1
retry 10 gone $SYSFS/$P || fail "the patch is still there: $(blockers)"
retry 5 reaped
expect "references on the module" "$(< /sys/module/$P/refcnt)" 1
in_both "$sleeper" || fail "the task has left: $(< "/proc/$sleeper/stack")"
let_go
wait "$sleeper" || fail "the sleeper has failed"
finish

plan
