#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The calls of replacements are counted while the administrator wants that.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_pair
M=test_klp_module_a
T=test_klp_target
COUNT=/proc/sys/kernel/livepatch_count_calls

read -r usual < $COUNT
trap 'echo "$usual" > $COUNT' EXIT

# calls PATCH OBJECT FUNCTION: sets $calls
calls() {
	calls=$(sed -n "s/^$2 $3,1 //p" "$SYSFS/$1/calls")
}

# call TIMES: call klp_target_value() so often
call() {
	local i value
	for ((i = 0; i < $1; i++)); do
		value /sys/module/$T/parameters/value
	done
}

# expect_calls NUMBER: so many calls of its replacement are counted
expect_calls() {
	calls $M $T klp_target_value
	expect "calls of klp_target_value" "$calls" "$1"
}

# users FUNCTION NUMBER: so many users of ftrace have attached to the function
users() {
	local line
	line=$(grep "^$1 " $TRACEFS/enabled_functions)
	[[ $line =~ ^$1\ (\[.*\]\ )?\($2\) ]] || fail "users: '$line', expected $2"
}

# Breaks if counting costs something while it is off.
begin "calls are not counted by default"
expect "default" "$(< $COUNT)" 0
load $P
settled $P
value $TESTFS/consistency
expect "mode" "$(stat -c %A $SYSFS/$P/calls)" -r--r--r--
expect "calls" "$(< $SYSFS/$P/calls)" ""
users klp_test_outer 1
finish

# Breaks if calls are lost, counted twice, or counted for the wrong function.
begin "each call is counted while counting is on"
echo 1 > $COUNT
load $T
load $M
settled $M
users klp_target_value 2
expect_calls 0
call 1
expect_calls 1
call 10
expect_calls 11
calls $M $T klp_target_sleeper
expect "calls of another function" "$calls" 0
write_fails $COUNT maybe "Invalid argument"
echo 0 > $COUNT
expect "calls" "$(< $SYSFS/$M/calls)" ""
users klp_target_value 1
call 1
echo 1 > $COUNT
expect_calls 0
call 2
expect_calls 2
echo 0 > $COUNT
disable $M
unload $M
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
finish

# Breaks if samples are not counted for the calls that they stand for.
begin "many calls are counted approximately"
echo 1 > $COUNT
load $P
settled $P
OUT=$(mktemp)
hammer 1
sleep 1
hammered
rm -f "$OUT"
made=$calls
calls $P vmlinux klp_test_outer
diag "$calls of $made calls counted"
[ "$made" -gt 2000 ] || fail "too few calls to tell"
[ $((calls * 100)) -gt $((made * 70)) ] || fail "$calls are too few"
[ $((calls * 100)) -lt $((made * 130)) ] || fail "$calls are too many"
echo 0 > $COUNT
finish

# Breaks if what a patch has counted depends on patches above it.
begin "calls are counted for the patch whose code runs"
echo 1 > $COUNT
load $P
settled $P
value $TESTFS/consistency
calls $P vmlinux klp_test_inner
before=$calls
[ "$before" -gt 0 ] || fail "no calls are counted"
load test_klp_half
settled test_klp_half
value $TESTFS/consistency
calls $P vmlinux klp_test_inner
expect "calls of the covered function" "$calls" "$before"
calls test_klp_half vmlinux klp_test_inner
[ "$calls" -gt 0 ] || fail "calls of the covering function: $calls"
disable test_klp_half
unload test_klp_half
value $TESTFS/consistency
calls $P vmlinux klp_test_inner
[ "$calls" -gt "$before" ] || fail "the function in force is not counted"
echo 0 > $COUNT
finish

# Breaks if a loaded module's functions are not counted, or what is counted for them
# depends on where the module was before.
begin "functions of a module are counted when it is loaded"
echo 1 > $COUNT
load $M
settled $M
for i in 1 2; do
	calls $M $T klp_target_value
	before=$calls
	load $T
	call 3
	expect_calls $((before + 3))
	rmmod $T || fail "unloading the target"
done
# Nothing that is counted is patched now. Breaks if the numbers stay.
echo 0 > $COUNT
echo 1 > $COUNT
load $T
expect_calls 0
call 2
expect_calls 2
echo 0 > $COUNT
disable $M
unload $M
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
finish

plan
