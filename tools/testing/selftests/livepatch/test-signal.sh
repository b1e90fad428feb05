#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A task that blocks a transition for 15 seconds is signalled, and not harmed.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

DELAY=/proc/sys/kernel/livepatch_signal_delay_ms
SIGNALING="livepatch: signaling remaining tasks"

CORE_PATTERN=/proc/sys/kernel/core_pattern

# The settings of a machine that is left as it is
read -r usual < $DELAY
read -r usual_core < $CORE_PATTERN
trap 'echo "$usual" > $DELAY; echo "$usual_core" > $CORE_PATTERN' EXIT

signaled() { dmesg | grep -qF "$SIGNALING"; }

# signaled_once: in this test, and at level notice
signaled_once() {
	expect "number of lines about signals" \
		"$(dmesg | grep -cF "$SIGNALING")" 1
	expect "number of those at level notice" \
		"$(dmesg --level=notice | grep -cF "$SIGNALING")" 1
}

wakeups() { cut -d ' ' -f 2 $TESTFS/kthread; }

# Breaks if the task is not signalled, or too early, or by a real signal: then
# the read would fail, or end.
begin "a system call is restarted, and sleeps on in the new function"
sleeper
signals=$(counter signals)
load test_klp_sleeper
sleep 14
signaled && fail "signalled before 15 s have passed"
expect "number of signals" $(($(counter signals) - signals)) 0
expect "transition" "$(< $SYSFS/test_klp_sleeper/transition)" 1
expect "state of the sleeper" "$(patch_state "$sleeper")" 0
grep -q ' klp_test_sleeper' "/proc/$sleeper/stack" ||
	fail "it does not sleep in the old function"
settled test_klp_sleeper 4
between 15000 17000 "starting patching transition" "$SIGNALING"
between 0 100 "$SIGNALING" "patching complete"
signaled_once
expect "number of signals" $(($(counter signals) - signals)) 1
retry 1 in_sleeper "$sleeper" || fail "the system call was not restarted"
grep -q test_klp_sleeper "/proc/$sleeper/stack" ||
	fail "it does not sleep in the new function"
sleep 16
signaled_once
let_go
wait "$sleeper" || fail "the reader has failed: $?"
finish

# Breaks if a stopped or traced task is disturbed, or is not looked at again.
begin "a stopped task stays stopped, and switches without running"
background sleep 1000
stopped=$!
retry 2 grep -q nanosleep "/proc/$stopped/stack" || fail "it does not sleep"
kill -STOP "$stopped"
retry 2 grep -q '^State:.*stopped' "/proc/$stopped/status" ||
	fail "it does not stop"
sleeper
echo 3000 > $DELAY
load test_klp_sleeper
retry 1 is "/proc/$stopped/patch_state" 1 || fail "it has not switched"
settled test_klp_sleeper 6
signaled_once
grep -q '^State:.*stopped' "/proc/$stopped/status" || fail "it has been woken"
finish

# Breaks if kernel threads are not woken, are woken only once, or are switched
# although they still sleep in an affected function.
begin "a kernel thread is woken again and again, and still blocks until it leaves"
echo 5000 > $DELAY
echo sleep > $TESTFS/kthread
read -r kthread _ < $TESTFS/kthread
retry 2 in_sleeper "$kthread" || fail "the kernel thread does not sleep"
before=$(wakeups)
load test_klp_sleeper
sleep 4
expect "number of wakeups before 5 s" $(($(wakeups) - before)) 0
sleep 3
expect "number of wakeups after 5 s" $(($(wakeups) - before)) 1
between 5000 7000 "starting patching transition" "$SIGNALING"
sleep 5
expect "number of wakeups after 10 s" $(($(wakeups) - before)) 2
signaled_once
expect "transition" "$(< $SYSFS/test_klp_sleeper/transition)" 1
expect "state of the kernel thread" "$(patch_state "$kthread")" 0
in_sleeper "$kthread" || fail "the kernel thread has left the function"
mark leave
echo let > $TESTFS/kthread
settled test_klp_sleeper
between 0 100 "test: mark leave" "patching complete"
finish

# in_loop MODULE: a task has entered klp_busy_loop() there
in_loop() { ! is "/sys/module/$1/parameters/loops" 0; }

# Breaks if the delay cannot be set, or if a running task is never signalled: a
# loaded virtual CPU, for example, stays in its loop until a signal is pending.
busy="a task that is busy until a signal is pending gets one, and goes on"
if [ -w /sys/devices/system/cpu/cpu1/online ]; then
	begin "$busy"
	echo 4000 > $DELAY
	load test_klp_busy nap=3500
	background taskset -c 1 dd if=/sys/kernel/debug/test_klp_busy/loop \
		of=/dev/null bs=1 count=1 status=none
	busy=$!
	retry 2 in_loop test_klp_busy || fail "no task is in the loop"
	taskset -pc 0 $$ > /dev/null
	signals=$(counter signals)
	load test_klp_busy_fix
	sleep 3
	signaled && fail "signalled before 4 s have passed"
	expect "transition" "$(< $SYSFS/test_klp_busy_fix/transition)" 1
	expect "state of the task" "$(patch_state "$busy")" 0
	settled test_klp_busy_fix 4
	between 4000 6000 "starting patching transition" "$SIGNALING"
	between 0 100 "$SIGNALING" "patching complete"
	signaled_once
	expect "number of signals" $(($(counter signals) - signals)) 1
	expect "times the loop was left" \
		"$(< /sys/module/test_klp_busy/parameters/left)" 1
	retry 1 in_loop test_klp_busy_fix || fail "the system call was not restarted"
	kill "$busy"
	wait "$busy"
	finish
else
	skip "$busy" "no second CPU"
fi

# The table in Documentation/livepatch/admin.rst. A task that begins its call
# again sees the new function.
begin "some system calls end with EINTR, others are restarted"
echo 5000 > $DELAY
results=$(mktemp -d)
for call in epoll sigwait semop futex ring-read ring-wait; do
	background "$HERE/klp_interrupt" $call $TESTFS/sleep > "$results/$call"
done
ring_wait=$!
for pid in "${pids[@]}"; do
	retry 2 grep -qE 'hrtimer_nanosleep|epoll|sigtimed|semtimed|futex|cqring' \
		"/proc/$pid/stack" || fail "process $pid does not sleep"
done
load test_klp_interrupt
expect "results before 5 s" "$(cat "$results"/*)" ""
retry 10 only_blocker "$ring_wait" || fail "it is blocked by $(blockers)"
signaled_once
ended() { [ -s "$results/$1" ]; }
for call in epoll sigwait semop ring-read; do
	retry 1 ended $call
	expect "result of $call" "$(< "$results/$call")" EINTR
done
retry 1 ended futex
expect "result of futex" "$(< "$results/futex")" 77
# This call itself notices the signal, and sleeps on.
expect "result of ring-wait" "$(< "$results/ring-wait")" ""
kill -STOP "$ring_wait"
kill -CONT "$ring_wait"
settled test_klp_interrupt
retry 1 ended ring-wait
expect "result of ring-wait" "$(< "$results/ring-wait")" EINTR
rm -r "$results"
finish

# dump: let a process dump core to a pipe, where nobody reads before there is a
# file $cores/go; sets $dumper. The size of the dump will be in $cores/size.
dump() {
	rm -f "$cores"/{go,size}
	# The same addresses, so dumps of the same size, each time
	background setarch -R sleep 1000
	dumper=$!
	retry 2 grep -q nanosleep "/proc/$dumper/stack" || fail "it does not sleep"
	kill -SEGV "$dumper"
	retry 5 grep -q pipe_write "/proc/$dumper/stack" ||
		fail "it does not wait for the reader of its core dump"
}

dumped() { [ -s "$cores/size" ]; }

# Breaks if a task is signalled that will not return to user space: a signal
# ends its write to the pipe, and the dump is incomplete.
begin "a process that dumps core blocks until it is done, and dumps all"
cores=$(mktemp -d)
cat > "$cores/reader" <<-END
	#!/bin/bash
	until [ -e $cores/go ]; do sleep 0.1; done
	wc -c > $cores/size
END
chmod +x "$cores/reader"
echo "|$cores/reader" > $CORE_PATTERN
dump
: > "$cores/go"
retry 5 dumped || fail "no core was dumped"
size=$(< "$cores/size")
[ "$size" -gt 65536 ] || fail "the core dump of $size bytes fits into the pipe"
dump
echo 1000 > $DELAY
signals=$(counter signals)
load test_klp_coredump
retry 5 signaled || fail "nothing was signalled"
sleep 1.5
only_blocker "$dumper" || fail "it is blocked by $(blockers)"
expect "number of signals" $(($(counter signals) - signals)) 0
: > "$cores/go"
retry 5 dumped || fail "no core was dumped"
expect "size of the core dump" "$(< "$cores/size")" "$size"
settled test_klp_coredump
rm -r "$cores"
finish

plan
