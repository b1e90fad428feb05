#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tasks that die. A task that has been unhashed runs kernel code for a while,
# but is in the task list no more. If that code belongs to a patch, the patch's
# module must not be freed yet.
#
# The patches here replace do_exit(), and a function that it calls after the
# task has been unhashed; some tasks sleep there.
#
# On the stock kernel a transition looks at the tasks that are hashed, and at no
# others. What these modules do there ("make stock", 6.12, tried with both tests
# of an unhashed task): the transition is complete while tasks are asleep in the
# patch, the number of its module's users is zero, rmmod succeeds, and each of
# the tasks then wakes up in freed memory: "BUG: unable to handle page fault",
# one Oops for each of 35 tasks.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

A=test_klp_exit_a
B=test_klp_exit_b

# parameter MODULE NAME: sets $value
parameter() { value "/sys/module/$1/parameters/$2"; }

lingers() {
	parameter $A lingering
	[ "${value:-0}" -gt 0 ]
}

# die_slowly: let a task die; it is unhashed, and then sleeps in $A
die_slowly() {
	/bin/true &
	wait $!
	retry 2 lingers || fail "no task lingers"
	gone /proc/$! || fail "it can still be found"
}

# waits MODULE: its transition does not complete while a task is in $A. That
# task sleeps, so the transition does not lack CPU time: the engine waits.
waits() {
	retry 2 none_pending || fail "blocked by others: $(blockers)"
	for _ in {1..10}; do
		lingers || fail "the task did not linger for long enough"
		is "$SYSFS/$1/transition" 1 ||
			fail "the transition does not wait for the unhashed task"
		pause 0.05
	done
	is /sys/module/$A/refcnt 1 || fail "the module has been released"
}

none_pending() { [ -z "$(blockers)" ]; }

# was_waited_for: no task is in $A any more, and one was, unhashed
was_waited_for() {
	parameter $A lingering
	expect "number of tasks in the old patch" "$value" 0
	parameter $A unhashed
	[ "$value" -gt 0 ] || fail "no task was unhashed in it"
}

# Both tests break if tasks do not count any more once they are unhashed, or if
# the list of exiting tasks is not walked.
begin "replacing a patch waits for an unhashed task"
load $A linger=3000
settled $A
die_slowly
load $B replace=1
waits $B
settled $B 5
was_waited_for
unload $A
finish

begin "disabling a patch waits for an unhashed task"
load $A linger=3000
settled $A
die_slowly
disable $A
waits $A
unloadable $A
was_waited_for
unload $A
finish

# Breaks if a task does not count at some point between exit_notify() and its
# last context switch, whether it was pending before or not: one task in eight
# sleeps in a module that is unloaded as early as possible. Too early crashes
# the kernel.
ROUNDS=8
! slow || ROUNDS=6

OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

begin "do_exit() is replaced under a storm, and the old module unloaded at once"
old=$A new=$B total=0
load $old linger=600 every=8
background "$HERE/klp_storm" storm 2 > "$OUT"
storm=$!
settled $old 5
for ((round = 1; round <= ROUNDS; round++)); do
	load $new replace=1 linger=600 every=8
	settled $new 10
	parameter $old unhashed
	total=$((total + value))
	unload $old
	mod=$old old=$new new=$mod
	[ -z "$failed" ] || break
done
kill -TERM "$storm"
wait "$storm" || fail "the storm died: $?"
read -r forks threads execs < "$OUT"
diag "$forks forks, $threads threads, $execs execs, $ROUNDS rounds"
diag "$total unhashed tasks were asleep in a patch"
[ $total -ge $ROUNDS ] || fail "only $total unhashed tasks were asleep in a patch"
disable $old
unload $old
finish

plan
