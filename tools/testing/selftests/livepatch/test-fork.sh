#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Children and threads start in the universe of their parents, and no task is
# lost.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# The forks per second of a storm; with KASAN there is time for fewer.
STORM=100
! zgrep -qs '^CONFIG_KASAN=y' /proc/config.gz || STORM=10

OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# family: start a task that forks when it is told to; sets $parent
family() {
	background "$HERE/klp_storm" family > "$OUT"
	parent=$!
	retry 2 grep -q ready "$OUT" || fail "klp_storm does not start"
}

has_lines() { [ "$(wc -l < "$1")" -ge "$2" ]; }

# born: let $parent fork a child and create a thread; sets $child and $thread
born() {
	local lines
	lines=$(wc -l < "$OUT")
	kill -USR1 "$parent"
	retry 2 has_lines "$OUT" $((lines + 1)) || fail "no child was born"
	read -r child thread <<< "$(tail -n 1 "$OUT")"
}

# switched: print how many tasks have switched since boot, for whatever reason
switched() {
	awk '/^switched_by_/ { n += $2 } END { print n }' $COUNTERS
}

# others_than STATE: print the threads that show another state
others_than() {
	grep -Hv "^$1$" /proc/[0-9]*/task/[0-9]*/patch_state 2> /dev/null
}

# family_is STATE: the parent, its child and its thread
family_is() {
	expect "the parent's state" "$(patch_state "$parent")" "$1"
	expect "the child's state" "$(patch_state "$child")" "$1"
	expect "the thread's state" \
		"$(< "/proc/$parent/task/$thread/patch_state")" "$1"
}

# Breaks if a child starts in a fixed universe, or counts as pending although
# its parent has switched.
begin "children and threads of a patched task are born patched"
sleeper
family
load test_klp_sleeper
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
before=$(switched)
born
family_is 1
expect "number of tasks switched meanwhile" "$(switched)" "$before"
only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
let_go
settled test_klp_sleeper
family_is -1
finish

# Breaks if patch_state or the child's universe is right in one direction only.
begin "children and threads of an unpatched task are born unpatched"
load test_klp_sleeper
settled test_klp_sleeper
sleeper
family
disable test_klp_sleeper
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
before=$(switched)
born
family_is 0
expect "number of tasks switched meanwhile" "$(switched)" "$before"
let_go
unload test_klp_sleeper
family_is -1
finish

# Breaks if a walk does not find children that were born during the transition:
# they would not switch, and the last verification would warn.
begin "children born during a transition follow its reversal"
sleeper
family
load test_klp_sleeper
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
born
family_is 1
disable test_klp_sleeper
unload test_klp_sleeper
in_sleeper "$sleeper" || fail "the sleeper has been disturbed"
family_is -1
# In the next transition they switch as all tasks do.
load test_klp_sleeper
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
family_is 1
finish

# Breaks if a fork, an exit or an exec can slip through a walk (a transition
# that never ends, or a warning), or if a child is counted twice or not at all.
begin "twenty transitions during a storm of forks, threads and execs"
now
begun=$now
background "$HERE/klp_storm" storm 3 > "$OUT"
storm=$!
load test_klp_pair later=1
for round in {1..10}; do
	enable test_klp_pair
	settled test_klp_pair
	disable test_klp_pair
	unloadable test_klp_pair
	[ -z "$failed" ] || break
done
now
elapsed=$(((now - begun) / 1000))
kill -TERM "$storm"
wait "$storm" || fail "the storm died: $?"
read -r forks threads execs < "$OUT"
diag "$forks forks, $threads threads, $execs execs in $elapsed ms, $round rounds"
[ $((forks * 1000 / elapsed)) -ge $STORM ] || fail "not more than $forks forks"
[ "$execs" -ge 5 ] || fail "not more than $execs execs"
lost=$(others_than -1) && fail "not back to -1: $lost"
finish

has_child() { child=$(pgrep -n -P "$1"); }

# fork_asleep: let $sleeper fork in the function; its child sleeps in the
# function, too; sets $child. A child that is preempted before it sleeps may
# rightly switch: then another one is forked. No child switches when it enters
# the function, since test_klp_sleeper_jump closes that way.
fork_asleep() {
	local before
	for _ in {1..10}; do
		before=$(switched)
		echo fork > $TESTFS/sleep
		retry 2 has_child "$sleeper" || fail "there is no child"
		retry 2 in_sleeper "$child" || fail "the child does not sleep"
		[ "$(patch_state "$child")" = 1 ] || return
		[ "$(switched)" -gt "$before" ] ||
			fail "the child of an unpatched task is born patched"
		[ -z "$failed" ] || return
		diag "the child has switched on its way"
		kill -KILL "$child"
	done
	fail "each child has switched on its way"
}

# The parent sleeps in the function, and forks there when the transition has
# been running for a while. Breaks without klp_task_fork(), or if the child's
# universe is what the parent's was when its task_struct was copied.
begin "the child of a blocked task starts in its parent's universe"
sleeper
load test_klp_sleeper_jump
fork_asleep
expect "patch_state of the child" "$(patch_state "$child")" 0
grep -q ' test_klp_sleeper[+ ]' "/proc/$child/stack" &&
	fail "the child of an unpatched task runs patched code"
expect transition "$(< $SYSFS/test_klp_sleeper_jump/transition)" 1
let_go
settled test_klp_sleeper_jump
finish

# Breaks if the child is counted neither at its birth nor when it falls asleep:
# then the death of its parent completes the transition, since the next retry is
# nearly a second away, and the last verification warns.
begin "the child of a blocked task blocks when its parent has died"
sleeper
load test_klp_sleeper_jump
sleep 2.2
fork_asleep
kill -KILL "$sleeper"
retry 1 gone "/proc/$sleeper/stack"
expect transition "$(< $SYSFS/test_klp_sleeper_jump/transition)" 1
expect "patch_state of the child" "$(patch_state "$child")" 0
let_go
settled test_klp_sleeper_jump
finish

plan
