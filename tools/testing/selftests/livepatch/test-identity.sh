#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A patch that was made for another kernel, module or function is refused.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_identity
T=test_klp_rich
SKIP=/proc/sys/kernel/livepatch_skip_mismatch
RESULT=/sys/module/$T/parameters/result
VMLINUX=${KLP_BUILD:-/lib/modules/$(uname -r)/build}/vmlinux.o
WRONG=0123456789abcdef0123456789abcdef01234567
DIR=$(mktemp -d)

read -r usual < $SKIP
trap 'echo "$usual" > $SKIP; rm -rf "$DIR"' EXIT

# build_id FILE: print the build id in a file of notes, in hexadecimal
build_id() {
	od -An -v -tx1 "$1" | tr -d ' \n' | sed -n 's/.*474e5500\(.\{40\}\).*/\1/p'
}

# refused MODULE TEXT...: loading fails with ENOEXEC, and the log says why
refused() {
	local mod=$1 out
	shift
	out=$(insmod "$mod" "${parameters[@]}" 2>&1) && fail "loading $mod succeeds"
	[[ $out == *"Invalid module format"* ]] || fail "loading $mod says '$out'"
	logged "$@"
}

# describe FILE FUNCTION PREFIX [MASK]: parameters of the patch for a function
describe() {
	local hash size masks
	read -r hash size masks < <("$HERE/klp_identity" "$1" "$2")
	[ -n "$size" ] || fail "klp_identity has failed"
	masks=${masks//:/,}
	parameters=("$3_hash=$hash" "$3_size=$size" "$3_masks=$masks${4:+,$4}")
}

# identity [MASK]: parameters of the patch for the function of the module
identity() { describe "$MODULES/$T.ko" klp_rich rich "$@"; }

# Breaks if nothing is compared, or if what is the same is refused.
begin "a patch for this build of vmlinux is enabled, one for another is refused"
mine=$(build_id /sys/kernel/notes)
[ -n "$mine" ] || fail "no build id of vmlinux"
load $P "vmlinux_id=$mine"
settled $P
expect "build_id of vmlinux" "$(< $SYSFS/$P/vmlinux/build_id)" "$mine"
[ ! -e $SYSFS/$P/$T/build_id ] || fail "an object without a build id has one"
disable $P
unload $P
parameters=("vmlinux_id=$WRONG")
refused "$MODULES/$P.ko" "patch '$P' is for 'vmlinux' with build id $WRONG, not $mine"
as_before $P
finish

begin "a patch for a part of a build id, or for more than it, is refused"
parameters=("vmlinux_id=${mine:0:20}")
refused "$MODULES/$P.ko" "with build id ${mine:0:20}, not $mine"
parameters=("vmlinux_id=${mine}00")
refused "$MODULES/$P.ko" "with build id ${mine}00, not $mine"
as_before $P
load $P "vmlinux_id=${mine^^}"
settled $P
finish

# Breaks if the build id of modules is not kept, or is that of another module.
begin "a patch for this build of a module is enabled, one for another is refused"
load $T
theirs=$(build_id /sys/module/$T/notes/.note.gnu.build-id)
[ -n "$theirs" ] || fail "no build id of the module"
load $P "module_id=$theirs"
settled $P
expect "result" "$(< $RESULT)" 0x0
disable $P
unload $P
parameters=("module_id=$WRONG")
refused "$MODULES/$P.ko" "patch '$P' is for '$T' with build id $WRONG, not $theirs"
as_before $P
finish

begin "a module of another build is not loaded while the patch is enabled"
load $P "module_id=$WRONG"
settled $P
parameters=()
refused "$MODULES/$T.ko" "patch '$P' is for '$T' with build id $WRONG, not $theirs" \
	"failed to initialize patch '$P' for module '$T' (-8)" \
	"patch '$P' failed for module '$T', refusing to load module '$T'"
gone /sys/module/$T || fail "the module is loaded"
finish

begin "a module of another build is loaded unpatched if the administrator wants that"
echo 1 > $SKIP
load $P "module_id=$WRONG"
settled $P
load $T
logged "module '$T' is not what the patch was made for, and stays unpatched"
expect "patched" "$(< $SYSFS/$P/$T/patched)" 0
expect "patched" "$(< $SYSFS/$P/vmlinux/patched)" 1
[ "$(< $RESULT)" != 0x0 ] || fail "the function is patched"
rmmod $T || fail "unloading the module"
disable $P
unload $P
echo 0 > $SKIP
finish

# Breaks if a byte that the kernel rewrites is compared.
begin "a function that the kernel has rewritten is recognised"
identity
load $T
for state in off on off; do
	load $P "${parameters[@]}"
	settled $P
	expect "result with key $state" "$(< $RESULT)" 0x0
	disable $P
	unload $P
	echo 1 > /sys/module/$T/parameters/toggle
done
finish

begin "a function with kprobes and tracers in it is recognised"
identity
load $T
echo klp_rich > $TRACEFS/set_ftrace_filter
echo function > $TRACEFS/current_tracer
nr=0
# At most of the offsets no instruction begins.
for ((offset = 9; offset < 80; offset++)); do
	echo "p:klp/p$offset $T:klp_rich+$offset" >> $TRACEFS/kprobe_events 2> /dev/null &&
		echo 1 > $TRACEFS/events/klp/p$offset/enable && ((nr++))
done
[ $nr -ge 3 ] || fail "$nr kprobes"
retry 5 grep -q 'klp_rich.*OPTIMIZED' /sys/kernel/debug/kprobes/list ||
	fail "no kprobe has been optimised"
diag "$nr kprobes, $(grep -c OPTIMIZED /sys/kernel/debug/kprobes/list) optimised"
load $P "${parameters[@]}"
settled $P
expect "result" "$(< $RESULT)" 0x0
disable $P
unload $P
echo 0 > $TRACEFS/events/klp/enable
echo > $TRACEFS/kprobe_events
echo nop > $TRACEFS/current_tracer
echo > $TRACEFS/set_ftrace_filter
finish

# other: make another module of $T, whose function has another number in it
other() {
	LC_ALL=C sed 's/\x30\x12\xed\x5e/\x31\x12\xed\x5e/' "$MODULES/$T.ko" > "$DIR/$T.ko"
	! cmp -s "$MODULES/$T.ko" "$DIR/$T.ko" || fail "the other module is the same"
}

# Breaks if the hash does not depend on each byte that the kernel leaves alone.
begin "a function with another number in it is refused"
identity
other
insmod "$DIR/$T.ko" || fail "loading the other module"
refused "$MODULES/$P.ko" "patch '$P' is for 'klp_rich' with hash ${parameters[0]#*=0x}, not "
as_before $P
rmmod $T || fail "unloading the other module"
load $P "${parameters[@]}"
settled $P
refused "$DIR/$T.ko" "patch '$P' failed for module '$T', refusing to load module '$T'"
load $T
expect "result" "$(< $RESULT)" 0x0
finish

begin "what is wrong with an identity in itself is said"
load $T
identity 100000,1
load_fails $P "Invalid parameters" "${parameters[@]}"
identity
parameters[1]=rich_size=0
load_fails $P "Invalid parameters" "${parameters[@]}"
parameters[1]=rich_size=100000
refused "$MODULES/$P.ko" "patch '$P' is for 'klp_rich' of 100000 bytes, not "
as_before $P
finish

right="the code of vmlinux that a patch was made for is recognised"
others="what the kernel has rewritten in vmlinux does not matter"
if [ ! -f "$VMLINUX" ]; then
	skip "$right" "no $VMLINUX"
	skip "$others" "no $VMLINUX"
	plan
	exit
fi

# Breaks if the hash of a function of vmlinux is not compared.
begin "$right"
describe "$VMLINUX" klp_test_outer outer
outer=("${parameters[@]}")
load $P "${outer[@]}"
settled $P
disable $P
unload $P
hash=${outer[0]#*=0x}
printf -v wrong %016x $((0x$hash ^ 1))
parameters=("${outer[@]}" "outer_hash=0x$wrong")
refused "$MODULES/$P.ko" "patch '$P' is for 'klp_test_outer' with hash $wrong, not $hash"
as_before $P
finish

# Each is checked before the wrong hash of another function refuses the patch, so that none
# is ever replaced. Breaks if a byte that the kernel rewrites is compared.
begin "$others"
nr=0
for function in try_to_wake_up do_user_addr_fault kfree vfs_read do_exit; do
	grep -q " $function$" /proc/kallsyms || continue
	describe "$VMLINUX" $function probe
	parameters+=("probe_name=$function" "${outer[@]}" "outer_hash=0x$wrong")
	refused "$MODULES/$P.ko" "patch '$P' is for 'klp_test_outer' with hash $wrong, not $hash"
	dmesg | grep -q "is for '$function'" && fail "$function is not recognised"
	dmesg -C
	((++nr))
done
diag "$nr functions"
[ $nr -ge 4 ] || fail "$nr functions of vmlinux"
as_before $P
finish

plan
