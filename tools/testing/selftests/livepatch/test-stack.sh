#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Several patches of one function; deep stacks.
. "$(dirname "$0")/functions.sh"

original=$(< /proc/cmdline)
orders() { cat $SYSFS/test_klp_stack_{a,b,c}/stack_order 2> /dev/null | xargs; }

begin "the newest of several patches wins, whichever is disabled"
for mod in a b c; do
	load test_klp_stack_$mod
	settled test_klp_stack_$mod
	expect "/proc/cmdline" "$(< /proc/cmdline)" $mod
done
expect "stack_order" "$(orders)" "1 2 3"
disable test_klp_stack_b
unload test_klp_stack_b
expect "/proc/cmdline without b" "$(< /proc/cmdline)" c
expect "stack_order without b" "$(orders)" "1 2"
disable test_klp_stack_c
unload test_klp_stack_c
expect "/proc/cmdline without c" "$(< /proc/cmdline)" a
load test_klp_stack_b
settled test_klp_stack_b
expect "/proc/cmdline with b again" "$(< /proc/cmdline)" b
disable test_klp_stack_a
unload test_klp_stack_a
expect "/proc/cmdline without a" "$(< /proc/cmdline)" b
disable test_klp_stack_b
unload test_klp_stack_b
expect "/proc/cmdline without patches" "$(< /proc/cmdline)" "$original"
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
finish

begin "while one patch is in transition, others cannot start one"
load test_klp_stack_a
settled test_klp_stack_a
sleeper
load test_klp_sleeper
load_fails test_klp_stack_b "Device or resource busy"
write_fails $SYSFS/test_klp_stack_a/enabled 0 "Device or resource busy"
expect enabled "$(< $SYSFS/test_klp_stack_a/enabled)" 1
expect "/proc/cmdline" "$(< /proc/cmdline)" a
gone $SYSFS/test_klp_stack_b || fail "the refused patch is in sysfs"
let_go
settled test_klp_sleeper
finish

# Both tests break if stacks are copied to an array of limited size.
begin "a task with a stack of more than 100 frames converges"
sleeper deep
[ "$(wc -l < "/proc/$sleeper/stack")" -gt 60 ] || fail "the stack is not deep"
walks=$(counter walks)
load test_klp_pair
settled test_klp_pair
in_sleeper "$sleeper" || fail "the task has left"
expect "walks" $(($(counter walks) - walks)) 1
disable test_klp_pair
unload test_klp_pair
finish

begin "a function at the end of more than 100 frames blocks"
sleeper deep
load test_klp_sleeper
sleep 0.1
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
expect "patch_state" "$(patch_state "$sleeper")" 0
let_go
settled test_klp_sleeper
finish

begin "the second of two functions of one name is patched by position"
expect "twins" "$(< $TESTFS/twins)" "0 0"
load test_klp_twins
settled test_klp_twins
[[ $(< $TESTFS/twins) =~ ^("0 2"|"2 0")$ ]] ||
	fail "twins are '$(< $TESTFS/twins)'"
[ -d $SYSFS/test_klp_twins/vmlinux/klp_test_twin,2 ] ||
	fail "no folder klp_test_twin,2"
finish

plan
