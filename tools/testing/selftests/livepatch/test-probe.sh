#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Return probes on the stack of a task do not keep it from switching.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

event_on() { # DEFINITION
	echo "$1" >> $TRACEFS/dynamic_events || fail "no event '$1'"
	[[ $1 =~ ^.[0-9]*:([^ ]*) ]]
	echo 1 > "$TRACEFS/events/${BASH_REMATCH[1]}/enable"
}
events_off() {
	local file
	for file in "$TRACEFS"/events/klp_test/*/enable; do
		[ ! -e "$file" ] || echo 0 > "$file"
	done
	echo > $TRACEFS/dynamic_events || fail "events stay"
}

# hits NAME: how often the event has been seen
hits() { grep -c "$1:" $TRACEFS/trace; }

thread() { # KIND
	echo "$1" > $TESTFS/kthread || fail "no thread that does '$1'"
}

# converges: a patch of other functions is enabled and disabled, within a second
# each. The release of its module has to wait for the thread.
converges() {
	load test_klp_pair
	settled test_klp_pair
	disable test_klp_pair
	retry 1 is_complete test_klp_pair unpatching ||
		fail "unpatching is blocked by: $(blockers)"
}

# stopped: ends the thread and unloads the patch
stopped() {
	echo > $TRACEFS/trace
	echo stop > $TESTFS/kthread
	unload test_klp_pair
}

# Both tests break if the return address is looked up only for tasks that sleep.
for probe in "a kretprobe" "an fprobe exit handler"; do
	begin "a kernel thread that never sleeps, below a function with $probe"
	if [ "$probe" = "a kretprobe" ]; then
		event_on "r:klp_test/spinner klp_test_spinner"
	else
		event_on "f:klp_test/spinner klp_test_spinner%return"
	fi
	thread below
	converges
	expect "calls that have returned" "$(hits spinner)" 0
	stopped
	# The probe was there: its handler has run when the function returned.
	expect "calls that have returned" "$(hits spinner)" 1
	events_off
	finish
done

# Breaks if only one of the return probes of a frame is found.
begin "both a kretprobe and an fprobe exit handler on one function"
event_on "r:klp_test/k_spinner klp_test_spinner"
event_on "f:klp_test/f_spinner klp_test_spinner%return"
thread below
converges
stopped
expect "calls that the kretprobe has seen" "$(hits k_spinner)" 1
expect "calls that the fprobe has seen" "$(hits f_spinner)" 1
events_off
finish

# Breaks if the probe makes stacks unreliable: it is on that of each preempted
# task.
begin "a kretprobe on preempt_schedule_irq itself"
event_on "r:klp_test/irq preempt_schedule_irq"
thread spin
converges
[ "$(hits irq)" -gt 0 ] || fail "nothing was preempted"
stopped
events_off
finish

# Breaks if the unwinder stops at the probe's trampoline, or loses frames there:
# the affected function is beyond the probed one.
begin "a function that calls the probed one is still waited for"
event_on "r:klp_test/sleeper klp_test_sleeper"
sleeper deep
load test_klp_deep
sleep 0.3
expect transition "$(< $SYSFS/test_klp_deep/transition)" 1
grep -q "^$sleeper .*: in function klp_test_deep" $BLOCKED ||
	fail "blocked: $(cat $BLOCKED)"
let_go
settled test_klp_deep
events_off
finish

plan
