#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A patch that replaces all others: the same transition removes them, and
# functions that the new patch does not know go back to the original.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT
original=$(< /proc/cmdline)

# Breaks if sites that the new patch does not know keep their targets, or if a
# replaced patch is not removed.
begin "a patch replaces all others in one transition"
load test_klp_pair
settled test_klp_pair
load test_klp_stack_a
settled test_klp_stack_a
load test_klp_sleeper
settled test_klp_sleeper
retry 2 reaped || fail "something is never released"
passes=$(counter ftrace_updates)
waits=$(counter grace_periods)
load test_klp_stack_b replace=1
settled test_klp_stack_b
for mod in test_klp_pair test_klp_stack_a test_klp_sleeper; do
	retry 2 gone $SYSFS/$mod || fail "$mod is still there"
done
expect "/proc/cmdline" "$(< /proc/cmdline)" b
expect "patches" "$(ls $SYSFS)" test_klp_stack_b
expect replace "$(< $SYSFS/test_klp_stack_b/replace)" 1
expect stack_order "$(< $SYSFS/test_klp_stack_b/stack_order)" 1
expect "functions in ftrace" \
	"$(cut -d ' ' -f 1 $TRACEFS/enabled_functions)" cmdline_proc_show
expect "consistency" "$(< $TESTFS/consistency)" 0
for mod in test_klp_pair test_klp_stack_a test_klp_sleeper; do
	unload $mod
done
expect "passes of ftrace" $(($(counter ftrace_updates) - passes)) 1
expect "waits" $(($(counter grace_periods) - waits)) 1
expect "lines about others" \
	"$(dmesg | grep "livepatch: .*unpatching")" ""
disable test_klp_stack_b
unload test_klp_stack_b
expect "/proc/cmdline" "$(< /proc/cmdline)" "$original"
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
finish

# Breaks if only the originals of the new patch's functions count as affected.
begin "a sleeper in a function that goes back to the original blocks until it leaves"
load test_klp_sleeper
settled test_klp_sleeper
sleeper
load test_klp_stack_b replace=1
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
expect transition "$(< $SYSFS/test_klp_stack_b/transition)" 1
expect "patch_state of the sleeper" "$(patch_state "$sleeper")" 0
expect "enabled of the old one" "$(< $SYSFS/test_klp_sleeper/enabled)" 1
expect "users of the old one" \
	"$(< /sys/module/test_klp_sleeper/refcnt)" 1
write_fails $SYSFS/test_klp_sleeper/enabled 0 "Device or resource busy"
mark leave
let_go
settled test_klp_stack_b
between 0 100 "test: mark leave" "patching complete"
retry 2 gone $SYSFS/test_klp_sleeper || fail "the old patch is still there"
unload test_klp_sleeper
finish

# Breaks if the code of a patch that a newer one covers does not count as
# affected: tasks that were forced may still be in that code.
begin "a sleeper in a covered patch blocks as well"
load test_klp_sleeper
settled test_klp_sleeper
sleeper
load test_klp_callbacks_a
sleep 0.1
echo 1 > $SYSFS/test_klp_callbacks_a/force || fail "forcing"
settled test_klp_callbacks_a
load test_klp_stack_b replace=1
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
let_go
settled test_klp_stack_b
unload test_klp_sleeper
unload test_klp_callbacks_a
finish

begin "replacing is reversed, and the old patches are as before"
load test_klp_stack_a
settled test_klp_stack_a
load test_klp_sleeper
settled test_klp_sleeper
sleeper
load test_klp_stack_b replace=1
sleep 0.1
disable test_klp_stack_b
unload test_klp_stack_b
in_sleeper "$sleeper" || fail "the sleeper has left"
expect "patches" "$(ls $SYSFS | paste -s)" "test_klp_sleeper	test_klp_stack_a"
expect "/proc/cmdline" "$(< /proc/cmdline)" a
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
let_go
finish

# Breaks if a patch replaces the patches that were enabled after it, too.
begin "disabling is reversed, and a newer patch stays"
load test_klp_sleeper replace=1
settled test_klp_sleeper
load test_klp_stack_a
settled test_klp_stack_a
sleeper
disable test_klp_sleeper
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
echo 1 > $SYSFS/test_klp_sleeper/enabled || fail "reversing fails"
settled test_klp_sleeper
expect "enabled of the newer patch" "$(< $SYSFS/test_klp_stack_a/enabled)" 1
expect "stack_order of the newer patch" \
	"$(< $SYSFS/test_klp_stack_a/stack_order)" 2
expect "/proc/cmdline" "$(< /proc/cmdline)" a
disable test_klp_stack_a
unload test_klp_stack_a
expect "/proc/cmdline" "$(< /proc/cmdline)" "$original"
let_go
finish

# Breaks if functions go back to the original before or after the task switches.
begin "no call is inconsistent while patches are replaced"
hammer 2
load test_klp_pair later=1
load test_klp_stack_b later=1 replace=1
for _ in {1..10}; do
	enable test_klp_pair
	settled test_klp_pair
	enable test_klp_stack_b
	settled test_klp_stack_b
	retry 2 gone $SYSFS/test_klp_pair || fail "the old patch is still there"
	disable test_klp_stack_b
	unloadable test_klp_stack_b
	unloadable test_klp_pair
	[ -z "$failed" ] || break
done
hammered
expect "number of inconsistent calls" "$bad" 0
finish

# Breaks if the module is released. The module stays until the next boot.
stays="force ends a blocked replacing, and the replaced module stays for good"
if [ -e /sys/module/test_klp_replaced ]; then
	skip "$stays" "it stays since this test ran before"
	plan
fi
begin "$stays"
load test_klp_replaced
settled test_klp_replaced
sleeper
load test_klp_stack_b replace=1
sleep 0.1
echo 1 > $SYSFS/test_klp_stack_b/force || fail "forcing"
settled test_klp_stack_b
retry 2 gone $SYSFS/test_klp_replaced || fail "the old patch is still there"
sleep 1
expect "references on the module" \
	"$(< /sys/module/test_klp_replaced/refcnt)" 1
let_go
wait "$sleeper" || fail "the sleeper has failed"
disable test_klp_stack_b
unload test_klp_stack_b
finish

plan
