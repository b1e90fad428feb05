#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a monitor can see of a transition: counts and reasons.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_sleeper
# Breaks if the count has also what a walk adds, or forgets tasks that wait for no
# event.
begin "pending counts the tasks that have not switched"
sleeper
first=$sleeper
sleeper
load $P
retry 1 is $SYSFS/$P/pending 2 || fail "pending is $(< $SYSFS/$P/pending)"
retry 1 is "$SYSFS/$P/pending" "$(blockers | wc -l)" || fail "blockers: $(blockers)"
kill "$first"
let_go
settled $P
expect "pending" "$(< $SYSFS/$P/pending)" 0
expect "mode of pending" "$(stat -c %A $SYSFS/$P/pending)" -r--r--r--
disable $P
finish

# Breaks if another word is shown, or the file says something when nothing is to be
# waited for.
begin "patch_blocker names the function that a sleeper is in"
sleeper
expect "patch_blocker" "$(< "/proc/$sleeper/patch_blocker")" ""
load $P
pattern='^function klp_test_sleeper\+0x[0-9a-f]+/0x[0-9a-f]+$'
[[ $(< "/proc/$sleeper/patch_blocker") =~ $pattern ]] ||
	fail "patch_blocker is '$(< "/proc/$sleeper/patch_blocker")'"
[[ $(< "/proc/$sleeper/task/$sleeper/patch_blocker") =~ $pattern ]] ||
	fail "the thread's patch_blocker is different"
expect "mode" "$(stat -c %A "/proc/$sleeper/patch_blocker")" -r--------
expect "patch_blocker of this task" "$(cat /proc/self/patch_blocker)" ""
let_go
settled $P
sleeper
disable $P
pattern='^function test_klp_sleeper\+0x[0-9a-f]+/0x[0-9a-f]+ \[test_klp_sleeper\]$'
[[ $(< "/proc/$sleeper/patch_blocker") =~ $pattern ]] ||
	fail "patch_blocker is '$(< "/proc/$sleeper/patch_blocker")'"
let_go
unload $P
expect "patch_blocker" "$(cat "/proc/self/patch_blocker")" ""
finish

# Breaks if the reasons of the models that wait are not recorded for each task, or stay.
begin "patch_blocker and pending know who keeps a change of all tasks waiting"
sleeper
enabling $P consistency=3
retry 2 is $SYSFS/$P/pending 1 || fail "pending is $(< $SYSFS/$P/pending)"
[[ $(< "/proc/$sleeper/patch_blocker") == "function klp_test_sleeper+"* ]] ||
	fail "patch_blocker is '$(< "/proc/$sleeper/patch_blocker")'"
let_go
wait "$loader" || fail "loading fails: $?"
sleeper
expect "patch_blocker" "$(< "/proc/$sleeper/patch_blocker")" ""
expect "pending" "$(< $SYSFS/$P/pending)" 0
let_go
wait "$sleeper"
disable $P
unload $P
finish

# With it also the kernel threads, which are never counted.
begin "patch_blocker knows the kernel thread that parked tasks wait for"
hold
enabling $P consistency=4
retry 3 grep -q "^function klp_test_sleeper+" "/proc/$kthread/patch_blocker" ||
	fail "patch_blocker is '$(cat "/proc/$kthread/patch_blocker")'"
retry 3 is $SYSFS/$P/pending 1 || fail "pending is $(< $SYSFS/$P/pending)"
release
wait "$loader" || fail "loading fails: $?"
expect "pending" "$(< $SYSFS/$P/pending)" 0
disable $P
unload $P
finish

plan
