#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# BPF code on a task's stack: the task can switch all the same, and an affected
# function beyond that code is found.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

NAMES=(
	"a sleeper below a function with an fentry program switches"
	"a sleeper below a function with an fexit program switches"
	"a sleeper below a function with an fmod_ret program switches"
	"a task that sleeps in an fentry program switches"
	"a task that sleeps in an fmod_ret program switches"
	"a function beyond a trampoline is still waited for"
	"a function beyond a sleeping program is still waited for"
	"a patched function is found below a trampoline that shares it"
	"a task preempted in a BPF program does not switch"
)

missing=
[ -e /proc/sys/vm/unprivileged_userfaultfd ] ||
	missing="no userfaultfd in this kernel"
grep -qs klp_test_sleeper /sys/kernel/debug/error_injection/list ||
	missing="no error injection in this kernel"
[ -r /sys/kernel/btf/vmlinux ] || missing="no BTF in this kernel"
if [ -n "$missing" ]; then
	for name in "${NAMES[@]}"; do
		skip "$name" "$missing"
	done
	plan
fi

out=$(mktemp)
trap 'rm -f "$out"' EXIT

attached() { grep -q attached "$out"; }

# bpf ARGUMENTS...: attaches a program until the end of the test; sets $bpf
bpf() {
	: > "$out"
	background "$HERE/klp_bpf" "$@" > "$out" 2>&1
	bpf=$!
	retry 30 attached || fail "klp_bpf $*: $(< "$out")"
}

# in_program PID: the task sleeps in the program that klp_bpf has attached
in_program() { grep -q bpf_copy_from_user "/proc/$1/stack" 2> /dev/null; }

# on_stack PID PATTERN
on_stack() {
	grep -q "$2" "/proc/$1/stack" ||
		fail "no $2 on the stack: $(< "/proc/$1/stack")"
}

# switches PID: a patch of functions that are not on the task's stack is enabled
# and disabled, within a second each
switches() {
	load test_klp_pair
	settled test_klp_pair
	disable test_klp_pair
	retry 1 is_complete test_klp_pair unpatching ||
		fail "unpatching is blocked by: $(blockers)"
	unload test_klp_pair
	[ -d "/proc/$1" ] || fail "the task has gone"
}

# blocks PID PATCH FUNCTION: the patch waits for the task, and reports the
# function
blocks() {
	sleep 0.3
	expect transition "$(< "$SYSFS/$2/transition")" 1
	expect "patch_state" "$(patch_state "$1")" 0
	grep -q "^$1 .*: in function $3+" $BLOCKED ||
		fail "blocked: $(cat $BLOCKED)"
}

# Each test breaks if the unwinder calls a stack with BPF code unreliable.
for type in fentry fexit fmod_ret; do
	begin "a sleeper below a function with an $type program switches"
	bpf $type klp_test_sleeper
	sleeper
	[ $type = fentry ] || on_stack "$sleeper" bpf_trampoline_
	switches "$sleeper"
	in_sleeper "$sleeper" || fail "the sleeper has left"
	finish
done

for type in fentry fmod_ret; do
	begin "a task that sleeps in an $type program switches"
	bpf $type sleep klp_test_sleeper $TESTFS/sleep
	retry 2 in_program "$bpf" || fail "it does not sleep"
	on_stack "$bpf" bpf_prog_
	on_stack "$bpf" bpf_trampoline_
	switches "$bpf"
	in_program "$bpf" || fail "the task has left"
	finish
done

# Both tests break if the unwinder misses the frames beyond the BPF code, and
# calls the stack reliable all the same.
begin "a function beyond a trampoline is still waited for"
bpf fexit klp_test_sleeper
sleeper deep
on_stack "$sleeper" bpf_trampoline_
load test_klp_deep
blocks "$sleeper" test_klp_deep klp_test_deep
let_go
settled test_klp_deep
finish

begin "a function beyond a sleeping program is still waited for"
bpf fmod_ret sleep klp_test_sleeper $TESTFS/deep
retry 2 in_program "$bpf" || fail "it does not sleep"
load test_klp_deep
blocks "$bpf" test_klp_deep klp_test_deep
kill "$bpf"
settled test_klp_deep
finish

# The trampoline returns to the first instruction of the replacement. Breaks if
# the unwinder takes that address for part of the function in front of it.
begin "a patched function is found below a trampoline that shares it"
load test_klp_sleeper
settled test_klp_sleeper
bpf fmod_ret sleep klp_test_sleeper $TESTFS/deep
retry 2 in_program "$bpf" || fail "it does not sleep"
on_stack "$bpf" test_klp_sleeper
disable test_klp_sleeper
sleep 0.3
expect "patch_state" "$(patch_state "$bpf")" 1
grep -q "^$bpf .*: in function test_klp_sleeper+" $BLOCKED ||
	fail "blocked: $(cat $BLOCKED)"
echo 1 > $SYSFS/test_klp_sleeper/enabled
settled test_klp_sleeper
# The stack is reliable to its end.
switches "$bpf"
load test_klp_deep
blocks "$bpf" test_klp_deep klp_test_deep
kill "$bpf"
settled test_klp_deep
finish

# Breaks if the frame of an interrupted program counts as complete.
begin "a task preempted in a BPF program does not switch"
bpf fentry spin klp_test_other_twin
echo > $TRACEFS/trace
echo 1 > $TRACEFS/events/livepatch/klp_task_blocked/enable
background cat $TESTFS/twins > /dev/null
cat=$!
sleep 0.1
load test_klp_pair
expect "patch_state" "$(patch_state $cat)" 0
settled test_klp_pair 10
echo 0 > $TRACEFS/events/livepatch/klp_task_blocked/enable
grep -q "pid=$cat reason=unreliable stack" $TRACEFS/trace ||
	fail "it was never unreliable: $(grep "pid=$cat " $TRACEFS/trace)"
finish

plan
