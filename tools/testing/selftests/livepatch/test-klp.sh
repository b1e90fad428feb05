#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command klp against a real kernel. What it prints, and what it does on kernels that tell less,
# is tested in tools/livepatch/klp/tests.
. "$(dirname "$0")/functions.sh"

KLP=$HERE/klp
OUT=$(mktemp)
DEFAULT=/proc/sys/kernel/livepatch_timeout_ms
COUNT=/proc/sys/kernel/livepatch_count_calls
trap 'rm -f "$OUT"; echo 0 > $DEFAULT; echo 0 > $COUNT' EXIT
pair=$MODULES/test_klp_pair.ko
slow=$MODULES/test_klp_sleeper.ko

# klp ARGUMENT...: sets $out, what it prints, and $status
klp() {
	status=0
	out=$("$KLP" "$@" 2>&1) || status=$?
}

# status_is WANTED: of the last klp
status_is() {
	[ "$status" = "$1" ] || fail "klp exits with $status, expected $1: $out"
}

# has PATTERN: the last klp has printed that
has() {
	[[ $out =~ $1 ]] || fail "klp does not print $1: $out"
}

# said NUMBER: so many events are in $OUT
said() { [ "$(wc -l < "$OUT")" -ge "$1" ]; }

# monitored EVENT...: these are the events that klp monitor has written to $OUT, each one
# as "event/direction"
monitored() {
	retry 5 said $# || fail "klp monitor has printed $(wc -l < "$OUT") events, not $#"
	expect "events" "$(sed -E 's|.*"source":"uevent","patch":"test_klp_[a-z]*",||
		s|"event":"([a-z]*)","direction":"?([a-z]*)"?,.*|\1/\2|' "$OUT" | xargs)" "$*"
}

# monitor: write events to $OUT from now on
monitor() {
	: > "$OUT"
	background "$KLP" -j monitor > "$OUT"
	monitor=$!
	# It has read the names of all patches when it sleeps.
	retry 5 is_polling || fail "klp monitor does not wait for events"
}

is_polling() { grep -q poll "/proc/$monitor/wchan"; }

# sleeper_pending: a patch is being enabled, and a task sleeps in its function
sleeper_pending() {
	sleeper
	load test_klp_sleeper
	retry 2 only_blocker "$sleeper" || fail "pending: $(blockers)"
}

if [ ! -x "$KLP" ]; then
	skip "klp" "it could not be built: libkmod-dev, libjson-c-dev or libelf-dev is missing"
	plan
	exit
fi

begin "klp load waits until a patch is enabled, klp unload until its module has gone"
klp load "$pair" --wait
status_is 0
has '^test_klp_pair: enabled after '
is $SYSFS/test_klp_pair/transition 0 || fail "klp load has not waited"
klp list
has 'test_klp_pair  *enabled '
klp show test_klp_pair
has 'function klp_test_inner,1: '
has 'description:     Livepatch selftest'
has $'\nmodel:           task\n'
has $'\npending:         0\ntimeout:         none\n'
has $'\nloaded by:       root\n'
klp verify test_klp_pair
# Kernels that do not tell whether a function is in effect get 5.
if [ -e $SYSFS/test_klp_pair/vmlinux/klp_test_inner,1/effect ]; then
	status_is 0
else
	status_is 5
fi
klp metrics
has 'livepatch_patch_state\{patch="test_klp_pair",state="enabled"\} 1'
has 'livepatch_pending_tasks\{patch="test_klp_pair"\} 0'
klp unload test_klp_pair
status_is 0
gone /sys/module/test_klp_pair || fail "the module is still loaded"
finish

# Breaks if klp does not see who blocks, or does not reverse.
begin "klp load --timeout 2 --revert over a sleeper ends reverted"
sleeper
now
start=$now
klp load "$slow" --timeout 2 --revert
now
diag "$(((now - start) / 1000)) ms: ${out##*$'\n'}"
status_is 4
has "reverted after [23]\\.[0-9] s, having waited for $sleeper dd \\(function klp_test_sleeper\\+0x"
logged "patching timed out after 2000 ms"
gone /sys/module/test_klp_sleeper || fail "the module is still loaded"
[ $((now - start)) -ge 2000000 ] || fail "after $((now - start)) us already"
slow || [ $((now - start)) -le 6000000 ] || fail "only after $((now - start)) us"
is /proc/$sleeper/patch_state -1 || fail "a transition runs"
klp metrics
has 'livepatch_failures_total\{kind="reverted"\} 1'
finish

# Breaks if klp complains when the kernel takes no limit any more.
begin "klp load --timeout --revert of a patch that settles at once"
klp load "$pair" --timeout 5 --revert
status_is 0
[[ $out =~ ^"test_klp_pair: enabled after "[0-9.]*" s"$ ]] || fail "klp prints more: $out"
is $SYSFS/test_klp_pair/transition 0 || fail "klp load has not waited"
finish

# Breaks if klp is needed to reverse.
begin "a klp load --timeout --revert that is killed is reverted by the kernel"
sleeper
background "$KLP" load "$slow" --timeout 1.5 --revert > "$OUT"
retry 3 is $SYSFS/test_klp_sleeper/timeout_ms 1500 || fail "klp sets no limit"
kill -KILL $!
wait $! 2> /dev/null
is $SYSFS/test_klp_sleeper/enabled 1 || fail "it is reverted already"
retry 5 gone $SYSFS/test_klp_sleeper || fail "it is not reverted"
klp list
status_is 0
klp unload test_klp_sleeper
status_is 0
finish

begin "the kernel's own timeout ends klp load --wait, reverted"
monitor
sleeper
echo 1000 > $DEFAULT
klp load "$slow" --wait
echo 0 > $DEFAULT
status_is 4
has "reverted after .*having waited for $sleeper dd \\(function klp_test_sleeper\\+0x"
[ -e /sys/module/test_klp_sleeper ] || fail "the module has gone"
# The folder stays until no task is in the module's code.
retry 5 gone $SYSFS/test_klp_sleeper || fail "the patch is still in sysfs"
klp show test_klp_sleeper
has $'\nstate: +disabled\n'
klp verify test_klp_sleeper
status_is 1
klp wait test_klp_sleeper
status_is 3
has "the patch is disabled, but loaded: run klp unload test_klp_sleeper"
klp unload test_klp_sleeper
status_is 0
monitored added/null started/patching timeout/unpatching completed/unpatching removed/null
finish

begin "klp load of a patch that changes all tasks at once, over a sleeper"
sleeper
echo 500 > $DEFAULT
klp load "$slow" --param consistency=3
status_is 4
has "was reverted \\(livepatch: 'test_klp_sleeper': patching is given up, blocked by dd/$sleeper in function"
has $'\ntest_klp_sleeper: reverted$'
gone /sys/module/test_klp_sleeper || fail "the module is loaded"
let_go
wait "$sleeper"
klp load "$slow" --param consistency=3 --wait
echo 0 > $DEFAULT
status_is 0
klp list
has "test_klp_sleeper  *enabled  *1  system "
klp unload test_klp_sleeper
status_is 0
finish

begin "klp blocked names the task, klp wait waits for it"
sleeper_pending
klp blocked --stack
status_is 0
has "test_klp_sleeper: enabling, 1 task pending"
has " $sleeper  dd  *S "
has "klp_test_sleeper"
has "  function    klp_test_sleeper\\+0x"
has $'\nfunction: the task sleeps in an affected function: give it what it waits for'
klp metrics
has 'livepatch_pending_tasks\{patch="test_klp_sleeper"\} 1'
has 'livepatch_patch_state\{patch="test_klp_sleeper",state="enabling"\} 1'
klp wait test_klp_sleeper --timeout 1.5
status_is 1
has "enabling: [0-9]+/[0-9]+ tasks switched, .*waiting for $sleeper dd \\(function klp_test_sleeper"
klp verify
status_is 1
let_go
klp wait --timeout 5
status_is 0
is $SYSFS/test_klp_sleeper/transition 0 || fail "klp wait has not waited"
finish

begin "klp blocked names a kernel thread"
hold
load test_klp_sleeper
retry 2 only_blocker "$kthread" || fail "pending: $(blockers)"
klp -j blocked
status_is 0
has "\"pending\":1,.*\"tid\":$kthread,.*\"reason\":\"function\",\"where\":\"klp_test_sleeper\\+0x"
release
klp wait --timeout 5
status_is 0
finish

begin "klp reverse, klp force"
monitor
sleeper_pending
klp reverse test_klp_sleeper --wait
status_is 0
gone $SYSFS/test_klp_sleeper || fail "still enabled"
klp load "$slow"
has "exists already|is loaded already"
status_is 3
klp unload test_klp_sleeper
status_is 0
klp load "$slow"
status_is 0
klp force test_klp_sleeper
status_is 2
is $SYSFS/test_klp_sleeper/transition 1 || fail "klp force did it without --yes"
klp force test_klp_sleeper --yes
status_is 0
has "test_klp_sleeper: forced"
monitored added/null started/patching reversed/unpatching completed/unpatching removed/null \
	added/null started/patching forced/patching completed/patching
let_go
finish

begin "klp load says what the kernel's log says"
klp load "$MODULES/test_klp_bad.ko" --param how=missing
status_is 3
has "was refused: Invalid argument \\(livepatch: symbol 'klp_test_missing' not found in symbol table\\)"
klp load "$MODULES/test_klp_plain.ko"
status_is 3
has "is not a live patch"
sleeper_pending
klp load "$pair"
status_is 3
has "patch 'test_klp_sleeper' is in transition: run klp wait test_klp_sleeper first"
klp unload test_klp_pair
status_is 3
let_go
settled test_klp_sleeper
finish

begin "klp monitor prints the kernel's events"
monitor
load test_klp_pair
settled test_klp_pair
disable test_klp_pair
unload test_klp_pair
monitored added/null started/patching completed/patching started/unpatching \
	completed/unpatching removed/null
finish

begin "klp show and klp metrics have the calls that the kernel counts"
echo 1 > $COUNT
klp load "$pair" --wait
value $TESTFS/consistency
klp show test_klp_pair
has 'function klp_test_inner,1: [^,]*, [1-9][0-9]* calls counted'
klp metrics
has 'livepatch_calls_total\{patch="test_klp_pair",object="vmlinux",function="klp_test_inner",position="1"\} [1-9]'
echo 0 > $COUNT
klp show test_klp_pair
[[ $out != *counted* ]] || fail "klp shows calls that are not counted: $out"
finish

begin "klp enable, klp boot, klp disable"
klp enable "$pair"
status_is 0
klp boot
status_is 0
settled test_klp_pair 0
klp show test_klp_pair
has $'\nat boot:         yes\n'
klp disable test_klp_pair
status_is 0
klp boot --list
has "no patch is applied at boot"
finish

# crowd_blocked: klp blocked lists a crowd of tasks; sets $took, in microseconds
crowd_blocked() {
	now
	took=$now
	klp blocked
	now
	took=$((now - took))
	diag "$took us for $(grep -c ' klp_storm ' <<< "$out") tasks"
	status_is 0
}

# Breaks if klp reads more than a file of each task, or of those that have switched.
if slow; then
	skip "klp blocked lists 10,000 tasks within a second" "a kernel with debugging"
else
	begin "klp blocked lists 10,000 tasks within a second"
	background "$HERE/klp_storm" crowd 10000 $TESTFS/sleep > "$OUT"
	retry 60 grep -q ready "$OUT" || fail "the crowd is not ready"
	load test_klp_sleeper
	crowd_blocked
	[ "$(grep -c ' klp_storm ' <<< "$out")" -ge 9900 ] || fail "some are missing"
	[ $took -lt 1000000 ] || fail "it takes $took us"
	# Two at once, in a storm of exits
	background "$HERE/klp_storm" storm 4 > /dev/null
	"$KLP" blocked > "$OUT" 2>&1 &
	other=$!
	crowd_blocked
	[ $took -lt 3000000 ] || fail "it takes $took us beside another one"
	wait $other || fail "the other one fails: $(head -n 3 "$OUT")"
	let_go
	klp wait --timeout 60
	status_is 0
	finish
fi

plan
