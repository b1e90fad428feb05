#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A transition that enables a patch is given up after a time, if the administrator has
# set one.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_sleeper
DEFAULT=/proc/sys/kernel/livepatch_timeout_ms
OUT=$(mktemp)

read -r usual < $DEFAULT
trap 'echo "$usual" > $DEFAULT; rm -f "$OUT"' EXIT

# timed_out MS PATTERN: the log says so once, with a blocker like this
timed_out() {
	local pattern="livepatch: '$P': patching timed out after $1 ms, blocked by $2"
	expect "lines about the timeout" "$(dmesg | grep -cE "$pattern")" 1
	expect "those at level notice" "$(dmesg --level=notice | grep -cE "$pattern")" 1
}

# after MS FROM-LINE TO-LINE: the second line was logged MS milliseconds after the first,
# as exactly as timers and a slow kernel are
after() {
	local slack=100
	! slow || slack=1500
	between $(($1 - 5)) $(($1 + slack)) "$2" "$3"
}

# given_up: the patch is out of force, and its module loaded and not in use
given_up() {
	unloadable $P
	[ -e /sys/module/$P ] || fail "the module is not loaded"
	expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
	logged "'$P': starting unpatching transition" "'$P': unpatching complete"
	not_logged "'$P': patching complete"
}

# Breaks if a transition is limited that was not asked to be.
begin "without a timeout a transition waits"
expect "default" "$(< $DEFAULT)" 0
sleeper
load $P
expect "timeout_ms" "$(< $SYSFS/$P/timeout_ms)" 0
expect "mode" "$(stat -c %A $SYSFS/$P/timeout_ms)" -rw-r--r--
sleep 2
is $SYSFS/$P/transition 1 || fail "it does not wait"
let_go
settled $P
finish

# Breaks if the time is measured from something else, or nothing is undone.
begin "a user task that sleeps in a function makes enabling time out"
echo 1000 > $DEFAULT
sleeper
load $P
expect "timeout_ms" "$(< $SYSFS/$P/timeout_ms)" 1000
given_up
after 1000 "starting patching transition" "timed out"
timed_out 1000 "dd/$sleeper in function klp_test_sleeper\+0x[0-9a-f]*/0x[0-9a-f]*"
in_sleeper "$sleeper" || fail "the sleeper has been disturbed"
let_go
wait "$sleeper" || fail "the reader has failed: $?"
# It can be enabled again.
enable $P
settled $P
disable $P
unload $P
finish

begin "a kernel thread that sleeps in a function makes enabling time out"
echo 500 > $DEFAULT
hold
load $P
given_up
timed_out 500 ".*/$kthread in function klp_test_sleeper"
release
finish

begin "more than five blockers are counted"
echo 500 > $DEFAULT
for i in 1 2 3 4 5 6 7; do
	sleeper
done
load $P
given_up
one="dd/[0-9]+ in function klp_test_sleeper[^,]*"
timed_out 500 "($one, ){4}$one and 2 more"
finish

unreliable="a stack that cannot be relied on makes enabling time out"
if [ -d $INJECT ]; then
	begin "$unreliable"
	echo 1000 > $DEFAULT
	hold
	inject klp_stack_unreliable 1
	load $P
	retry 3 is $SYSFS/$P/enabled 0 || fail "no timeout"
	timed_out 1000 ".* unreliable stack"
	inject_nothing
	given_up
	release
	finish
else
	skip "$unreliable" "no error injection in this kernel"
fi

# Breaks if the new value counts from the moment of the write.
begin "the timeout is changed while tasks are waited for"
echo 0 > $DEFAULT
sleeper
load $P
write_fails $SYSFS/$P/timeout_ms soon "Invalid argument"
sleep 0.5
echo 60000 > $SYSFS/$P/timeout_ms || fail "setting a timeout"
expect "timeout_ms" "$(< $SYSFS/$P/timeout_ms)" 60000
sleep 0.5
is $SYSFS/$P/transition 1 || fail "it does not wait"
echo 1500 > $SYSFS/$P/timeout_ms || fail "setting a timeout"
given_up
after 1500 "starting patching transition" "timed out"
timed_out 1500 "dd/$sleeper"
finish

begin "a timeout that has passed already reverses at once"
sleeper
load $P
sleep 1
mark set
echo 500 > $SYSFS/$P/timeout_ms || fail "setting a timeout"
given_up
after 0 "test: mark set" "timed out"
finish

# Breaks if the timer of an enabling fires in what comes after it.
begin "a transition that completes in time is not reversed later"
echo 1000 > $DEFAULT
load $P
settled $P
write_fails $SYSFS/$P/timeout_ms 5 "Invalid argument"
sleeper
disable $P
write_fails $SYSFS/$P/timeout_ms 5 "Invalid argument"
sleep 1.5
is $SYSFS/$P/transition 1 || fail "disabling has timed out"
expect "enabled" "$(< $SYSFS/$P/enabled)" 0
not_logged "timed out"
let_go
wait "$sleeper"
unload $P
finish

# Breaks if all that makes a patch enabled is limited.
begin "disabling that is reversed has no limit"
load $P
settled $P
sleeper
disable $P
retry 1 is "/proc/$$/patch_state" 0 || fail "this task has not switched"
sleeper_in klp_test_sleeper $TESTFS/sleep
echo 1 > $SYSFS/$P/enabled || fail "reversing"
write_fails $SYSFS/$P/timeout_ms 5 "Invalid argument"
sleep 2
is $SYSFS/$P/transition 1 || fail "it does not wait"
expect "enabled" "$(< $SYSFS/$P/enabled)" 1
not_logged "timed out"
let_go
settled $P
finish

# Breaks if a reversal is limited, or if its reversal is not.
begin "a reversal goes on for as long as it takes, and its reversal is limited"
echo 1000 > $DEFAULT
sleeper
old=$sleeper
load $P
retry 1 is "/proc/$$/patch_state" 1 || fail "this task has not switched"
sleeper
[ "$sleeper" != "$old" ] || fail "there is no second sleeper"
grep -q " $P" "/proc/$sleeper/stack" || fail "it does not sleep in the new function"
retry 3 is $SYSFS/$P/enabled 0 || fail "enabling does not time out"
sleep 1.5
is $SYSFS/$P/transition 1 || fail "the reversal has ended"
mark reverse
echo 1 > $SYSFS/$P/enabled || fail "reversing"
retry 3 is $SYSFS/$P/enabled 0 || fail "enabling does not time out again"
after 1000 "test: mark reverse" "timed out"
let_go
unload $P
finish

# Breaks if both reverse, so that the patch is in force in the end.
begin "the administrator reverses at the moment of the timeout"
echo 200 > $DEFAULT
sleeper
by_hand=0
load $P later=1
for ms in 150 190 194 196 198 200 202 204 206 210 300; do
	enable $P
	pause 0.$ms
	# One of the two comes first; the later write is refused.
	(echo 0 > $SYSFS/$P/enabled) 2> /dev/null && by_hand=$((by_hand + 1))
	unloadable $P
	not_logged "'$P': patching complete"
	expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
done
diag "$by_hand of 11 times the administrator was first"
[ $by_hand -gt 0 ] && [ $by_hand -lt 11 ] || fail "one of the two was always first"
expect "timeouts" "$(dmesg | grep -c "timed out")" $((11 - by_hand))
let_go
unload $P
finish

begin "force ends the limit"
echo 1000 > $DEFAULT
sleeper
load $P
sleep 0.1
echo 1 > $SYSFS/$P/force || fail "forcing"
settled $P 2
sleep 1.5
expect "enabled" "$(< $SYSFS/$P/enabled)" 1
not_logged "timed out"
let_go
wait "$sleeper"
disable $P
unload $P
finish

# Breaks if the reversal and the loading of a module wait for each other, or the module's
# functions stay redirected.
begin "enabling times out while target modules are loaded and unloaded"
echo 700 > $DEFAULT
sleeper
load test_klp_module_a
now
end=$((now + 1500000))
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	load test_klp_target
	rmmod test_klp_target || fail "unloading the target"
	now
	[ "$now" -lt "$end" ] || break
done
unloadable test_klp_module_a
logged "'test_klp_module_a': patching timed out after 700 ms"
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
let_go
unload test_klp_module_a
finish

# The task that waits looks at the same time.
begin "the timeout applies to a change of all tasks as well"
echo 500 > $DEFAULT
sleeper
enabling $P consistency=3
expect "timeout_ms" "$(< $SYSFS/$P/timeout_ms)" 500
wait "$loader" && fail "loading succeeds"
logged "'$P': patching is given up, blocked by dd/$sleeper"
between 495 3000 "starting patching transition" "is given up"
echo 0 > $DEFAULT
enabling $P consistency=3
expect "timeout_ms" "$(< $SYSFS/$P/timeout_ms)" 10000
echo 300 > $SYSFS/$P/timeout_ms || fail "setting a timeout"
wait "$loader" && fail "loading succeeds"
between 295 3000 "starting patching transition" "is given up"
let_go
as_before $P
finish

plan
