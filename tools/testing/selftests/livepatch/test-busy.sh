#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tasks that are in an affected function nearly all of the time, leave it 50
# times a second and enter it again at once. They switch soon, in each
# preemption mode.
#
# All but the two tests whose tasks may run anywhere leave CPU 0 to this shell
# and to the engine.
#
# Environment: BUSY_ALL	not empty: all kinds of tasks in all preemption modes.
#			Otherwise only where full preemption makes it hardest.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

T=test_klp_busy
F=test_klp_busy_fix
RUN=/sys/module/$T/parameters/run
PREEMPTION=/sys/kernel/debug/sched/preempt
WORKERS=/sys/devices/virtual/workqueue/cpumask

# In milliseconds: a second, and another one for what else the machine does
limit=2000
! slow || limit=10000

# start KIND: start a task that is busy
start() {
	if [ "$1" = call ]; then
		background taskset -c 1 dd if=/sys/kernel/debug/$T/call of=/dev/null \
			bs=1 count=1 status=none
	else
		echo "$1" > $RUN || fail "no task is started"
	fi
	retry 2 runs $T || fail "no task is busy"
}

stop() {
	echo stop > $RUN || fail "the task does not stop"
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}"
}

# is_running: the task that $T has started has called the function
is_running() { ! is $RUN 0; }

# runs MODULE: calls of klp_busy_piece() return in that module
runs() {
	local before
	value "/sys/module/$1/parameters/pieces"
	before=$value
	pause 0.05
	value "/sys/module/$1/parameters/pieces"
	[ "$value" -gt "$before" ]
}

# only_runs MODULE OTHER: calls go to MODULE now, and to OTHER no more
only_runs() {
	local before
	value "/sys/module/$2/parameters/pieces"
	before=$value
	retry 2 runs "$1" || fail "the function is not called in $1"
	value "/sys/module/$2/parameters/pieces"
	expect "calls in $2" "$value" "$before"
}

# across DIRECTION: the transition in that direction completes within the limit
across() {
	local pid
	value $RUN
	pid=$value
	if ! retry $((limit / 1000 + 1)) is_complete $F "$1"; then
		fail "$1 is not complete: $(blockers)"
		diag "the last caller of the function: $pid," \
			"$(paste -s "/proc/$pid/comm" 2>&1)"
		return
	fi
	between 0 $limit "starting $1 transition" "'$F': $1 complete"
}

# busy KIND TITLE...: a busy task switches to the patch, and back
busy() {
	local kind=$1
	shift
	begin "$*, with preemption $mode"
	load $T
	start "$kind"
	load $F
	across patching
	[ -n "$failed" ] || only_runs $F $T
	disable $F
	across unpatching
	[ -n "$failed" ] || only_runs $T $F
	# Stop the task first: nothing is freed while a task never sleeps.
	stop
	unload $F
	finish
}

# set_mode MODE
set_mode() {
	[ ! -e $PREEMPTION ] || echo "$1" > $PREEMPTION || diag "no preemption $1"
}

modes=built-in
if [ -e $PREEMPTION ]; then
	modes=$(< $PREEMPTION)
	old_mode=${modes#*(}
	old_mode=${old_mode%)*}
	modes=${modes//[()]/}
	# A slow kernel takes a minute for each test: only the hardest mode there.
	[[ -n ${BUSY_ALL-} || $modes != *full* ]] || ! slow || modes=full
	trap 'set_mode "$old_mode"' EXIT
fi

if ! is /sys/devices/system/cpu/cpu1/online 1; then
	skip "tasks that are nearly always in an affected function" "no second CPU"
	plan
fi

taskset -pc 0 $$ > /dev/null
value $WORKERS
old_workers=$value

# Each test breaks if a task is looked at only while it is preempted: then it is
# in the function. The task has to switch when it enters the function.
for mode in $modes; do
	set_mode "$mode"
	echo 1 > $WORKERS
	busy pinned "a kernel thread on one CPU"
	busy call "a long system call"
	echo "$old_workers" > $WORKERS
	# In the other modes cond_resched() helps.
	[[ -n ${BUSY_ALL-} || $mode = @(full|built-in) ]] || continue
	echo 1 > $WORKERS
	busy work "a worker of one CPU"
	busy softirq "a softirq that raises itself, in ksoftirqd"
	echo "$old_workers" > $WORKERS
	busy thread "a kernel thread on any CPU"
	busy unbound "a worker of any CPU"
done

# switches PID: sets $value to how often the task has been switched out
switches() {
	local name count
	value=0
	while read -r name count; do
		[[ $name != *voluntary_ctxt_switches: ]] || value=$((value + count))
	done < "/proc/$1/status"
}

# Breaks if the task's stack is unwound at each context switch, at the expense
# of the next task, although the task has not left the frame that blocks.
begin "a task that is preempted again and again in the function is looked at once"
load $T ms=60000
echo pinned > $RUN
retry 2 is_running || fail "no task is busy"
value $RUN
busy=$value
for _ in 1 2; do
	background taskset -c 1 "$HERE/klp_storm" spin
done
pause 0.1
load $F
# All other tasks have switched.
retry 3 only_blocker "$busy" || fail "blocked by others: $(blockers)"
pause 0.2
switches "$busy"
before=$value
unwinds=$(counter unwinds)
skipped=$(counter skipped)
pause 1.5
switches "$busy"
switched=$((value - before))
diag "$switched switches, $(($(counter unwinds) - unwinds)) stacks unwound," \
	"$(($(counter skipped) - skipped)) not"
expect "transition" "$(< $SYSFS/$F/transition)" 1
[ $switched -ge 50 ] || fail "only $switched switches"
# A retry once a second or so
[ -n "$unwinds" ] || fail "no counter says how often stacks are unwound"
[ $(($(counter unwinds) - unwinds)) -le $((switched / 5)) ] ||
	fail "its stack is unwound at each switch"
[ $(($(counter skipped) - skipped)) -ge $((switched / 2)) ] ||
	fail "it is not counted that its stack is not unwound"
# The task leaves the frame, and switches.
echo 20 > /sys/module/$T/parameters/ms
settled $F 10
only_runs $F $T
stop
disable $F
unload $F
finish

plan
