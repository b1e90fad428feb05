#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each operation on a patch, with each consistency model. After each test the
# system is as before.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# In the order of enum klp_consistency
MODELS=(task immediate task-exit system system-frozen)

# The first three have functions of the target T in common, and A and S have the
# function of vmlinux in which tasks are held. S and F have no other function. Some
# task has been forced to leave the code of F, which then is never unloaded.
A=test_klp_module_a
B=test_klp_module_b
C=test_klp_module_c
S=test_klp_sleeper
F=test_klp_forced_again
T=test_klp_target
PATCHED_VALUE=/sys/module/$T/parameters/value

# Seconds until a transition that nothing blocks is complete
SOON=5

DELAY=/proc/sys/kernel/livepatch_signal_delay_ms
TIMEOUT=/proc/sys/kernel/livepatch_system_timeout_ms
SAYS=$(mktemp)
read -r usual < $DELAY
read -r usual_timeout < $TIMEOUT
trap 'rm -f "$SAYS"; echo "$usual" > $DELAY; echo "$usual_timeout" > $TIMEOUT' EXIT

# With task-exit, tasks that sleep switch when they are signalled.
echo 100 > $DELAY
# No change is given up as long as a test needs it.
echo 60000 > $TIMEOUT

# at_once: with this model a change is complete at once, wherever tasks are
at_once() { [ "$model" = immediate ]; }

# waits: with this model the system call that asks for a change waits for it
waits() { [[ $model == system* ]]; }

# value_is VALUE: what the target's function returns to this shell
value_is() {
	retry 2 is $PATCHED_VALUE "$1" ||
		fail "the target's value is '$(< $PATCHED_VALUE)', expected '$1'"
}

# value_meanwhile OLD NEW: what it returns during a transition to NEW: this shell
# switches by itself, unless all tasks switch together
value_meanwhile() {
	if waits; then
		value_is "$1"
	else
		value_is "$2"
	fi
}

# status MODULE ENABLED TRANSITION
status() {
	expect "enabled of $1" "$(< "$SYSFS/$1/enabled")" "$2"
	expect "transition of $1" "$(< "$SYSFS/$1/transition")" "$3"
}

# set_model MODULE NUMBER: the patch asks for this model when it is enabled next
set_model() { echo "$2" > "/sys/module/$1/parameters/consistency"; }

# prepare MODULE...: load patches of the model, which are not enabled yet
prepare() {
	local mod
	for mod; do
		load "$mod" later=1 consistency="$number"
	done
}

put() { echo "$2" > "$1"; }

# change FILE VALUE: write to a file in the background
change() {
	background put "$@" 2> "$SAYS"
	changer=$!
}

# changed [ERROR]: that has succeeded, or has failed with the error. With a model
# that does not wait for the end of the change, it has succeeded in any case.
changed() {
	local status=0 says
	wait "$changer" || status=$?
	says=$(< "$SAYS")
	if [ -n "${1-}" ] && waits; then
		[ $status -ne 0 ] || fail "the change succeeds, expected '$1'"
		[[ $says == *"$1"* ]] || fail "the change says '$says', expected '$1'"
	else
		[ $status -eq 0 ] || fail "the change fails: '$says'"
	fi
}

# is_changing MODULE ENABLED
is_changing() { is "$SYSFS/$1/enabled" "$2" && is "$SYSFS/$1/transition" 1; }

# enabling_waits MODULE, disabling_waits MODULE: begin, and see that the transition
# waits for the kernel thread that is held
enabling_waits() {
	change "/sys/module/$1/parameters/enable" 1
	retry 2 is_changing "$1" 1 || fail "no transition has begun"
	waits_for_thread
}

disabling_waits() {
	change "$SYSFS/$1/enabled" 0
	retry 2 is_changing "$1" 0 || fail "no transition has begun"
	waits_for_thread
}

waits_for_thread() {
	# Others may be waited for, too, until they have been signalled.
	retry 2 held_up || fail "it does not wait for the kernel thread"
}

# With system no task is pending, and the stacks are looked at again and again.
held_up() {
	local blocked
	! waits || return 0
	blocked=$(< $BLOCKED)
	[[ $'\n'$blocked =~ $'\n'$kthread\  ]]
}

# enabled_now MODULE, disabled_now MODULE: change a patch while nothing blocks that
enabled_now() {
	enable "$1"
	settled "$1" $SOON
	status "$1" 1 0
}

disabled_now() {
	disable "$1"
	unloadable "$1"
}

# redirected: the functions of the target that are in ftrace
redirected() {
	sed -n "s/^\([^ ]*\) .*\[$T\].*/\1/p" $TRACEFS/enabled_functions | sort | xargs
}

# Breaks if a reversal does not end, if the task that waits is not told, or if
# enabling is not undone.
enabling_is_reversed() {
	load $T
	prepare $A
	hold
	if at_once; then
		enabled_now $A
		value_is 11
		write_fails $SYSFS/$A/enabled 1 "Invalid argument"
		disabled_now $A
	else
		enabling_waits $A
		value_meanwhile 1 11
		disable $A
		changed "Operation canceled"
		unloadable $A
	fi
	value_is 1
	stack_has "$kthread" klp_test_sleeper || fail "the thread has left"
	release
	expect "functions of the target in ftrace" "$(redirected)" ""
}

disabling_is_reversed() {
	load $T
	prepare $A
	enabled_now $A
	hold new_test_sleep
	if at_once; then
		disable $A
		status $A 0 0
		value_is 1
		write_fails $SYSFS/$A/enabled 1 "Invalid argument"
		value /sys/module/$A/refcnt
		[ "$value" != 0 ] || fail "the module can be unloaded, with a task in it"
		release
		unloadable $A
	else
		disabling_waits $A
		value_meanwhile 11 1
		echo 1 > $SYSFS/$A/enabled || fail "reversing"
		changed "Operation canceled"
		settled $A $SOON
		status $A 1 0
		value_is 11
		stack_has "$kthread" new_test_sleep || fail "the thread has left"
		release
		disabled_now $A
	fi
	value_is 1
}

# Breaks if force does not end a transition, if the task that waits is not told, or
# if a patch that was forced cannot be disabled.
enabling_is_forced() {
	load $T
	prepare $A
	hold
	if at_once; then
		enabled_now $A
		write_fails $SYSFS/$A/force 1 "Invalid argument"
	else
		enabling_waits $A
		echo 1 > $SYSFS/$A/force || fail "forcing"
		changed
		settled $A $SOON
		status $A 1 0
		logged "forcing remaining tasks to the patched state" \
			"'$A': patching complete"
	fi
	value_is 11
	stack_has "$kthread" klp_test_sleeper || fail "the thread has left"
	disabled_now $A
	value_is 1
	release
}

# Breaks if the module of a patch is released while a task is in it for ever.
disabling_is_forced() {
	local before
	if [ -e /sys/module/$F ]; then
		set_model $F "$number"
	else
		prepare $F
	fi
	value /sys/module/$F/refcnt
	before=$value
	enabled_now $F
	hold "klp_sleeper.*\[$F\]"
	if at_once; then
		disable $F
		write_fails $SYSFS/$F/force 1 "Invalid argument"
		release
		unloadable_to $F "$before"
	else
		disabling_waits $F
		echo 1 > $SYSFS/$F/force || fail "forcing"
		changed
		retry 10 gone $SYSFS/$F || fail "the patch is still there"
		stack_has "$kthread" "klp_sleeper.*\[$F\]" || fail "the thread has left"
		retry 2 reaped || fail "something is never released"
		expect "users of the module" "$(< /sys/module/$F/refcnt)" $((before + 1))
		release
	fi
	# The original is called again.
	hold
	release
}

unloadable_to() {
	retry 10 gone "$SYSFS/$1" || fail "$1 is still in sysfs"
	retry 2 is "/sys/module/$1/refcnt" "$2" || fail "$1 is still in use"
}

# Breaks if patches of different models do not see each other's functions, or if
# one model leaves the tasks or targets in a state that another one cannot cope with.
stacked() {
	local other
	load $T
	prepare $A $B
	for other in "${!MODELS[@]}"; do
		[ "$other" != "$number" ] || continue
		set_model $A "$other"
		enabled_now $A
		expect "consistency of $A" "$(< $SYSFS/$A/consistency)" "${MODELS[other]}"
		value_is 11
		enabled_now $B
		expect "consistency of $B" "$(< $SYSFS/$B/consistency)" "$model"
		value_is 22
		disabled_now $B
		value_is 11
		enabled_now $B
		value_is 22
		disabled_now $A
		value_is 22
		expect "functions of the target in ftrace" "$(redirected)" \
			"klp_target_twin klp_target_value"
		disabled_now $B
		value_is 1
		[ -z "$failed" ] || { diag "beside ${MODELS[other]}"; break; }
	done
}

# Breaks if the model of the patch that is replaced counts, or if the patch is not
# removed.
replaces() {
	local other
	load $T
	prepare $A
	load $C later=1 replace=1 consistency="$number"
	for other in "${!MODELS[@]}"; do
		[ "$other" != "$number" ] || continue
		set_model $A "$other"
		enabled_now $A
		hold new_test_sleep
		if at_once; then
			enabled_now $C
			value /sys/module/$A/refcnt
			[ "$value" != 0 ] || fail "the module can be unloaded, with a task in it"
		else
			enabling_waits $C
			value_meanwhile 11 33
			status $A 1 0
		fi
		release
		changed_if_waited
		settled $C $SOON
		value_is 33
		unloadable $A
		expect "functions of the target in ftrace" "$(redirected)" klp_target_value
		disabled_now $C
		value_is 1
		[ -z "$failed" ] || { diag "instead of ${MODELS[other]}"; break; }
	done
}

changed_if_waited() { at_once || changed; }

# Breaks if a patch that is replaced keeps a function that both have, or gives it
# back to the original.
replaced_by_the_same_functions() {
	load $S later=1 replace=1 consistency="$number"
	load $A later=1 replace=1 consistency="$number"
	enabled_now $S
	enabled_now $A
	unloadable $S
	hold new_test_sleep
	release
	enabled_now $S
	unloadable $A
	hold "klp_sleeper.*\[$S\]"
	release
	expect "functions in ftrace" "$(cut -d ' ' -f 1 $TRACEFS/enabled_functions)" \
		klp_test_sleeper
	disabled_now $S
	hold
	release
}

# Breaks if functions of a module that is loaded meanwhile are on another side than
# those of vmlinux.
target_is_loaded_while_enabling() {
	prepare $A
	hold
	if at_once; then
		enabled_now $A
		load $T
		value_is 11
	else
		enabling_waits $A
		load $T
		value_meanwhile 1 11
		status $A 1 1
		# With those of all other objects, when the transition is complete
		not_logged "test: $A: post_patch of $T"
	fi
	expect patched "$(< $SYSFS/$A/$T/patched)" 1
	expect "functions of the target in ftrace" "$(redirected)" \
		"klp_target_sleeper klp_target_value"
	release
	changed_if_waited
	settled $A $SOON
	value_is 11
	logged "test: $A: post_patch of $T"
	rmmod $T || fail "unloading the target"
	expect patched "$(< $SYSFS/$A/$T/patched)" 0
	disabled_now $A
}

target_is_loaded_while_disabling() {
	prepare $A
	enabled_now $A
	hold new_test_sleep
	if at_once; then
		disable $A
		load $T
		expect "functions of the target in ftrace" "$(redirected)" ""
	else
		disabling_waits $A
		load $T
		value_meanwhile 11 1
		status $A 0 1
	fi
	release
	changed_if_waited
	unloadable $A
	value_is 1
	expect "functions of the target in ftrace" "$(redirected)" ""
}

# Breaks if a function of a module that is not there any more is waited for, or
# written to.
target_is_unloaded_while_enabling() {
	load $T
	prepare $A
	hold
	if at_once; then
		enabled_now $A
	else
		enabling_waits $A
	fi
	rmmod $T || fail "unloading the target"
	expect "functions of the target in ftrace" "$(redirected)" ""
	expect patched "$(< $SYSFS/$A/$T/patched)" 0
	release
	changed_if_waited
	settled $A $SOON
	load $T
	value_is 11
	disabled_now $A
	value_is 1
}

target_is_unloaded_while_disabling() {
	load $T
	prepare $A
	enabled_now $A
	hold new_test_sleep
	if at_once; then
		disable $A
	else
		disabling_waits $A
	fi
	rmmod $T || fail "unloading the target"
	expect "functions of the target in ftrace" "$(redirected)" ""
	release
	changed_if_waited
	unloadable $A
	load $T
	value_is 1
}

# told LINE...: the log is exactly this, but for signals, whose time is not defined
told() {
	story_without "signaling remaining tasks" "$@"
	dmesg -C
}

story_without() {
	local pattern=$1
	shift
	expect "log" "$(dmesg | sed -nE "/$pattern/d;
		s/^\\[[^]]*\\] (livepatch: |test: )//p" |
		sed -E "s/test_klp_module_/P_/")" "$(printf '%s\n' "$@")"
}

# Breaks if a callback is left out, called twice, too early or too late.
callbacks() {
	load $T
	prepare $A
	dmesg -C
	enabled_now $A
	told "enabling patch 'P_a'" \
		"P_a: pre_patch of vmlinux, no state" \
		"P_a: pre_patch of $T, no state" \
		"'P_a': starting patching transition" \
		"P_a: post_patch of vmlinux, no state" \
		"P_a: post_patch of $T, no state" \
		"'P_a': patching complete"
	disabled_now $A
	told "P_a: pre_unpatch of vmlinux, no state" \
		"P_a: pre_unpatch of $T, no state" \
		"'P_a': starting unpatching transition" \
		"P_a: post_unpatch of vmlinux, no state" \
		"P_a: post_unpatch of $T, no state" \
		"'P_a': unpatching complete"
	at_once && return
	hold
	enabling_waits $A
	disable $A
	changed "Operation canceled"
	unloadable $A
	release
	told "enabling patch 'P_a'" \
		"P_a: pre_patch of vmlinux, no state" \
		"P_a: pre_patch of $T, no state" \
		"'P_a': starting patching transition" \
		"'P_a': starting unpatching transition" \
		"P_a: post_unpatch of vmlinux, no state" \
		"P_a: post_unpatch of $T, no state" \
		"'P_a': unpatching complete"
	enabled_now $A
	hold new_test_sleep
	dmesg -C
	disabling_waits $A
	echo 1 > $SYSFS/$A/enabled || fail "reversing"
	changed "Operation canceled"
	settled $A $SOON
	release
	told "P_a: pre_unpatch of vmlinux, no state" \
		"P_a: pre_unpatch of $T, no state" \
		"'P_a': starting unpatching transition" \
		"'P_a': starting patching transition" \
		"P_a: post_patch of vmlinux, no state" \
		"P_a: post_patch of $T, no state" \
		"'P_a': patching complete"
	disabled_now $A
}

# Breaks if callbacks do not find the states of patches of another model, or if such
# patches are not compared.
states() {
	local other=$(((number + 1) % ${#MODELS[@]}))
	load $A state=5 version=3 consistency=$other
	settled $A $SOON
	load_fails $B "Invalid parameters" state=5 version=2 consistency="$number"
	logged "Livepatch patch ($B) is not compatible with the already installed livepatches."
	load $B state=5 version=4 consistency="$number"
	settled $B $SOON
	logged "test: $B: pre_patch of vmlinux, state before" \
		"test: $B: version before 3" \
		"test: $B: post_patch of vmlinux, state before"
	dmesg -C
	load $C state=5 version=4 replace=1 consistency="$number"
	settled $C $SOON
	logged "test: $C: pre_patch of vmlinux, state before" \
		"test: $C: version before 4" \
		"test: $C: post_patch of vmlinux, state before"
	not_logged "_unpatch of"
	unload $A
	unload $B
	disabled_now $C
}

# Breaks if something of a patch stays that could not be enabled, if it has changed
# the patch that it should have replaced, or if one callback too many is called.
enabling_fails() {
	local other=$(((number + 1) % ${#MODELS[@]}))
	load $T
	dmesg -C
	load_fails $A "Operation not permitted" refuse=-1 consistency="$number"
	told "enabling patch 'P_a'" \
		"P_a: pre_patch of vmlinux, no state" \
		"P_a: pre_patch of $T, no state" \
		"pre-patch callback failed for object '$T'" \
		"failed to enable patch 'P_a'" \
		"P_a: post_unpatch of vmlinux, no state" \
		"'P_a': unpatching complete"
	as_before $A
	echo 0 > /proc/sys/kernel/ftrace_enabled
	load_fails $A "Device or resource busy" consistency="$number"
	echo 1 > /proc/sys/kernel/ftrace_enabled
	logged "failed to enable patch '$A'" "test: $A: post_unpatch of $T, no state" \
		"'$A': unpatching complete"
	as_before $A
	value_is 1
	load $A consistency=$other
	settled $A $SOON
	load_fails $C "Operation not permitted" refuse=-1 replace=1 consistency="$number"
	gone $SYSFS/$C || fail "the patch is in sysfs"
	status $A 1 0
	value_is 11
	expect "functions of the target in ftrace" "$(redirected)" \
		"klp_target_sleeper klp_target_value"
	disabled_now $A
}

# Breaks if an error path is missing or incomplete. test-memory.sh lets each
# allocation fail, this one some of them.
memory_is_short() {
	local nth line params=/sys/module/$A/parameters
	load $T
	prepare $A
	for nth in 1 2 3 5 8 13 21 34 55 89 144; do
		echo $nth > $params/fail_nth
		if echo 1 2> "$SAYS" > $params/enable; then
			settled $A $SOON
			disabled_now $A
			# There were not so many allocations.
			is $params/fail_nth 0 || break
			continue
		fi
		read -r line < "$SAYS"
		[[ $line == *"Cannot allocate memory"* ]] || fail "allocation $nth: $line"
		as_before
		value_is 1
		[ -z "$failed" ] || { diag "at allocation $nth"; break; }
	done
	echo 0 > $params/fail_nth
	enabled_now $A
	value_is 11
	disabled_now $A
}

# brief: leave the models "task" and "immediate" to the default kernel, unless MATRIX_ALL
# is set. Most other tests are about the first, and the second waits for nothing.
brief() { slow && [ -z "${MATRIX_ALL-}" ] && [[ $model == task || $model == immediate ]]; }

# operation FUNCTION TITLE: one test for each model
operation() {
	local number model
	for number in "${!MODELS[@]}"; do
		model=${MODELS[number]}
		# Only the debug kernel can be short of memory.
		if [ "$1" != memory_is_short ] && brief; then
			skip "$model: $2" "tested on the default kernel"
			continue
		fi
		begin "$model: $2"
		$1
		as_before
		finish
	done
}

operation enabling_is_reversed "enabling is reversed while it waits"
operation disabling_is_reversed "disabling is reversed while it waits"
operation enabling_is_forced "enabling is forced while it waits"
operation disabling_is_forced "disabling is forced while it waits"
operation stacked "stacked on a patch of each other model, and disabled in any order"
operation replaces "replaces a patch of each other model, by its own rules"
operation replaced_by_the_same_functions "replaced by a patch of the same function, and back"
operation target_is_loaded_while_enabling "a target module is loaded while enabling waits"
operation target_is_loaded_while_disabling "a target module is loaded while disabling waits"
operation target_is_unloaded_while_enabling "a target module is unloaded while enabling waits"
operation target_is_unloaded_while_disabling "a target module is unloaded while disabling waits"
operation callbacks "callbacks are called in order"
operation states "states of patches of another model are found, and compared"
operation enabling_fails "enabling fails, and all is undone"
if [ -e /proc/self/make-it-fail ] && [ -d /sys/kernel/debug/failslab ]; then
	for file in failslab fail_page_alloc; do
		echo N > /sys/kernel/debug/$file/ignore-gfp-wait
		echo 0 > /sys/kernel/debug/$file/verbose
	done
	operation memory_is_short "memory is short while enabling, and all is undone"
else
	for model in "${MODELS[@]}"; do
		skip "$model: memory is short while enabling, and all is undone" \
			"no fault injection in this kernel"
	done
fi

plan
