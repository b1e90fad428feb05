#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# /sys/kernel/livepatch and /proc/<pid>/patch_state
. "$(dirname "$0")/functions.sh"

patch=$SYSFS/test_klp_pair
mode() { expect "mode of $1" "$(stat -c %A "$1")" "$2"; }

begin "files in sysfs have their modes and values"
load test_klp_pair
settled test_klp_pair
mode $patch drwxr-xr-x
mode $patch/vmlinux drwxr-xr-x
mode $patch/enabled -rw-r--r--
mode $patch/transition -r--r--r--
mode $patch/force --w-------
mode $patch/replace -r--r--r--
mode $patch/stack_order -r--r--r--
mode $patch/consistency -r--r--r--
mode $patch/stopped_ns -r--r--r--
mode $patch/parked_ns -r--r--r--
mode $patch/vmlinux/patched -r--r--r--
mode $patch/vmlinux/klp_test_inner,1/effect -r--r--r--
expect enabled "$(< $patch/enabled)" 1
expect transition "$(< $patch/transition)" 0
expect replace "$(< $patch/replace)" 0
expect stack_order "$(< $patch/stack_order)" 1
expect patched "$(< $patch/vmlinux/patched)" 1
expect "files" "$(cd $SYSFS && find . | sort | xargs)" "$(xargs << END
. ./test_klp_pair ./test_klp_pair/calls ./test_klp_pair/consistency
./test_klp_pair/enabled ./test_klp_pair/force ./test_klp_pair/parked_ns
./test_klp_pair/pending ./test_klp_pair/replace ./test_klp_pair/stack_order
./test_klp_pair/stopped_ns ./test_klp_pair/timeout_ms ./test_klp_pair/transition
./test_klp_pair/vmlinux ./test_klp_pair/vmlinux/klp_test_inner,1
./test_klp_pair/vmlinux/klp_test_inner,1/effect
./test_klp_pair/vmlinux/klp_test_outer,1
./test_klp_pair/vmlinux/klp_test_outer,1/effect ./test_klp_pair/vmlinux/patched
END
)"
finish

begin "wrong writes to enabled are refused and change nothing"
load test_klp_pair
settled test_klp_pair
write_fails $patch/enabled 1 "Invalid argument"
write_fails $patch/enabled garbage "Invalid argument"
write_fails $patch/enabled 7 "Invalid argument"
expect enabled "$(< $patch/enabled)" 1
expect transition "$(< $patch/transition)" 0
expect "consistency" "$(< $TESTFS/consistency)" 0
finish

# Breaks if any write during a transition reverses it.
begin "writing the present value during a transition changes nothing"
sleeper
load test_klp_sleeper
write_fails $SYSFS/test_klp_sleeper/enabled 1 "Invalid argument"
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
expect "patch_state" "$(patch_state "$sleeper")" 0
let_go
settled test_klp_sleeper
finish

begin "booleans are parsed as everywhere in the kernel"
load test_klp_pair
settled test_klp_pair
echo off > $patch/enabled || fail "writing off"
unload test_klp_pair
finish

begin "patch_state is -1 without a transition, and for the owner only"
expect patch_state "$(patch_state self)" -1
expect "patch_state of the thread" "$(cat /proc/self/task/*/patch_state)" -1
mode /proc/self/patch_state -r--------
mode "/proc/$$/task/$$/patch_state" -r--------
finish

begin "enabling and disabling log their lines in order, with all debug lines"
echo 'file kernel/livepatch/* +p' > /proc/dynamic_debug/control
echo 'func klp_try_switch_task -p' > /proc/dynamic_debug/control
load test_klp_pair
settled test_klp_pair
disable test_klp_pair
unload test_klp_pair
echo 'file kernel/livepatch/* -p' > /proc/dynamic_debug/control
expect "log" "$(dmesg | sed -n 's/^\[[^]]*\] livepatch: //p')" "\
enabling patch 'test_klp_pair'
'test_klp_pair': initializing patching transition
'test_klp_pair': starting patching transition
'test_klp_pair': completing patching transition
'test_klp_pair': patching complete
'test_klp_pair': initializing unpatching transition
'test_klp_pair': starting unpatching transition
'test_klp_pair': completing unpatching transition
'test_klp_pair': unpatching complete"
finish

begin "a patch module taints the kernel and itself"
load test_klp_pair
[ $(($(< /proc/sys/kernel/tainted) & 1 << 15)) -ne 0 ] ||
	fail "the kernel is not tainted"
grep -q K /sys/module/test_klp_pair/taint || fail "the module is not tainted"
finish

# Breaks if the engine has a folder of that name in /sys/module.
begin "a patch module may be called livepatch"
load livepatch
settled livepatch
expect "/proc/cmdline" "$(< /proc/cmdline)" livepatch
disable livepatch
unload livepatch
[ "$(< /proc/cmdline)" != livepatch ] || fail "still patched"
finish

# Breaks if the folder is removed under the lock that its files take.
begin "reading and writing while the patch is removed does not hang"
load test_klp_pair
settled test_klp_pair
background bash -c "while :; do cat $patch/* > /dev/null; \
	echo 1 > $patch/enabled; done 2> /dev/null"
disable test_klp_pair
unloadable test_klp_pair
finish

plan
