#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The work of a patch operation does not grow with the number of functions. The
# engine counts passes of ftrace and waits; kprobes count the waits, too.
# (ftrace's own functions cannot be probed.)
. "$(dirname "$0")/functions.sh"

# watch: begin to count passes of ftrace, and waits for tasks in a trampoline
watch() {
	retry 2 reaped || fail "something is never released"
	[ ! -e $TRACEFS/events/kprobes ] || echo 0 > $TRACEFS/events/kprobes/enable
	echo > $TRACEFS/kprobe_events
	echo "p:klp_wait synchronize_rcu_tasks
p:klp_rude synchronize_rcu_tasks_rude" > $TRACEFS/kprobe_events
	echo > $TRACEFS/trace
	echo 1 > $TRACEFS/events/kprobes/enable
	passes=$(counter ftrace_updates)
	waits=$(counter grace_periods)
}

seen() { grep -c "klp_$1:" $TRACEFS/trace; }

unwatch() {
	echo 0 > $TRACEFS/events/kprobes/enable
	echo > $TRACEFS/kprobe_events
}

begin "500 functions are enabled with one pass of ftrace"
watch
load test_klp_bulk
settled test_klp_bulk 10
expect "sum of 500 functions" "$(< $TESTFS/bulk)" 500
expect "folders in sysfs" \
	"$(find $SYSFS/test_klp_bulk/vmlinux -name 'klp_test_bulk_*' | wc -l)" 500
expect "passes of ftrace" $(($(counter ftrace_updates) - passes)) 1
[ "$(seen wait)" -le 1 ] || fail "$(seen wait) waits"
unwatch
finish

begin "500 functions are disabled with one pass of ftrace and one wait"
load test_klp_bulk
settled test_klp_bulk 10
watch
disable test_klp_bulk
unloadable test_klp_bulk
expect "sum of 500 functions" "$(< $TESTFS/bulk)" 0
expect "passes of ftrace" $(($(counter ftrace_updates) - passes)) 1
expect "waits" $(($(counter grace_periods) - waits)) 1
expect "waits seen from outside" "$(seen wait) $(seen rude)" "1 1"
unwatch
finish

plan
