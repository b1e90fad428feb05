# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the livepatch tests have in common. A test file looks like this:
#
#	. "$(dirname "$0")/functions.sh"
#	begin "what is tested, in words"
#	... commands, checks
#	finish
#	...
#	plan
#
# Between begin and finish a check that fails makes the test fail and says why;
# the test goes on. finish unloads what is loaded and ends what was started in
# the background. plan, at the end, prints the TAP plan and sets the exit
# status. kselftest's helpers print the TAP.

SYSFS=/sys/kernel/livepatch
TESTFS=/sys/kernel/debug/livepatch_test
COUNTERS=/sys/kernel/debug/livepatch/counters
BLOCKED=/sys/kernel/debug/livepatch/blocked
TRACEFS=/sys/kernel/tracing
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MODULES=$HERE/test_modules

failed=
name=
pids=()

# shellcheck disable=SC1091 # a part of the kernel's tree
. "$HERE/../kselftest/ktap_helpers.sh"
ktap_print_header

diag() { echo "# $*"; }

fail() {
	diag "FAILED: $*"
	failed=1
}

# The functions below use builtins where they can: on a kernel with debugging,
# starting a program costs a tenth of a second of guest time.

# slow: this kernel has debugging, so that everything takes many times as long
slow() { [ -e /proc/lockdep_stats ]; }

# begin TITLE: start a test, with an empty log; no patch may be there any more
begin() {
	local mod
	name=$*
	failed=
	pids=()
	dmesg -C
	for mod in $SYSFS/*; do
		gone "$mod" || fail "left from before: $mod"
	done
}

finish() {
	cleanup
	check_log
	if [ -n "$failed" ]; then
		dmesg | sed 's/^/# log: /'
		ktap_test_fail "$name"
	else
		ktap_test_pass "$name"
	fi
}

# skip TITLE WHY: in place of begin ... finish
skip() {
	diag "skipped: $2"
	ktap_test_skip "$1"
}

plan() {
	ktap_set_plan $((KTAP_TESTNO - 1))
	ktap_finished
}

# check_log: fail if the kernel has warned. A data race counts only if one of
# its two functions, which are both named in the line, is a function of the
# engine.
check_log() {
	local line lines='' pattern='WARNING|BUG:|Oops|KASAN|KCSAN|Call Trace'
	pattern+='|possible (recursive|circular)|suspicious RCU'
	log
	# Matching the whole log at once is cheap, and mostly enough.
	[[ $log =~ $pattern ]] || return
	while read -r line; do
		[[ $line =~ $pattern ]] || continue
		[[ $line != *"KCSAN: data-race in"* || $line == *klp_* ]] || continue
		lines+=$line$'\n'
	done <<< "$log"
	[ -z "$lines" ] || fail "the kernel complains: $lines"
}

# warns PATTERN COMMAND...: run the command; the kernel must warn once, in a
# line that matches PATTERN. What was logged before is checked, and the log
# emptied.
warns() {
	local pattern=$1 lines value
	shift
	check_log
	dmesg -C
	value /proc/sys/kernel/panic_on_warn
	echo 0 > /proc/sys/kernel/panic_on_warn
	echo 1 > /sys/kernel/debug/clear_warn_once
	"$@"
	echo "$value" > /proc/sys/kernel/panic_on_warn
	lines=$(dmesg | grep -cE 'WARNING|BUG:')
	expect "warnings" "$lines" 1
	dmesg | grep -qE "$pattern" || fail "no warning has $pattern"
	dmesg -C
}

# log: sets $log
log() { log=$(dmesg); }

# retry SECONDS COMMAND...: repeat the command until it succeeds, for at most so
# many seconds of guest time
retry() {
	local end
	now
	end=$((now + $1 * 1000000))
	shift
	until "$@"; do
		now
		[ "$now" -lt $end ] || return 1
		pause 0.01
	done
	return 0
}

# now: sets $now to the guest's time in microseconds
now() { now=${EPOCHREALTIME/[.,]/}; }

# pause SECONDS
exec {never}<> <(:)
pause() { read -rt "$1" -u $never; }

# value FILE: sets $value to its first line, to nothing if there is none
value() {
	value=
	{ read -r value < "$1"; } 2> /dev/null
}

is() { # FILE VALUE
	local value
	value "$1"
	[ "$value" = "$2" ]
}

gone() { [ ! -e "$1" ]; }

# expect WHAT GOT WANTED
expect() {
	[ "$2" = "$3" ] || fail "$1 is '$2', expected '$3'"
}

# logged LINE...: each is in the log of this test
logged() {
	local line
	log
	for line; do
		[[ $log == *"$line"* ]] || fail "not in the log: $line"
	done
}

not_logged() {
	local line
	log
	for line; do
		[[ $log != *"$line"* ]] || fail "in the log: $line"
	done
}

# story LINE...: the log, without time and prefixes, is exactly this
story() {
	expect "log" "$(dmesg | sed -nE "s/^\\[[^]]*\\] (livepatch: |test: )//p" |
		sed -E "s/test_klp_(callbacks|module)_/P_/")" \
		"$(printf '%s\n' "$@")"
}

mark() { echo "test: mark $*" > /dev/kmsg; }

# stamp LINE: print when the line was logged last, in microseconds
stamp() {
	local time
	time=$(dmesg | sed -n "s/^\[ *\([0-9]*\)\.\([0-9]*\)\] .*$1.*/\1\2/p" |
		tail -n 1)
	[ -n "$time" ] && echo $((10#$time))
}

# between LOW HIGH FROM-LINE TO-LINE: the second line was logged LOW to HIGH
# milliseconds after the first one
between() {
	local from to
	if ! from=$(stamp "$3") || ! to=$(stamp "$4"); then
		fail "not in the log: $3, or $4"
		return
	fi
	diag "$((to - from)) us from '$3' to '$4'"
	if [ $((to - from)) -lt $(($1 * 1000)) ] ||
	   [ $((to - from)) -gt $(($2 * 1000)) ]; then
		fail "not between $1 and $2 ms"
	fi
}

# load MODULE [PARAMETER...]: load a module; that must succeed
load() {
	local mod=$1
	shift
	insmod "$MODULES/$mod.ko" "$@" || fail "loading $mod"
}

# enabling MODULE [PARAMETER...]: load a patch module in the background, and wait
# until its transition has begun; sets $loader
enabling() {
	local mod=$1
	background insmod "$MODULES/$mod.ko" "${@:2}"
	# shellcheck disable=SC2034 # for the tests
	loader=$!
	retry 2 is "$SYSFS/$mod/transition" 1 || fail "no transition has begun"
}

# load_fails MODULE ERRNO-TEXT [PARAMETER...]
load_fails() {
	local mod=$1 text=$2 out
	shift 2
	out=$(insmod "$MODULES/$mod.ko" "$@" 2>&1) && fail "loading $mod succeeds"
	[[ $out == *"$text"* ]] || fail "loading $mod says '$out', expected '$text'"
}

# write_fails FILE VALUE ERRNO-TEXT
write_fails() {
	local out
	out=$( (echo "$2" > "$1") 2>&1) && fail "writing '$2' to $1 succeeds"
	[[ $out == *"$3"* ]] || fail "writing '$2' to $1 says '$out', expected '$3'"
}

# settled MODULE [SECONDS]: wait until the patch is in no transition
settled() {
	retry "${2:-1}" is "$SYSFS/$1/transition" 0 ||
		fail "$1 is still in transition: $(blockers)"
}

# is_complete MODULE patching|unpatching: according to the log
is_complete() { dmesg | grep -qF "'$1': $2 complete"; }

# unloadable MODULE: wait until a disabled patch is in sysfs no more, and its
# module can be unloaded
unloadable() {
	retry 10 gone "$SYSFS/$1" ||
		fail "$1 is still in sysfs, blocked by: $(blockers)"
	retry 2 is "/sys/module/$1/refcnt" 0 || fail "$1 is still in use"
}

# enable MODULE: enable the patch of a module that is loaded
enable() {
	echo 1 > "/sys/module/$1/parameters/enable" || fail "enabling $1"
}

disable() { echo 0 > "$SYSFS/$1/enabled" || fail "disabling $1"; }

unload() {
	unloadable "$1"
	rmmod "$1" || fail "unloading $1"
}

# blockers [STATE]: print the threads that show this patch_state; by default the
# pending ones, which the transition waits for
blockers() {
	local state=${1-} mod file value
	if [ -z "$state" ]; then
		for mod in "$SYSFS"/*/; do
			is "$mod/transition" 1 || continue
			value "$mod/enabled"
			state=$((1 - value))
		done
	fi
	for file in /proc/[0-9]*/task/[0-9]*/patch_state; do
		is "$file" "$state" || continue
		file=${file%/patch_state}
		value "$file/comm"
		echo "${file##*/}($value)"
	done
}

# only_blocker PID: this thread is pending, and no other one
only_blocker() { [[ $(blockers) =~ ^$1\([^\ ]*\)$ ]]; }

patch_state() { cat "/proc/$1/patch_state"; }

# counter NAME: print a number of debugfs livepatch/counters
counter() { sed -n "s/^$1 //p" $COUNTERS; }

# parked: print the threads that are parked
parked() {
	local file value
	for file in /proc/[0-9]*/task/[0-9]*/wchan; do
		is "$file" klp_park_here || continue
		file=${file%/wchan}
		value "$file/comm"
		echo "${file##*/}($value)"
	done
}

# as_before [MODULE...]: no patch has left anything behind. Patch modules are not
# in use, and those that are named are not loaded.
as_before() {
	local mod refcnt
	for mod; do
		retry 2 gone "/sys/module/$mod" || fail "$mod is loaded"
	done
	for mod in "$SYSFS"/*; do
		gone "$mod" || fail "still in sysfs: $mod"
	done
	while read -r mod _ refcnt _; do
		[[ $mod == test_klp_* && $refcnt != 0 ]] || continue
		# See cleanup().
		[[ $mod == test_klp_forced* || $mod == test_klp_replaced ]] ||
			fail "$mod has $refcnt users"
	done < /proc/modules
	expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
	expect "tasks in transition" "$(blockers 0; blockers 1)" ""
	expect "blocked tasks" "$(< $BLOCKED)" ""
	expect "parked tasks" "$(parked)" ""
	retry 2 reaped || fail "something is never released"
}

# reaped: all that was retired has been released, so the counters move only with
# the next operation. What klp_enable_patch() retires is counted when it
# returns.
reaped() { [ "$(counter retired)" = "$(counter released)" ]; }

# background COMMAND...: run until the end of the test; $! is the PID
background() {
	"$@" &
	pids+=($!)
}

# hammer NUMBER [FILE]: start so many processes that call two functions which belong
# together, all the time, or do what reading FILE does; $OUT is a file for their result
hammer() {
	: > "$OUT"
	background "$HERE/klp_hammer" "$@" > "$OUT"
	hammer=$!
}

# hammered: end these processes; sets $calls, and $bad to how many of the calls
# were inconsistent
hammered() {
	kill -TERM "$hammer"
	wait "$hammer" || fail "klp_hammer has failed: $?"
	read -r calls bad < "$OUT"
	diag "$calls calls, $bad inconsistent"
	[ "${calls:-0}" -gt 0 ] || fail "no calls were made"
}

# Error injection into functions, if this kernel has it
INJECT=/sys/kernel/debug/fail_function

# inject FUNCTION [VALUE [TIMES]]: from now on the function returns VALUE, at most so many
# times
inject() {
	echo 100 > $INJECT/probability
	echo "${3:--1}" > $INJECT/times
	echo 0 > $INJECT/verbose
	echo "$1" > $INJECT/inject || fail "no error can be injected into $1"
	[ -z "${2-}" ] || echo "$2" > "$INJECT/$1/retval" ||
		fail "no error can be injected into $1"
}

# inject_nothing: all functions return what they would again
inject_nothing() { echo > $INJECT/inject; }

# sleeper [FILE]: start a user task that sleeps in klp_test_sleeper(), or in its
# replacement; sets $sleeper
sleeper() {
	background dd if="$TESTFS/${1:-sleep}" of=/dev/null bs=1 count=1 status=none
	sleeper=$!
	retry 2 in_sleeper "$sleeper" || fail "no task sleeps in the sleeper"
}

# sleeper_in FUNCTION FILE: start a user task that reads FILE, and sleeps in
# FUNCTION then; sets $sleeper
sleeper_in() {
	local function=$1
	shift
	background dd if="$1" of=/dev/null bs=1 count=1 status=none
	sleeper=$!
	retry 2 grep -q "$function" "/proc/$sleeper/stack" ||
		fail "no task sleeps in $function"
}

in_sleeper() { grep -q 'klp_.*sleeper' "/proc/$1/stack" 2> /dev/null; }

# stack_has PID PATTERN: a function on the stack of the task matches
stack_has() {
	local stack
	{ stack=$(< "/proc/$1/stack"); } 2> /dev/null
	[[ $stack =~ $2 ]]
}

# hold [FUNCTION]: start a kernel thread that sleeps in klp_test_sleeper(), or in
# its replacement FUNCTION. Every model that waits for tasks waits for this one;
# sets $kthread
hold() {
	echo sleep > $TESTFS/kthread || fail "starting a kernel thread"
	read -r kthread _ < $TESTFS/kthread
	retry 2 stack_has "$kthread" "${1:-klp_test_sleeper}" ||
		fail "the kernel thread does not sleep in ${1:-klp_test_sleeper}"
}

# release: let the kernel thread leave the function, and end
release() {
	echo let > $TESTFS/kthread
	echo stop > $TESTFS/kthread || fail "ending the kernel thread"
}

# let_go: let all sleepers return from the functions that they sleep in
let_go() { echo > $TESTFS/sleep; }

cleanup() {
	local pid mod mods=() file
	let_go
	echo stop > $TESTFS/kthread 2> /dev/null
	for pid in "${pids[@]}"; do
		kill -CONT "$pid" 2> /dev/null
		kill "$pid" 2> /dev/null
		wait "$pid" 2> /dev/null
	done
	pids=()
	# Inject no more errors.
	for file in /sys/module/test_klp_*/parameters/fail_later; do
		[ ! -e "$file" ] || echo 0 > "$file"
	done
	[ ! -d $INJECT ] || inject_nothing
	# Newest first; names of modules have no blanks
	for mod in $SYSFS/*; do
		gone "$mod" || { mapfile -t mods < <(ls -t $SYSFS); break; }
	done
	for mod in "${mods[@]}"; do
		is "$SYSFS/$mod/enabled" 1 || continue
		retry 5 is "$SYSFS/$mod/transition" 0
		echo 0 > "$SYSFS/$mod/enabled" || fail "cleaning up: disabling $mod"
		retry 10 gone "$SYSFS/$mod"
	done
	mods=()
	while read -r mod _; do
		[[ $mod != test_klp_* && $mod != livepatch ]] || mods+=("$mod")
	done < /proc/modules
	for mod in "${mods[@]}"; do
		# Forced transitions may have pinned these until the next boot.
		case $mod in
		test_klp_forced|test_klp_forced_twice|test_klp_replaced) continue ;;
		test_klp_forced_late|test_klp_forced_again) continue ;;
		esac
		retry 10 is "/sys/module/$mod/refcnt" 0
		rmmod "$mod" || fail "cleaning up: unloading $mod"
	done
}
