#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a monitor can see of a transition: counts, reasons, events.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_sleeper
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# listen: write uevents to $OUT from now on
listen() {
	: > "$OUT"
	background "$HERE/klp_uevents" > "$OUT"
	retry 2 grep -q ready "$OUT" || fail "nobody listens to uevents"
}

# got_event NUMBER: so many changes of the patch have been announced
got_event() {
	[ "$(grep -c "^change DEVPATH=/kernel/livepatch/$P " "$OUT")" -ge "$1" ]
}

announced() {
	[ "$(grep -cE "^(add|remove) DEVPATH=/kernel/livepatch/$P$" "$OUT")" -ge "$1" ]
}

# heard EVENT DIRECTION: such an event of the patch is the next one in $OUT
heard() {
	local line
	events=$((events + 1))
	retry 2 got_event $events || fail "there is no event $events"
	line=$(grep "^change DEVPATH=/kernel/livepatch/$P " "$OUT" | sed -n "${events}p")
	[[ $line =~ LIVEPATCH_EVENT=$1\ LIVEPATCH_PATCH=$P\ LIVEPATCH_DIRECTION=$2\  ]] ||
		fail "event $events is '$line', not $1 $2"
	[[ $line =~ LIVEPATCH_DURATION_MS=([0-9]+)$ ]] || fail "no duration in '$line'"
	duration=${BASH_REMATCH[1]:-0}
}

all_heard() {
	expect "number of events" "$(grep -c '^change' "$OUT")" "$events"
}

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

# Breaks if an event is missing, is sent twice, or has the old direction.
begin "uevents tell when a transition starts, is reversed, forced, and completes"
listen
events=0
sleeper
load $P
sleep 0.3
echo 0 > $SYSFS/$P/enabled || fail "reversing"
unloadable $P
heard started patching
heard reversed unpatching
[ "$duration" -ge 200 ] || fail "the reversal came after $duration ms"
heard completed unpatching
enable $P
sleep 0.1
echo 1 > $SYSFS/$P/force || fail "forcing"
settled $P 2
let_go
wait "$sleeper"
disable $P
unloadable $P
heard started patching
[ "$duration" -le 100 ] || fail "the start came after $duration ms"
heard forced patching
heard completed patching
heard started unpatching
heard completed unpatching
all_heard
retry 2 announced 4 || fail "not announced: $(grep -v ^change "$OUT")"
finish

# Breaks if a failed enabling is announced, or looks as if it had succeeded.
begin "an enabling that fails sends no events of a transition"
listen
# Before tasks would begin to switch: a symbol is missing, a callback refuses
load_fails test_klp_bad "" how=missing
load_fails test_klp_callbacks_a "No such device" refuse=-19
events=0
sleeper
load $P
heard started patching
let_go
settled $P
heard completed patching
all_heard
finish

begin "tracepoints tell by which way tasks switch"
trace=$TRACEFS/instances/klp_watch
mkdir $trace
echo 1 > $trace/events/livepatch/enable
sleeper
load $P
sleep 0.2
echo 0 > $SYSFS/$P/enabled
unloadable $P
grep -q "klp_task_switched: comm=.* pid=[0-9]* way=walk" $trace/trace ||
	fail "no task was switched by a walk"
grep -q "klp_task_blocked: comm=dd pid=$sleeper reason=in function" $trace/trace ||
	fail "the sleeper was not blocked"
grep -q "klp_transition_reversed: patch=$P direction=unpatching" $trace/trace ||
	fail "no reversal"
enable $P
echo 1 > $SYSFS/$P/force
settled $P 2
grep -q "klp_task_switched: comm=dd pid=$sleeper way=force" $trace/trace ||
	fail "no task was forced"
grep -q "klp_transition_forced: patch=$P direction=patching" $trace/trace ||
	fail "no force"
let_go
wait "$sleeper"
disable $P
unload $P
rmdir $trace
finish

plan
