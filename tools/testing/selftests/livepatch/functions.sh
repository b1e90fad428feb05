# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the livepatch tests have in common. A test file reads
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
# the background. plan, at the end, prints the TAP plan and sets the exit status.

SYSFS=/sys/kernel/livepatch
TESTFS=/sys/kernel/debug/livepatch_test
COUNTERS=/sys/kernel/debug/livepatch/counters
BLOCKED=/sys/kernel/debug/livepatch/blocked
TRACEFS=/sys/kernel/tracing
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MODULES=$HERE/test_modules

tests=0
failures=0
failed=
name=
pids=()

diag() { echo "# $*"; }

fail() {
	diag "FAILED: $*"
	failed=1
}

# What each test and each check does uses builtins where it can: on a kernel with
# debugging a program that is started costs a tenth of a second of guest time.

# A kernel with debugging: everything takes many times as long there
slow() { [ -e /proc/lockdep_stats ]; }

# A clean slate, and a log that is about this test
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
	tests=$((tests + 1))
	if [ -n "$failed" ]; then
		failures=$((failures + 1))
		dmesg | sed 's/^/# log: /'
		echo "not ok $tests $name"
	else
		echo "ok $tests $name"
	fi
}

# skip WHY: in place of begin ... finish
skip() {
	tests=$((tests + 1))
	echo "ok $tests $1 # SKIP $2"
}

plan() {
	echo "1..$tests"
	[ $failures -eq 0 ]
	exit
}

# A warning of the kernel is a failure, whatever the test is about. Of data races
# only ours: the names of both functions are in the line.
check_log() {
	local line lines='' pattern='WARNING|BUG:|Oops|KASAN|KCSAN|Call Trace'
	pattern+='|possible (recursive|circular)|suspicious RCU'
	log
	# One look at the whole is cheap, and mostly all there is.
	[[ $log =~ $pattern ]] || return
	while read -r line; do
		[[ $line =~ $pattern ]] || continue
		[[ $line != *"KCSAN: data-race in"* || $line == *klp_* ]] || continue
		lines+=$line$'\n'
	done <<< "$log"
	[ -z "$lines" ] || fail "the kernel complains: $lines"
}

# warns PATTERN COMMAND...: the kernel warns once meanwhile, in a line with PATTERN.
# That is what is expected, and what was logged so far is checked and forgotten.
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

# retry SECONDS COMMAND...: until it succeeds; guest time
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

# logged LINE...: each stands in the log of this test
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

# stamp LINE: when it was logged last, in microseconds
stamp() {
	local time
	time=$(dmesg | sed -n "s/^\[ *\([0-9]*\)\.\([0-9]*\)\] .*$1.*/\1\2/p" |
		tail -n 1)
	[ -n "$time" ] && echo $((10#$time))
}

# between LOW HIGH FROM-LINE TO-LINE: milliseconds from one to the other
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

# load MODULE [PARAMETER...]: a patch that must be accepted
load() {
	local mod=$1
	shift
	insmod "$MODULES/$mod.ko" "$@" || fail "loading $mod"
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

# settled MODULE [SECONDS]: its transition is over
settled() {
	retry "${2:-1}" is "$SYSFS/$1/transition" 0 ||
		fail "$1 is still in transition: $(blockers)"
}

# is_complete MODULE patching|unpatching: according to the log
is_complete() { dmesg | grep -qF "'$1': $2 complete"; }

# Wait until a disabled patch has gone and its module can be unloaded.
unloadable() {
	retry 10 gone "$SYSFS/$1" ||
		fail "$1 is still in sysfs, blocked by: $(blockers)"
	retry 2 is "/sys/module/$1/refcnt" 0 || fail "$1 is still in use"
}

# enable MODULE: one that is loaded, and not enabled
enable() {
	echo 1 > "/sys/module/$1/parameters/enable" || fail "enabling $1"
}

disable() { echo 0 > "$SYSFS/$1/enabled" || fail "disabling $1"; }

unload() {
	unloadable "$1"
	rmmod "$1" || fail "unloading $1"
}

# blockers [STATE]: threads that show this patch_state; by default those that
# the transition is waiting for
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

# only_blocker PID
only_blocker() { [[ $(blockers) =~ ^$1\([^\ ]*\)$ ]]; }

patch_state() { cat "/proc/$1/patch_state"; }

# counter NAME: a number of debugfs livepatch/counters
counter() { sed -n "s/^$1 //p" $COUNTERS; }

# Nothing waits to be released any more: what the counters say next is about
# what is done next. What is retired by klp_enable_patch() is so when it returns.
reaped() { [ "$(counter retired)" = "$(counter released)" ]; }

# background COMMAND...: ended at the end of the test; $! is its PID
background() {
	"$@" &
	pids+=($!)
}

# sleeper [FILE]: a user task asleep in klp_test_sleeper(); sets $sleeper
sleeper() {
	background dd if="$TESTFS/${1:-sleep}" of=/dev/null bs=1 count=1 status=none
	sleeper=$!
	retry 2 in_sleeper "$sleeper" || fail "no task sleeps in the sleeper"
}

# sleeper_in FUNCTION FILE...: a task that reads it, and sleeps in that function
sleeper_in() {
	local function=$1
	shift
	background dd if="$1" of=/dev/null bs=1 count=1 status=none
	sleeper=$!
	retry 2 grep -q "$function" "/proc/$sleeper/stack" ||
		fail "no task sleeps in $function"
}

in_sleeper() { grep -q 'klp_.*sleeper' "/proc/$1/stack" 2> /dev/null; }

# Let all sleepers return.
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
	# What was to fail must not
	for file in /sys/module/test_klp_*/parameters/fail_later; do
		[ ! -e "$file" ] || echo 0 > "$file"
	done
	file=/sys/kernel/debug/fail_function/inject
	[ ! -e $file ] || echo > $file
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
		# Tests of force leave these for good.
		case $mod in
		test_klp_forced|test_klp_forced_twice|test_klp_replaced) continue ;;
		test_klp_forced_late) continue ;;
		esac
		retry 10 is "/sys/module/$mod/refcnt" 0
		rmmod "$mod" || fail "cleaning up: unloading $mod"
	done
}
