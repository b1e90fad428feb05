#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Callbacks and states: what is called when, and which patches are compatible.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

A=test_klp_callbacks_a
B=test_klp_callbacks_b

# Breaks if a callback is left out, called twice, or called too early or too
# late.
begin "callbacks of enabling and disabling are called in order"
load $A
settled $A
disable $A
unload $A
story "enabling patch 'P_a'" \
	"P_a: pre_patch of vmlinux, no state" \
	"'P_a': starting patching transition" \
	"P_a: post_patch of vmlinux, no state" \
	"'P_a': patching complete" \
	"P_a: pre_unpatch of vmlinux, no state" \
	"'P_a': starting unpatching transition" \
	"P_a: post_unpatch of vmlinux, no state" \
	"'P_a': unpatching complete"
finish

# Breaks if the object counts as prepared although its callback has refused.
begin "a callback refuses the patch with its errno"
load_fails $A "Operation not permitted" refuse=-1
story "enabling patch 'P_a'" \
	"P_a: pre_patch of vmlinux, no state" \
	"pre-patch callback failed for object 'vmlinux'" \
	"failed to enable patch 'P_a'" \
	"'P_a': unpatching complete"
expect "patches" "$(ls $SYSFS)" ""
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
gone /sys/module/$A || fail "the module is still loaded"
finish

begin "a reversed enabling calls pre_patch and post_unpatch only"
sleeper
load $A
sleep 0.1
disable $A
unloadable $A
story "enabling patch 'P_a'" \
	"P_a: pre_patch of vmlinux, no state" \
	"'P_a': starting patching transition" \
	"'P_a': starting unpatching transition" \
	"P_a: post_unpatch of vmlinux, no state" \
	"'P_a': unpatching complete"
finish

begin "a failure after pre_patch calls post_unpatch"
echo 0 > /proc/sys/kernel/ftrace_enabled
load_fails $A "Device or resource busy"
echo 1 > /proc/sys/kernel/ftrace_enabled
story "enabling patch 'P_a'" \
	"P_a: pre_patch of vmlinux, no state" \
	"failed to register ftrace handler for function 'klp_test_sleeper' (-16)" \
	"failed to patch object 'vmlinux'" \
	"failed to enable patch 'P_a'" \
	"P_a: post_unpatch of vmlinux, no state" \
	"'P_a': unpatching complete"
expect "patches" "$(ls $SYSFS)" ""
finish

begin "an object may have callbacks and no functions"
load $B
settled $B
expect "patched" "$(< $SYSFS/$B/vmlinux/patched)" 1
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
logged "test: $B: post_patch of vmlinux, no state"
finish

# Breaks if the patch itself, or a newer one, counts as an older one.
begin "callbacks find the state of older patches, and only theirs"
load $A state=5 version=3
settled $A
logged "test: $A: pre_patch of vmlinux, no state before" \
	"test: $A: post_patch of vmlinux, no state before"
load $B state=5 version=4
settled $B
logged "test: $B: pre_patch of vmlinux, state before" \
	"test: $B: version before 3" \
	"test: $B: post_patch of vmlinux, state before"
disable $A
unload $A
logged "test: $A: pre_unpatch of vmlinux, no state before" \
	"test: $A: post_unpatch of vmlinux, no state before"
finish

INCOMPATIBLE="livepatch: Livepatch patch ($B) is not compatible with the already installed livepatches."

# incompatible PARAMETER...: $B is refused beside $A with state 5, version 3
incompatible() {
	load_fails $B "Invalid parameters" "$@"
	logged "$INCOMPATIBLE"
	not_logged "enabling patch '$B'"
	gone $SYSFS/$B || fail "the refused patch is in sysfs"
}

begin "a lower version of a state is refused"
load $A state=5 version=3
settled $A
incompatible state=5 version=2
finish

begin "replacing a patch without knowing its state is refused"
load $A state=5 version=3
settled $A
incompatible state=6 version=9 replace=1
expect enabled "$(< $SYSFS/$A/enabled)" 1
finish

begin "a patch that does not know the state of another is accepted beside it"
load $A state=5 version=3
settled $A
load $B state=6 version=1
settled $B
not_logged "$INCOMPATIBLE"
finish

# Breaks if the old patch is removed before the new one's last callback has run.
begin "replacing a patch with the same version of its state"
load $A state=5 version=3
settled $A
load $B state=5 version=3 replace=1
settled $B
retry 2 gone $SYSFS/$A || fail "$A is still there"
logged "test: $B: pre_patch of vmlinux, state before" \
	"test: $B: post_patch of vmlinux, state before"
# Only the callbacks of the new patch run.
not_logged "test: $A: pre_unpatch" "test: $A: post_unpatch"
finish

# Breaks if a caller counts as a callback because a transition is running.
begin "a state is asked for outside of callbacks: one warning, and no answer"
ask() {
	echo 1 > /sys/module/$A/parameters/ask
	echo 1 > /sys/module/$A/parameters/ask
	logged "test: $A: asked outside of callbacks, no state before"
	not_logged "asked outside of callbacks, state before"
}
load $B state=5 version=3
settled $B
sleeper
load $A state=5 version=3
expect transition "$(< $SYSFS/$A/transition)" 1
logged "test: $A: pre_patch of vmlinux, state before"
warns "klp_get_prev_state" ask
let_go
settled $A
warns "klp_get_prev_state" ask
finish

plan
