#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The file "effect" of a function tells whether calls reach its replacement, and if not,
# why. Each test compares it with what a caller gets: 0 from the original, 1 from the
# replacement, something else if the call was sent elsewhere.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_effect
F=klp_test_effect
D=test_klp_divert
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# effect PATCH OBJECT FUNCTION: sets $effect
effect() { value "$SYSFS/$1/$2/$3,1/effect"; effect=$value; }

# says WORD PATCH OBJECT FUNCTION
says() {
	effect "$2" "$3" "$4"
	expect "effect of $4 of $2" "$effect" "$1"
}

# in_effect RESULT WORD: a caller gets this result, and the file says this
in_effect() {
	value $TESTFS/effect
	expect "result" "$value" "$1"
	says "$2" $P vmlinux $F
}

patch() { load $P; settled $P; }
unpatch() { disable $P; unload $P; }
divert() { load $D "$@"; }
undivert() { rmmod $D || fail "unloading $D"; }
attached() { grep -q attached "$OUT"; }

# bpf ARGUMENTS...: attach a program; sets $bpf and $id
bpf() {
	: > "$OUT"
	background "$HERE/klp_bpf" "$@" > "$OUT" 2>&1
	bpf=$!
	retry 30 attached || fail "klp_bpf $*: $(< "$OUT")"
	read -r _ id < "$OUT"
}
detached() { ! grep -q "^$F " $TRACEFS/enabled_functions; }
alone() { grep -q "^$F (1)" $TRACEFS/enabled_functions; }

# unbpf CHECK: detach it, and wait until ftrace has let go of the function
unbpf() {
	kill "$bpf"
	wait "$bpf" 2> /dev/null
	retry 10 "$1" || fail "the program is still attached: $(grep "^$F " $TRACEFS/enabled_functions)"
}

# Breaks if the file is writable, or has more than one line.
begin "a patch that nothing interferes with is active"
patch
expect "mode" "$(stat -c %A $SYSFS/$P/vmlinux/$F,1/effect)" -r--r--r--
expect "lines" "$(wc -l < $SYSFS/$P/vmlinux/$F,1/effect)" 1
in_effect 1 active
write_fails $SYSFS/$P/vmlinux/$F,1/effect 1 "Permission denied" 2> /dev/null
unpatch
value $TESTFS/effect
expect "result" "$value" 0
finish

# Breaks if the file only looks at the patch itself.
begin "a newer patch covers the function, and gives it back"
load test_klp_stack_a
settled test_klp_stack_a
says active test_klp_stack_a vmlinux cmdline_proc_show
load test_klp_stack_b
settled test_klp_stack_b
expect "/proc/cmdline" "$(< /proc/cmdline)" b
says "covered by test_klp_stack_b" test_klp_stack_a vmlinux cmdline_proc_show
says active test_klp_stack_b vmlinux cmdline_proc_show
disable test_klp_stack_b
unload test_klp_stack_b
expect "/proc/cmdline" "$(< /proc/cmdline)" a
says active test_klp_stack_a vmlinux cmdline_proc_show
finish

# Breaks if a change is said to be complete while a task has not switched.
begin "a patch in transition says so, in both directions"
sleeper
load test_klp_sleeper
says "in transition" test_klp_sleeper vmlinux klp_test_sleeper
let_go
settled test_klp_sleeper
says active test_klp_sleeper vmlinux klp_test_sleeper
sleeper
disable test_klp_sleeper
says "returns to original in test_klp_sleeper's transition" test_klp_sleeper vmlinux \
	klp_test_sleeper
let_go
retry 2 is_complete test_klp_sleeper unpatching || fail "still in transition"
[ ! -d $SYSFS/test_klp_sleeper ] || says disabled test_klp_sleeper vmlinux klp_test_sleeper
finish

# Breaks if only the patch in transition is told about.
begin "a patch that replaces others takes their functions back"
patch
sleeper
load test_klp_sleeper replace=1
in_effect 0 "returns to original in test_klp_sleeper's transition"
let_go
settled test_klp_sleeper
unloadable $P
value $TESTFS/effect
expect "result" "$value" 0
finish

# Breaks if a target that is missing counts as patched.
begin "a function of a module that is not loaded is not active"
load test_klp_module_a
settled test_klp_module_a
says "not loaded" test_klp_module_a test_klp_target klp_target_value
load test_klp_target
says active test_klp_module_a test_klp_target klp_target_value
rmmod test_klp_target || fail "unloading the target"
says "not loaded" test_klp_module_a test_klp_target klp_target_value
finish

# Breaks if users of ftrace that leave calls alone are suspected.
begin "tracers and counters do not keep calls from a replacement"
echo $F > $TRACEFS/set_ftrace_filter
echo function > $TRACEFS/current_tracer
echo "p:klp_effect $F" > $TRACEFS/kprobe_events
echo 1 > $TRACEFS/events/kprobes/klp_effect/enable
patch
in_effect 1 active
echo 1 > /proc/sys/kernel/livepatch_count_calls
in_effect 1 active
echo 0 > /proc/sys/kernel/livepatch_count_calls
echo nop > $TRACEFS/current_tracer
echo > $TRACEFS/set_ftrace_filter
in_effect 1 active
echo 0 > $TRACEFS/events/kprobes/klp_effect/enable
echo > $TRACEFS/kprobe_events
finish

# Breaks if it does not matter which of two users ftrace calls last: the file would say
# "active" while calls go elsewhere, or suspect a user that cannot do anything.
for kind in kprobe ftrace fprobe; do
	case $kind in
	kprobe) why="kprobe at $F+0x*, handler test_klp_pre \[$D\]" ;;
	ftrace) why="ftrace user test_klp_tracer \[$D\]" ;;
	fprobe) why="fprobe with handler test_klp_entry \[$D\]" ;;
	esac
	begin "$kind of a module sends calls elsewhere, first, then the patch"
	divert kind=$kind
	value $TESTFS/effect
	expect "result" "$value" 2
	patch
	value $TESTFS/effect
	expect "result" "$value" 2
	effect $P vmlinux $F
	# shellcheck disable=SC2053 # a pattern
	[[ $effect == "unknown: "$why ]] || fail "effect is '$effect'"
	echo 1 > /sys/module/$D/parameters/idle
	value $TESTFS/effect
	expect "result" "$value" 1
	effect $P vmlinux $F
	# shellcheck disable=SC2053 # a pattern
	[[ $effect == "unknown: "$why ]] || fail "effect is '$effect'"
	undivert
	in_effect 1 active
	finish

	begin "the patch, then $kind of a module that sends calls elsewhere"
	patch
	divert kind=$kind
	in_effect 1 active
	undivert
	finish
done

# Breaks if what happens to calls of the replacement itself is missed.
begin "a kprobe that sends calls of the replacement elsewhere"
patch
divert symbol=test_klp_effect_new
value $TESTFS/effect
expect "result" "$value" 2
effect $P vmlinux $F
[[ $effect == "unknown: kprobe at test_klp_effect_new+0x"*", handler test_klp_pre [$D]" ]] ||
	fail "effect is '$effect'"
undivert
in_effect 1 active
divert symbol=test_klp_effect_new kind=post
value $TESTFS/effect
expect "result" "$value" 2
effect $P vmlinux $F
[[ $effect == "bypassed by kprobe at test_klp_effect_new+0x"*", handler test_klp_pre [$D]" ]] ||
	fail "effect is '$effect'"
undivert
finish

# Breaks if what a direct caller promises is believed: no one can tell whether it does
# what it says.
begin "a direct caller of a module is unknown"
load test_klp_stack_a
settled test_klp_stack_a
insmod "$MODULES/test_klp_direct.ko" || fail "loading the direct caller"
expect "/proc/cmdline" "$(< /proc/cmdline)" a
says "unknown: ftrace direct caller test_klp_direct_trampoline [test_klp_direct]" \
	test_klp_stack_a vmlinux cmdline_proc_show
rmmod test_klp_direct || fail "unloading the direct caller"
says active test_klp_stack_a vmlinux cmdline_proc_show
finish

FMOD="an fmod_ret program returns in place of the function"
SHARE="fentry and fexit programs share the function with the patch"
FAIL="fail_function and a patch exclude each other"
FAILNEW="fail_function makes the replacement fail"
missing=
grep -qs $F /sys/kernel/debug/error_injection/list ||
	missing="no error injection in this kernel"
[ -r /sys/kernel/btf/vmlinux ] || missing="no BTF in this kernel"
if [ -n "$missing" ]; then
	for order in "first, then the patch" "after the patch"; do
		skip "$FMOD, $order" "$missing"
		skip "$SHARE, $order" "$missing"
	done
else
	for order in "first, then the patch" "after the patch"; do
		# Breaks if direct callers are not asked, or only when they attach.
		begin "$FMOD, $order"
		[[ $order = after* ]] && patch
		bpf fmod_ret return -5 $F
		[[ $order = after* ]] || patch
		in_effect -5 "bypassed by bpf program $id 'klp_test'"
		unbpf alone
		in_effect 1 active
		finish

		# Breaks if each direct caller is suspected.
		begin "$SHARE, $order"
		for type in fentry fexit; do
			[[ $order = after* ]] && patch
			bpf $type $F
			[[ $order = after* ]] || patch
			in_effect 1 active
			unbpf alone
			unpatch
		done
		finish
	done
fi

# can_override: this kernel lets BPF programs override functions
can_override() { zgrep -q '^CONFIG_BPF_KPROBE_OVERRIDE=y' /proc/config.gz; }

# Breaks if a program that may override is missed, or if its place among the users of
# ftrace does not matter.
for kind in kprobe kprobe_multi kretprobe; do
	for order in "first, then the patch" "after the patch"; do
		title="a $kind program overrides the function, $order"
		if ! can_override; then
			skip "$title" "no BPF_KPROBE_OVERRIDE in this kernel"
			continue
		fi
		begin "$title"
		[[ $order = after* ]] && patch
		bpf $kind override -7 $F
		[[ $order = after* ]] || patch
		if [ $kind = kretprobe ] || [[ $order = first* ]]; then
			in_effect -7 "bypassed by bpf program $id 'klp_test'"
		else
			in_effect 1 active
		fi
		unbpf alone
		in_effect 1 active
		finish
	done
done

if [ ! -d $INJECT ]; then
	skip "$FAIL" "no fail_function in this kernel"
	skip "$FAILNEW" "no fail_function in this kernel"
else
	# Breaks if ftrace lets two users redirect a function.
	begin "$FAIL"
	inject $F
	value $TESTFS/effect
	[ "$value" -lt 0 ] || fail "the function does not fail: $value"
	load_fails $P "Device or resource busy"
	logged "failed to register ftrace handler for function '$F' (-16)"
	inject_nothing
	rmmod $P 2> /dev/null
	patch
	write_fails $INJECT/inject $F "Device or resource busy"
	in_effect 1 active
	finish

	# Breaks if only the entry of the original is looked at.
	begin "$FAILNEW"
	patch
	inject test_klp_effect_new
	value $TESTFS/effect
	[ "$value" -lt 0 ] || fail "the replacement does not fail: $value"
	says "bypassed by fail_function" $P vmlinux $F
	inject_nothing
	in_effect 1 active
	finish
fi

# Breaks if a file takes time for each other function.
begin "the files of 500 functions are read quickly"
load test_klp_bulk
settled test_klp_bulk 10
now
start=$now
cat $SYSFS/test_klp_bulk/vmlinux/*/effect > "$OUT"
now
diag "$((now - start)) us"
expect "active functions" "$(grep -c '^active$' "$OUT")" 500
[ $((now - start)) -lt 1000000 ] || slow || fail "it takes $((now - start)) us"
finish

plan
