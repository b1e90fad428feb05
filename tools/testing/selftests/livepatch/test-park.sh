#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tasks that are parked while a change with the model system-frozen waits: what can
# be done to them, and that they go on.
#
# This shell is parked as well, whenever it returns from a system call. What has to
# happen while tasks are parked is done by a worker of io_uring: see klp_park.c.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# enum klp_consistency
FROZEN=4

P=test_klp_sleeper
PARK=$HERE/klp_park
CGROUP=/sys/fs/cgroup/klp_park

TIMEOUT=/proc/sys/kernel/livepatch_system_timeout_ms
read -r usual_timeout < $TIMEOUT
WORK=$(mktemp -d)
SAYS=$WORK/says
TRACER_SAYS=$WORK/tracer_says
trap 'rm -r "$WORK"; echo "$usual_timeout" > $TIMEOUT' EXIT
mkfifo "$WORK"/{KILL,TERM,STOP,CONT,USR1}

# No change is given up as long as a test needs it.
echo 60000 > $TIMEOUT

# park: let a change wait for a kernel thread, so that user tasks are parked
park() {
	hold
	enabling $P consistency=$FROZEN
}

# go_on: let the change happen
go_on() {
	release
	wait "$loader" || fail "loading fails: $?"
	expect transition "$(< $SYSFS/$P/transition)" 0
	expect "parked tasks" "$(parked)" ""
}

# target [SIGNAL]...: start a task that sleeps; writing to the FIFO $WORK/SIGNAL sends
# the signal to it. Sets $target
target() {
	local signal args=()
	for signal; do
		args+=("$(kill -l "$signal")" "$WORK/$signal")
	done
	: > "$SAYS"
	background "$PARK" target "${args[@]}" > "$SAYS"
	target=$!
	retry 2 is "$SAYS" ready || fail "the task has not started"
}

# later ACTION...: half a second after this, when tasks are parked, let a worker do the
# actions; sets $seen to what was read, in one line
later() {
	local lines
	mapfile -t lines < <("$PARK" later wait 500 "$@")
	seen=${lines[*]}
}

# stays_parked: the task is parked, or again
stays_parked() {
	later read "/proc/$target/wchan"
	expect "wchan of the task" "$seen" klp_park_here
}

handled() { grep -q handled "$SAYS"; }

# goes_on: the task handles signals
goes_on() {
	local before after
	before=$(grep -c handled "$SAYS")
	kill -USR1 "$target"
	more_handled() {
		after=$(grep -c handled "$SAYS")
		[ "$after" -gt "$before" ]
	}
	retry 2 more_handled || fail "the task does not go on"
}

# gap SECONDS: let a task compute; sets $longest to the longest time in microseconds in
# which it did not run, $gaps to how often that was 0.3 s or more, and $shortest to the
# shortest time between two of these
gap() {
	local pid
	"$PARK" gap > "$WORK/gap" &
	pid=$!
	sleep "$1"
	kill $pid
	wait $pid
	read -r longest gaps shortest < "$WORK/gap"
	diag "$gaps gaps, the longest of $longest us, at least $shortest us in between"
}

# nobody_is_parked: now, and in the next second
nobody_is_parked() {
	expect "parked tasks" "$(parked)" ""
	expect "blocked tasks" "$(< $BLOCKED)" ""
	gap 0.8
	expect "how often a task was parked afterwards" "$gaps" 0
}

# Breaks if a task that is parked looks like a task that blocks the change, or like
# one that sleeps.
begin "a parked task shows as parked"
target
park
# Tasks are released now and then, and have to gather again.
for _ in 1 2 3 4 5; do
	later read "/proc/$target/wchan" read $BLOCKED read "/proc/$target/stat"
	[[ $seen == *"in kernel"* ]] || break
done
[[ $seen == "klp_park_here "* ]] || fail "its wchan is not klp_park_here"
[[ $seen == *" $target klp_park: parked"* ]] || fail "it is not reported"
[[ $seen == *"$target (klp_park) S "* ]] || fail "it does not sleep"
[[ $seen != *"in kernel"* ]] || fail "tasks have not parked"
[ -z "$failed" ] || diag "seen: $seen"
go_on
expect "blocked tasks" "$(< $BLOCKED)" ""
goes_on
finish

# Breaks if a parked task sleeps so that no signal wakes it.
begin "a parked task can be killed"
target KILL
killed=$target
target TERM
park
later read "/proc/$killed/wchan" read "/proc/$target/wchan" \
	write "$WORK/KILL" x write "$WORK/TERM" x wait 100 \
	read "/proc/$killed/stat" read "/proc/$target/stat"
[[ $seen == "klp_park_here klp_park_here "* ]] || fail "they have not parked"
[[ $seen == *"$killed (klp_park) Z "* ]] || fail "SIGKILL does not kill"
[[ $seen == *"$target (klp_park) Z "* ]] || fail "SIGTERM does not kill"
[ -z "$failed" ] || diag "seen: $seen"
wait "$killed"
expect "exit status of one" $? $((128 + 9))
wait "$target"
expect "exit status of the other" $? $((128 + 15))
go_on
finish

# Breaks if the task returns to user space when it has handled a signal.
begin "a signal handler of a parked task runs when the task is released, and once"
target USR1
park
later read "/proc/$target/wchan" write "$WORK/USR1" x wait 100 \
	read "$SAYS" read "/proc/$target/wchan"
expect "what was seen" "$seen" "klp_park_here ready klp_park_here"
retry 2 handled || fail "the handler has not run"
stays_parked
expect "what the task says" "$(xargs < "$SAYS")" "ready handled"
go_on
goes_on
finish

begin "a parked task can be stopped and continued"
target STOP CONT
park
later read "/proc/$target/wchan" write "$WORK/STOP" x wait 100 \
	read "/proc/$target/stat" write "$WORK/CONT" x wait 100 \
	read "/proc/$target/wchan"
[[ $seen == "klp_park_here $target (klp_park) T "*" klp_park_here" ]] ||
	fail "what was seen is '$seen'"
go_on
goes_on
finish

# A stopped task is outside of the kernel. Breaks if the change waits for it, or if
# it misses that it has to park when it is continued.
begin "a parked task is stopped while the change happens"
target
park
kill -STOP "$target"
later read "/proc/$target/stat"
[[ $seen == "$target (klp_park) T "* ]] || fail "it has not stopped: $seen"
go_on
kill -CONT "$target"
goes_on
finish

begin "a task is continued while the change waits, and parks"
target
kill -STOP "$target"
park
kill -CONT "$target"
stays_parked
go_on
goes_on
finish

# Breaks if a parked task does not stop for its tracer.
begin "a parked task can be traced, and is parked afterwards"
target USR1
: > "$TRACER_SAYS"
background "$PARK" seize "$target" > "$TRACER_SAYS"
tracer=$!
retry 2 is "$TRACER_SAYS" seized || fail "the tracer has not attached"
park
later read "/proc/$target/wchan" write "$WORK/USR1" x wait 100 \
	read "/proc/$target/stat"
[[ $seen == "klp_park_here $target (klp_park) t "* ]] ||
	fail "it does not stop for its tracer: $seen"
wait $tracer || fail "tracing fails: $?"
expect "what the tracer says" "$(xargs < "$TRACER_SAYS")" "seized 10"
stays_parked
for _ in 1 2 3; do
	expect "what another tracer says" "$("$PARK" trace "$target")" traced
done
stays_parked
expect "what the task says" "$(xargs < "$SAYS")" ready
go_on
goes_on
finish

# frozen 0|1: whether all tasks of the cgroup are frozen
frozen() { grep -q "^frozen $1" $CGROUP/cgroup.events; }

# in_cgroup: move the target to a cgroup of its own
in_cgroup() {
	mkdir $CGROUP || fail "no cgroup can be made"
	echo "$target" > $CGROUP/cgroup.procs
}

no_cgroup() {
	kill "$target"
	wait "$target"
	retry 2 rmdir $CGROUP 2> /dev/null || fail "the cgroup cannot be removed"
}

if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
	skip "cgroup v2 freezes and thaws a parked task" "no cgroup v2"
	skip "a change happens while a parked task is frozen" "no cgroup v2"
	skip "a change happens that begins while a task is frozen" "no cgroup v2"
else
	# Breaks if the freezer and parking wait for each other.
	begin "cgroup v2 freezes and thaws a parked task"
	target
	in_cgroup
	park
	later read "/proc/$target/wchan" \
		write $CGROUP/cgroup.freeze 1 wait 100 read $CGROUP/cgroup.events \
		write $CGROUP/cgroup.freeze 0 wait 100 read $CGROUP/cgroup.events \
		read "/proc/$target/wchan"
	expect "what was seen" "$seen" "klp_park_here populated 1 frozen 1 populated 1 frozen 0 klp_park_here"
	go_on
	goes_on
	no_cgroup
	finish

	begin "a change happens while a parked task is frozen"
	target
	in_cgroup
	park
	stays_parked
	echo 1 > $CGROUP/cgroup.freeze
	retry 3 frozen 1 || fail "the task is not frozen"
	go_on
	frozen 1 || fail "the task has been thawed"
	echo 0 > $CGROUP/cgroup.freeze
	goes_on
	no_cgroup
	finish

	# Breaks if the change waits for a task that is frozen, which may be for days.
	begin "a change happens that begins while a task is frozen"
	target
	in_cgroup
	echo 1 > $CGROUP/cgroup.freeze
	retry 3 frozen 1 || fail "the task is not frozen"
	load $P consistency=$FROZEN
	frozen 1 || fail "the task has been thawed"
	disable $P
	unload $P
	park
	echo 0 > $CGROUP/cgroup.freeze
	stays_parked
	go_on
	goes_on
	no_cgroup
	finish
fi

# suspended: freeze all tasks, and thaw them, as suspend does, and no more; in the
# background
suspended() {
	(echo freezer > /sys/power/pm_test && echo freeze > /sys/power/state
	 echo none > /sys/power/pm_test)
}

if [ ! -e /sys/power/pm_test ]; then
	skip "the machine is suspended while tasks are parked" "no suspend in this kernel"
	skip "a change begins while the machine is suspended" "no suspend in this kernel"
else
	[ ! -e /sys/module/suspend/parameters/pm_test_delay ] ||
		echo 1 > /sys/module/suspend/parameters/pm_test_delay
	# The task that waits for the change cannot be frozen, and the one that suspends
	# the machine cannot park. Breaks if one of them waits for ever.
	begin "the machine is suspended while tasks are parked"
	echo 3000 > $TIMEOUT
	target
	park
	background suspended
	suspender=$!
	wait "$loader" && fail "loading succeeds"
	wait $suspender || fail "suspending fails: $?"
	echo 60000 > $TIMEOUT
	release
	as_before $P
	nobody_is_parked
	goes_on
	finish

	begin "a change begins while the machine is suspended"
	target
	background suspended
	suspender=$!
	load $P consistency=$FROZEN
	wait $suspender || fail "suspending fails: $?"
	nobody_is_parked
	goes_on
	finish
fi

# The parent cannot leave the kernel before its child has gone on. Breaks if tasks
# are parked until all have parked.
begin "tasks that fork and exec, or wait after vfork, let a change happen"
background "$HERE/klp_storm" storm 1 > /dev/null
background "$PARK" vfork
vfork=$!
sleep 0.2
echo 20000 > $TIMEOUT
mark start
load $P consistency=$FROZEN
mark loaded
disable $P
mark disabled
between 0 10000 "test: mark start" "test: mark loaded"
between 0 10000 "test: mark loaded" "test: mark disabled"
echo 60000 > $TIMEOUT
kill -0 $vfork || fail "the task has died"
unload $P
nobody_is_parked
finish

# Breaks if tasks are not released while the change waits, or only by the task that
# has made them park.
begin "no task is parked for longer than a second, and it runs in between"
park
gap 4
[ "$gaps" -ge 2 ] || fail "the task was parked $gaps times"
[ "$longest" -gt 700000 ] || fail "the task was never parked for long"
[ "$longest" -lt 1200000 ] || fail "the task was parked for longer than a second"
[ "$shortest" -gt 150000 ] || fail "the task has hardly run in between"
go_on
nobody_is_parked
finish

# The tests below break if tasks are not released, or only when the second is over.

begin "no task stays parked after a change has completed"
target
park
later write $TESTFS/kthread let wait 200 read "/proc/$target/wchan" \
	read $SYSFS/$P/transition
[[ $seen != *klp_park_here* ]] || fail "it is still parked"
expect transition "${seen##* }" 0
go_on
nobody_is_parked
goes_on
finish

begin "no task stays parked after a patch has been disabled"
load $P consistency=$FROZEN
target
hold test_klp_sleeper
background bash -c "echo 0 > $SYSFS/$P/enabled"
loader=$!
retry 2 is $SYSFS/$P/transition 1 || fail "no transition has begun"
stays_parked
release
wait $loader || fail "disabling fails: $?"
nobody_is_parked
unload $P
as_before $P
goes_on
finish

begin "no task stays parked after a change has timed out"
target
echo 1200 > $TIMEOUT
park
wait "$loader" && fail "loading succeeds"
echo 60000 > $TIMEOUT
logged "'$P': patching is given up, blocked by klp_test/$kthread in function klp_test_sleeper"
as_before $P
nobody_is_parked
goes_on
finish

# ends_parking ACTION...: while the task is parked, let a worker do something
# that ends the change
ends_parking() {
	later read "/proc/$target/wchan" "$@" wait 200 read "/proc/$target/wchan"
	[[ $seen == "klp_park_here "* ]] || fail "the task was not parked: $seen"
	[[ $seen != *" klp_park_here" ]] || fail "the task is still parked"
	nobody_is_parked
}

begin "no task stays parked after a change has been reversed"
target
park
ends_parking write $SYSFS/$P/enabled 0
wait "$loader" && fail "loading succeeds"
as_before $P
goes_on
finish

begin "no task stays parked after a change has been forced"
target
park
ends_parking write $SYSFS/$P/force 1
wait "$loader" || fail "loading fails: $?"
expect enabled "$(< $SYSFS/$P/enabled)" 1
release
disable $P
unload $P
as_before $P
goes_on
finish

# The task that waits notices the signal within a tenth of a second.
begin "no task stays parked after the task that waits was killed"
mkdir $CGROUP
target
park
echo "$loader" > $CGROUP/cgroup.procs
ends_parking write $CGROUP/cgroup.kill 1
wait "$loader"
expect "exit status of the loader" $? $((128 + 9))
as_before $P
goes_on
rmdir $CGROUP
finish

begin "no task stays parked after a callback has refused the patch"
target
load_fails test_klp_callbacks_a "Operation not permitted" refuse=-1 consistency=$FROZEN
as_before test_klp_callbacks_a
nobody_is_parked
goes_on
finish

plan
