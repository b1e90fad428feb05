#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What each consistency model waits for, and what it does not wait for.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# enum klp_consistency
IMMEDIATE=1
TASK_EXIT=2
SYSTEM=3
FROZEN=4
MODELS=(task immediate task-exit system system-frozen)
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# Seconds until tasks that sleep have been signalled, and have switched
SIGNALLED=10
DELAY=/proc/sys/kernel/livepatch_signal_delay_ms
read -r usual < $DELAY

echo 2000 > $DELAY

# A pipe, open for reading and writing: reading sleeps until there is a line
name=$(mktemp -u)
mkfifo "$name"
exec {pipe}<> "$name"
rm "$name"

logged_now() { dmesg | grep -qF "$1"; }

# reader: start a user task that sleeps in an unrelated system call, from which it
# returns for each line that is written to the pipe; sets $reader
reader() {
	background bash -c "while read -r line; do :; done <&$pipe"
	reader=$!
	retry 2 grep -qs pipe_read "/proc/$reader/stack" ||
		fail "no task sleeps in a system call"
}

state_is() { [ "$(patch_state "$1")" = "$2" ]; }

begin "sysfs shows the consistency that a patch asks for"
for ((number = 0; number < ${#MODELS[@]}; number++)); do
	load test_klp_pair consistency=$number
	expect consistency "$(< $SYSFS/test_klp_pair/consistency)" "${MODELS[number]}"
	settled test_klp_pair $SIGNALLED
	disable test_klp_pair
	retry $SIGNALLED gone $SYSFS/test_klp_pair
	unload test_klp_pair
done
load test_klp_pair immediate=1
expect consistency "$(< $SYSFS/test_klp_pair/consistency)" immediate
expect "mode of the attribute" "$(stat -c %a $SYSFS/test_klp_pair/consistency)" 444
disable test_klp_pair
unload test_klp_pair
finish

begin "a patch that contradicts itself is refused"
load_fails test_klp_pair "Invalid" consistency=99
logged "patch 'test_klp_pair' asks for consistency 99, which does not exist"
load_fails test_klp_pair "Invalid" consistency=$TASK_EXIT immediate=1
logged "patch 'test_klp_pair' is immediate, and asks for consistency 'task-exit'"
not_logged "enabling patch"
gone $SYSFS/test_klp_pair || fail "the patch is in sysfs"
load test_klp_pair consistency=$IMMEDIATE immediate=1
disable test_klp_pair
unload test_klp_pair
finish

# Breaks if an immediate patch waits for tasks, or if its module is released while
# a task is in its code.
begin "an immediate patch is complete at once, with tasks in its functions"
sleeper
old=$sleeper
load test_klp_sleeper consistency=$IMMEDIATE
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 0
expect patched "$(< $SYSFS/test_klp_sleeper/vmlinux/patched)" 1
expect "patch_state" "$(patch_state "$old")" -1
logged "'test_klp_sleeper': starting patching transition" \
	"'test_klp_sleeper': patching complete"
sleeper
grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the old code is called"
disable test_klp_sleeper
logged "'test_klp_sleeper': starting unpatching transition" \
	"'test_klp_sleeper': unpatching complete"
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
sleep 1
[ -e $SYSFS/test_klp_sleeper ] || fail "the module is released with a task in it"
[ "$(< /sys/module/test_klp_sleeper/refcnt)" != 0 ] || fail "the module can be unloaded"
let_go
unload test_klp_sleeper
finish

# Breaks if the targets of one universe only are changed: a task that an earlier
# transition has moved to the other universe would call the old code.
begin "an immediate patch changes what tasks of either universe call"
for parity in even odd; do
	load test_klp_sleeper immediate=1
	sleeper
	grep -q test_klp_sleeper "/proc/$sleeper/stack" ||
		fail "the old code is called in the $parity universe"
	let_go
	disable test_klp_sleeper
	unload test_klp_sleeper
	load test_klp_pair
	settled test_klp_pair
	[ $parity = even ] || disable test_klp_pair
	[ $parity = odd ] || { disable test_klp_pair; unload test_klp_pair; }
done
unload test_klp_pair
finish

begin "an immediate patch replaces others at once"
load test_klp_pair
settled test_klp_pair
load test_klp_sleeper replace=1 immediate=1
expect "enabled of the replaced patch" \
	"$(cat $SYSFS/test_klp_pair/enabled 2> /dev/null || echo 0)" 0
expect "enabled functions" "$(grep -c . $TRACEFS/enabled_functions)" 1
unload test_klp_pair
disable test_klp_sleeper
unload test_klp_sleeper
finish

# Breaks if the patch waits for a task in the function that changes at once, if it
# does not wait for one in the other function, or if a reversal does not change the
# function back.
begin "one function of a patch changes at once, the other one consistently"
sleeper deep
deep=$sleeper
load test_klp_at_once
sleep 0.3
expect transition "$(< $SYSFS/test_klp_at_once/transition)" 1
only_blocker "$deep" || fail "pending: $(blockers)"
sleeper
grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the function has not changed"
echo 0 > $SYSFS/test_klp_at_once/enabled || fail "reversing"
retry 2 logged_now "'test_klp_at_once': unpatching complete" ||
	fail "the reversal waits for: $(blockers)"
[ -e $SYSFS/test_klp_at_once ] || fail "the module is released with a task in it"
sleeper
! grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the function has not changed back"
let_go
unload test_klp_at_once
finish

begin "nothing waits for tasks in a function that changes at once"
sleeper
load test_klp_at_once
settled test_klp_at_once
in_sleeper "$sleeper" || fail "the sleeper has left"
sleeper
disable test_klp_at_once
retry 2 logged_now "'test_klp_at_once': unpatching complete" ||
	fail "disabling waits for: $(blockers)"
let_go
unload test_klp_at_once
finish

# Breaks if user tasks are judged by their stacks.
begin "with task-exit a sleeper in an unrelated system call is waited for"
reader
load test_klp_pair consistency=$TASK_EXIT
sleep 1
expect "patch_state of the sleeper" "$(patch_state "$reader")" 0
expect "patch_state of this task" "$(patch_state self)" 1
grep -q "^$reader .*: in kernel" $BLOCKED || fail "the reason is not reported"
echo line >&"$pipe"
retry 2 state_is "$reader" 1 || fail "the sleeper has not switched on its way out"
settled test_klp_pair $SIGNALLED
expect enabled "$(< $SYSFS/test_klp_pair/enabled)" 1
disable test_klp_pair
settled test_klp_pair $SIGNALLED
unload test_klp_pair
finish

# Breaks if all tasks are expected to leave the kernel.
begin "with task-exit kernel threads switch by their stacks"
echo 5000 > $DELAY
load test_klp_pair consistency=$TASK_EXIT
sleep 1
for pid in $(blockers); do
	pid=${pid%%(*}
	[ -z "$(cat "/proc/$pid/cmdline" 2> /dev/null | tr '\0' x)" ] || continue
	[ ! -e "/proc/$pid" ] || fail "kernel thread $pid has not switched"
done
[ -n "$(blockers)" ] || fail "no task is waited for"
settled test_klp_pair $SIGNALLED
echo 2000 > $DELAY
logged "signaling remaining tasks"
disable test_klp_pair
settled test_klp_pair $SIGNALLED
unload test_klp_pair
finish

# Breaks if a stopped task is waited for: it may stay stopped for days.
begin "with task-exit a stopped task switches without running"
background sleep 1000
stopped=$!
# Before that it is a shell, which can lose the signal that ends it.
retry 2 grep -q nanosleep "/proc/$stopped/stack" || fail "the task does not sleep"
kill -STOP $stopped
retry 2 grep -q "^State:.T" "/proc/$stopped/status" || fail "the task has not stopped"
load test_klp_pair consistency=$TASK_EXIT
settled test_klp_pair $SIGNALLED
grep -q "^State:.T" "/proc/$stopped/status" || fail "the task has been continued"
disable test_klp_pair
settled test_klp_pair $SIGNALLED
unload test_klp_pair
finish

begin "with task-exit a transition is reversed and forced"
reader
load test_klp_pair consistency=$TASK_EXIT
sleep 0.5
expect "patch_state of the sleeper" "$(patch_state "$reader")" 0
echo 0 > $SYSFS/test_klp_pair/enabled || fail "reversing"
retry $SIGNALLED gone $SYSFS/test_klp_pair || fail "blocked by: $(blockers)"
unload test_klp_pair
load test_klp_pair consistency=$TASK_EXIT
sleep 0.5
expect "patch_state of the sleeper" "$(patch_state "$reader")" 0
echo 1 > $SYSFS/test_klp_pair/force || fail "forcing"
settled test_klp_pair 2
disable test_klp_pair
settled test_klp_pair $SIGNALLED
unload test_klp_pair
finish

TIMEOUT=/proc/sys/kernel/livepatch_system_timeout_ms
read -r usual_timeout < $TIMEOUT

begin "with system a patch is complete when it is loaded"
load test_klp_sleeper consistency=$SYSTEM
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 0
expect patched "$(< $SYSFS/test_klp_sleeper/vmlinux/patched)" 1
expect "patch_state" "$(patch_state self)" -1
stopped=$(< $SYSFS/test_klp_sleeper/stopped_ns)
diag "stopped for $stopped ns"
[ "$stopped" -gt 0 ] || fail "the machine was not stopped"
sleeper
grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the old code is called"
let_go
wait "$sleeper"
disable test_klp_sleeper
logged "'test_klp_sleeper': starting patching transition" \
	"'test_klp_sleeper': patching complete" \
	"'test_klp_sleeper': unpatching complete"
unload test_klp_sleeper
finish

# Breaks if tasks in the function are not seen, or if not all is undone.
begin "with system enabling is given up when a task stays in a function"
sleeper
echo 500 > $TIMEOUT
load_fails test_klp_sleeper "busy" consistency=$SYSTEM
logged "'test_klp_sleeper': patching is given up, blocked by dd/$sleeper in function klp_test_sleeper"
as_before test_klp_sleeper
in_sleeper "$sleeper" || fail "the sleeper has left"
finish

begin "with system disabling is given up when a task stays in a function"
load test_klp_sleeper consistency=$SYSTEM
sleeper
write_fails $SYSFS/test_klp_sleeper/enabled 0 "busy"
logged "'test_klp_sleeper': unpatching is given up, blocked by dd/$sleeper in function test_klp_sleeper"
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 0
sleeper
grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the old code is called"
let_go
sleep 0.2
disable test_klp_sleeper
unload test_klp_sleeper
echo "$usual_timeout" > $TIMEOUT
finish

begin "with system the change waits until the last task has left"
sleeper
enabling test_klp_sleeper consistency=$SYSTEM
sleep 0.3
expect "patch_state of the sleeper" "$(patch_state "$sleeper")" 0
expect "patch_state of this task" "$(patch_state self)" 0
let_go
wait "$loader" || fail "loading fails: $?"
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 0
disable test_klp_sleeper
unload test_klp_sleeper
finish

begin "with system enabling is reversed while it waits"
sleeper
enabling test_klp_sleeper consistency=$SYSTEM
echo 0 > $SYSFS/test_klp_sleeper/enabled || fail "reversing"
wait "$loader" && fail "loading succeeds"
as_before test_klp_sleeper
logged "'test_klp_sleeper': unpatching complete"
finish

begin "with system enabling and disabling are forced while they wait"
sleeper
enabling test_klp_sleeper consistency=$SYSTEM
echo 1 > $SYSFS/test_klp_sleeper/force || fail "forcing"
wait "$loader" || fail "loading fails: $?"
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
in_sleeper "$sleeper" || fail "the sleeper has left"
let_go
sleep 0.2
disable test_klp_sleeper
unload test_klp_sleeper
finish

begin "with system a task that waits can be killed"
sleeper
enabling test_klp_sleeper consistency=$SYSTEM
kill -KILL "$loader"
wait "$loader" && fail "loading succeeds"
retry 2 gone /sys/module/test_klp_sleeper || fail "the module is loaded"
as_before test_klp_sleeper
finish

# Breaks if the loader takes the end of another transition for the end of its own.
begin "with system a forced patch is disabled before its loader has noticed"
sleeper
enabling test_klp_sleeper consistency=$SYSTEM
sleep 0.5
echo 1 > $SYSFS/test_klp_sleeper/force
echo 0 > $SYSFS/test_klp_sleeper/enabled || fail "disabling"
wait "$loader" || fail "loading fails: $?"
unload test_klp_sleeper
finish

# Breaks if the function is in force before the others are: then a task may be in it
# when enabling is given up.
begin "with system a function that need not wait changes with the others"
sleeper deep
deep=$sleeper
enabling test_klp_at_once consistency=$SYSTEM
sleeper
! grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the function has changed"
let_go
wait "$loader" || fail "loading fails: $?"
sleeper
grep -q test_klp_sleeper "/proc/$sleeper/stack" || fail "the function has not changed"
disable test_klp_at_once
let_go
unload test_klp_at_once
finish

# Breaks if the loader itself is waited for, or if tasks stay parked.
begin "with system-frozen a patch is complete when it is loaded, and tasks go on"
reader
load test_klp_pair consistency=$FROZEN
expect transition "$(< $SYSFS/test_klp_pair/transition)" 0
expect patched "$(< $SYSFS/test_klp_pair/vmlinux/patched)" 1
[ "$(< $SYSFS/test_klp_pair/stopped_ns)" -gt 0 ] || fail "the machine was not stopped"
expect "blocked tasks" "$(< $BLOCKED)" ""
retry 2 grep -qs pipe_read "/proc/$reader/stack" || fail "the reader does not go on"
disable test_klp_pair
logged "'test_klp_pair': patching complete" "'test_klp_pair': unpatching complete"
unload test_klp_pair
finish

begin "with system-frozen a kernel thread in a function is waited for, and named"
echo sleep > $TESTFS/kthread
read -r kthread _ < $TESTFS/kthread
retry 2 in_sleeper "$kthread" || fail "the kernel thread does not sleep"
echo 1500 > $TIMEOUT
load_fails test_klp_sleeper "busy" consistency=$FROZEN
logged "'test_klp_sleeper': patching is given up, blocked by klp_test/$kthread in function klp_test_sleeper"
as_before test_klp_sleeper
expect "blocked tasks" "$(< $BLOCKED)" ""
echo "$usual_timeout" > $TIMEOUT
echo stop > $TESTFS/kthread
finish

is_zombie() { grep -qs '^State:.Z' "/proc/$1/status"; }

# Breaks if a task is waited for that has died: its parent may never reap it.
begin "with system-frozen a zombie is not waited for"
background bash -c 'sleep 0 & echo $!; exec sleep 1000' > "$OUT"
retry 2 test -s "$OUT"
zombie=$(< "$OUT")
retry 2 is_zombie "$zombie" || fail "there is no zombie"
load test_klp_pair consistency=$FROZEN
disable test_klp_pair
is_zombie "$zombie" || fail "the zombie has been reaped"
unload test_klp_pair
finish

# A parked child cannot let its parent go on: both have to be released.
begin "with system-frozen a parent that waits after vfork() ends no machine"
background bash -c 'while :; do /bin/true; done'
load test_klp_pair consistency=$FROZEN
disable test_klp_pair
unload test_klp_pair
finish

echo "$usual" > $DELAY
plan
