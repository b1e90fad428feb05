#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# From the entry of a patched function to the code that is chosen: through the
# architecture's trampoline, or through ftrace's trampoline and our handler.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# Empty without CONFIG_LIVEPATCH_TRAMPOLINE
value /sys/kernel/debug/livepatch/trampoline
built=$value
wanted=${value:-N}

# step: sets $returned, $instructions, $trampoline, $unreliable, $bad, $last
step() {
	local name rest
	returned='' instructions=0 trampoline=0 unreliable='' bad='' last=
	while read -r name rest; do
		declare -g "$name=$rest"
	done < $TESTFS/steps
	diag "$instructions instructions, $trampoline in our trampoline"
	expect "wrong stacks" "$bad" 0
}

# Breaks if the kernel does not know the parameter.
begin "livepatch.trampoline=0 on the kernel command line is what decides"
if [ -n "$built" ]; then
	expected=Y
	[[ " $(< /proc/cmdline) " != *" livepatch.trampoline=0 "* ]] || expected=N
	expect "debugfs livepatch/trampoline" "$built" $expected
fi
finish

# Breaks if the annotation of the stack is wrong at one of the instructions.
begin "the stack is reliable at every instruction of a call"
step
expect "returned unpatched" "$returned" 0
expect "instructions unpatched" "$instructions" 0
load test_klp_pair
settled test_klp_pair
step
expect "returned" "$returned" 1
[ "$instructions" -gt 5 ] || fail "only $instructions instructions were seen"
if [ "$wanted" = Y ]; then
	grep -q '^klp_test_inner .*klp_trampoline' $TRACEFS/enabled_functions ||
		fail "ftrace does not call our trampoline"
	[ "$trampoline" -gt 5 ] || fail "it has not been there"
	[ "$instructions" -le 16 ] || [ -e $TESTFS/delay ] ||
		fail "it takes $instructions instructions"
else
	expect "instructions in our trampoline" "$trampoline" 0
fi
expect "unreliable stacks" "$unreliable" 0
[ -z "$last" ] || diag "last one $last"
finish

# Breaks if the trampoline and the handler choose differently.
begin "with another tracer the call goes through the handler"
load test_klp_pair
settled test_klp_pair
echo klp_test_inner > $TRACEFS/set_ftrace_filter
echo function > $TRACEFS/current_tracer
step
expect "returned" "$returned" 1
expect "instructions in our trampoline" "$trampoline" 0
[ "$instructions" -gt 20 ] || fail "$instructions instructions are too few"
diag "$unreliable stacks are not reliable, the last one at ${last:-none}"
echo nop > $TRACEFS/current_tracer
echo > $TRACEFS/set_ftrace_filter
step
[ "$wanted" = N ] || [ "$trampoline" -gt 5 ] || fail "it does not come back"
finish

# Breaks if a task is switched although the trampoline, or what stands for the
# call into ftrace, is on its stack: the task would go on to code of its old
# universe.
if [ -e $TESTFS/delay ] && [ "$wanted" = Y ]; then
	begin "a task that is preempted in the trampoline is not switched"
	load test_klp_pair later=1
	# The caller is nearly always in the trampoline; still, its thousand
	# calls take only milliseconds.
	echo 1000 > $TESTFS/delay
	echo > $TRACEFS/trace
	echo 1 > $TRACEFS/events/livepatch/klp_task_blocked/enable
	background bash -c "while read -r bad < $TESTFS/consistency; do
			[ \$bad = 0 ] || exit 3; done"
	caller=$!
	for _ in {1..20}; do
		enable test_klp_pair
		settled test_klp_pair 20
		disable test_klp_pair
		unloadable test_klp_pair
	done
	echo 0 > $TRACEFS/events/livepatch/klp_task_blocked/enable
	echo 0 > $TESTFS/delay
	seen=$(grep -c "in trampoline" $TRACEFS/trace)
	diag "$seen times in the trampoline when it was looked at"
	[ "$seen" -gt 0 ] || fail "it was never seen in the trampoline"
	kill -0 $caller || fail "it has called functions that do not go together"
	finish

	# Breaks if only transitions that affect the function wait for the task:
	# it would take the target of its old universe, which the transition
	# after that changes.
	begin "a transition of other functions does not switch a task in the trampoline"
	background nice -n 19 taskset -c 1 bash -c "while read -r bad < $TESTFS/consistency; do
			[ \$bad = 0 ] || exit 3; done"
	caller=$!
	hogs=()
	for _ in {1..3}; do
		background taskset -c 1 "$HERE/klp_storm" spin
		hogs+=($!)
	done
	seen=0
	for _ in {1..8}; do
		kill -STOP "${hogs[@]}"
		load test_klp_pair
		settled test_klp_pair 20
		load test_klp_sleeper
		settled test_klp_sleeper 20
		echo 3000 > $TESTFS/delay
		pause 0.2
		# From here on the caller hardly runs.
		kill -CONT "${hogs[@]}"
		pause 0.2
		# Disabling, since enabling makes a new table: the caller uses
		# the old one.
		disable test_klp_sleeper
		if retry 1 gone $SYSFS/test_klp_sleeper; then
			disable test_klp_pair
			pause 0.1
		elif grep -q "^$caller .*: in trampoline" $BLOCKED; then
			seen=$((seen + 1))
		fi
		kill -STOP "${hogs[@]}"
		echo 0 > $TESTFS/delay
		unload test_klp_sleeper
		[ ! -e $SYSFS/test_klp_pair ] || is $SYSFS/test_klp_pair/enabled 0 ||
			disable test_klp_pair
		unload test_klp_pair
		kill -0 $caller || break
	done
	kill -0 $caller || fail "it has called functions that do not go together"
	diag "$seen times another transition has waited for it"
	[ "$seen" -gt 0 ] || fail "no other transition has waited for it"
	finish
else
	skip "a task that is preempted in the trampoline is not switched" \
		"no delay in this kernel"
	skip "a transition of other functions does not switch a task in the trampoline" \
		"no delay in this kernel"
fi

plan
