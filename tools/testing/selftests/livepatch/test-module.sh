#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Modules as targets: patched when they are loaded, reverted when they are
# unloaded, whatever the patch is doing meanwhile.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

A=test_klp_module_a
B=test_klp_module_b
BAD=test_klp_module_bad
T=test_klp_target
SLEEP=/sys/kernel/debug/$T/sleep

value_is() { # VALUE
	is /sys/module/$T/parameters/value "$1" ||
		fail "the target's value is '$(< /sys/module/$T/parameters/value)', expected '$1'"
}

# redirected FUNCTION...: these functions of the target, and no others, are in
# ftrace
redirected() {
	expect "functions in ftrace" \
		"$(sed -n "s/^\([^ ]*\) .*\[$T\].*/\1/p" \
			$TRACEFS/enabled_functions | sort | xargs)" "$*"
}

unload_target() { rmmod $T || fail "unloading the target"; }

# Breaks if the module is not found, or callbacks do not run for it.
begin "a module that is loaded before the patch"
load $T
value_is 1
load $A
settled $A
value_is 11
redirected klp_target_sleeper klp_target_value
expect "patched" "$(< $SYSFS/$A/$T/patched)" 1
[ -d "$SYSFS/$A/$T/klp_target_value,1" ] || fail "the function is not in sysfs"
disable $A
unload $A
value_is 1
redirected
story "enabling patch 'P_a'" \
	"P_a: pre_patch of vmlinux, no state" \
	"P_a: pre_patch of $T, no state" \
	"'P_a': starting patching transition" \
	"P_a: post_patch of vmlinux, no state" \
	"P_a: post_patch of $T, no state" \
	"'P_a': patching complete" \
	"P_a: pre_unpatch of vmlinux, no state" \
	"P_a: pre_unpatch of $T, no state" \
	"'P_a': starting unpatching transition" \
	"P_a: post_unpatch of vmlinux, no state" \
	"P_a: post_unpatch of $T, no state" \
	"'P_a': unpatching complete"
finish

# Breaks if the loader's hooks are missing, or the second loading finds remains
# of the first.
begin "a patched module is loaded and unloaded again and again"
load $A
settled $A
expect "patched" "$(< $SYSFS/$A/$T/patched)" 0
expect "patched" "$(< $SYSFS/$A/vmlinux/patched)" 1
for round in 1 2 3; do
	dmesg -C
	load $T
	value_is 11
	redirected klp_target_sleeper klp_target_value
	expect "patched in round $round" "$(< $SYSFS/$A/$T/patched)" 1
	unload_target
	expect "patched after round $round" "$(< $SYSFS/$A/$T/patched)" 0
	redirected
	story "applying patch 'P_a' to loading module '$T'" \
		"P_a: pre_patch of $T, no state" \
		"P_a: post_patch of $T, no state" \
		"P_a: pre_unpatch of $T, no state" \
		"reverting patch 'P_a' on unloading module '$T'" \
		"P_a: post_unpatch of $T, no state"
done
disable $A
unload $A
finish

# Breaks if callbacks do not know of the transition.
begin "a module is loaded during the transition"
sleeper
load $A
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
dmesg -C
load $T
# This shell has switched.
value_is 11
expect "patched" "$(< $SYSFS/$A/$T/patched)" 1
story "applying patch 'P_a' to loading module '$T'" \
	"P_a: pre_patch of $T, no state"
let_go
settled $A
value_is 11
logged "test: $A: post_patch of $T, no state"
disable $A
unload $A
value_is 1
finish

begin "a module is unloaded during the transition"
load $T
sleeper
load $A
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
value_is 11
dmesg -C
unload_target
redirected
let_go
settled $A
story "reverting patch 'P_a' on unloading module '$T'" \
	"P_a: post_unpatch of $T, no state" \
	"P_a: post_patch of vmlinux, no state" \
	"'P_a': patching complete"
finish

# Breaks if the affected code is not worked out anew when a module is loaded:
# the sleeper would switch to the patch while it is in the original.
begin "a function of a module loaded during the transition blocks its sleeper"
load $A
settled $A
sleeper_in new_test_sleep $TESTFS/sleep
holder=$sleeper
disable $A
retry 2 only_blocker "$holder" || fail "blocked by others: $(blockers)"
load $T
value_is 1
sleeper_in klp_target_sleeper $SLEEP
expect "state of the sleeper" "$(patch_state "$sleeper")" 0
# After the reversal this sleeper is the one in an affected function.
echo 1 > $SYSFS/$A/enabled
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
sleep 0.2
expect "state of the sleeper" "$(patch_state "$sleeper")" 0
expect "transition" "$(< $SYSFS/$A/transition)" 1
let_go
settled $A
value_is 11
finish

# Breaks if the patch's code for modules loaded later does not count as
# affected.
begin "a task in the patch's code for a module loaded later does not switch"
sleeper
holder=$sleeper
load $A
retry 2 only_blocker "$holder" || fail "blocked by others: $(blockers)"
load $T
sleeper_in new_target_sleep $SLEEP
expect "state of the sleeper" "$(patch_state "$sleeper")" 1
disable $A
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
sleep 0.2
expect "state of the sleeper" "$(patch_state "$sleeper")" 1
let_go
unload $A
value_is 1
finish

# Breaks if the order of patches is not that of their enabling.
begin "patches stack in a module that is loaded later, too"
load $A
settled $A
load $B
settled $B
load $T
value_is 22
expect "twins" "$(< /sys/module/$T/parameters/twins)" "20 2"
disable $A
unload $A
value_is 22
redirected klp_target_twin klp_target_value
load $A
settled $A
value_is 11
disable $A
unload $A
value_is 22
disable $B
unload $B
value_is 1
expect "twins" "$(< /sys/module/$T/parameters/twins)" "8 2"
redirected
finish

# Breaks if patches that were applied to the module already are not reverted.
begin "a callback refuses the module, and the other patches are reverted"
load $B
settled $B
load $A refuse=-1
settled $A
dmesg -C
load_fails $T "Operation not permitted"
story "applying patch 'P_b' to loading module '$T'" \
	"P_b: pre_patch of $T, no state" \
	"P_b: post_patch of $T, no state" \
	"applying patch 'P_a' to loading module '$T'" \
	"P_a: pre_patch of $T, no state" \
	"pre-patch callback failed for object '$T'" \
	"patch 'P_a' failed for module '$T', refusing to load module '$T'" \
	"P_b: pre_unpatch of $T, no state" \
	"reverting patch 'P_b' on unloading module '$T'" \
	"P_b: post_unpatch of $T, no state"
gone /sys/module/$T || fail "the module is there"
expect "patched" "$(cat $SYSFS/$A/$T/patched $SYSFS/$B/$T/patched | xargs)" "0 0"
redirected
disable $A
unload $A
load $T
value_is 22
finish

# Breaks if a module is reverted only if it was loaded completely.
begin "a module that fails in its own init is reverted"
load $A
settled $A
dmesg -C
load_fails $T "No such device" fail_init=1
story "applying patch 'P_a' to loading module '$T'" \
	"P_a: pre_patch of $T, no state" \
	"P_a: post_patch of $T, no state" \
	"P_a: pre_unpatch of $T, no state" \
	"reverting patch 'P_a' on unloading module '$T'" \
	"P_a: post_unpatch of $T, no state"
redirected
expect "patched" "$(< $SYSFS/$A/$T/patched)" 0
load $T
value_is 11
finish

begin "a module whose parameters are refused is reverted"
load $A
settled $A
load_fails $T "Invalid parameters" fail_init=perhaps
logged "reverting patch '$A' on unloading module '$T'"
redirected
load $T
value_is 11
finish

# bad WHAT LINE: the patch is refused while the module is loaded; if the patch
# is enabled first, the module is refused
bad() {
	local what=$1 line=$2
	begin "a wrong function of a module is refused: $what"
	load $T
	dmesg -C
	load_fails $BAD "Invalid parameters" "what=$what"
	story "$line"
	gone $SYSFS/$BAD || fail "the patch is in sysfs"
	value_is 1
	redirected
	unload_target
	load $BAD "what=$what"
	settled $BAD
	dmesg -C
	load_fails $T "Invalid parameters"
	story "$line" \
		"failed to initialize patch 'P_bad' for module '$T' (-22)" \
		"patch 'P_bad' failed for module '$T', refusing to load module '$T'"
	gone /sys/module/$T || fail "the module is there"
	disable $BAD
	unload $BAD
	load $T
	value_is 1
	finish
}

bad missing "symbol 'klp_target_missing' not found in symbol table"
bad ambiguous "unresolvable ambiguity for symbol 'klp_target_twin' in object '$T'"
bad position "symbol position 3 for symbol 'klp_target_twin' in object '$T' not found"
# This function exists only while the module is being loaded.
bad init "symbol 'init_module' not found in symbol table"

begin "wrong objects are refused"
load_fails $BAD "Invalid parameters" what=long
load_fails $BAD "Invalid parameters" what=object
logged "object '$T' is there twice in patch '$BAD'"
load_fails $BAD "Invalid parameters" what=twice
logged "function 'klp_target_value' is patched twice by the same patch"
expect "patches" "$(ls $SYSFS)" ""
finish

# Breaks if the module is loaded although the redirection has failed, or if
# post_unpatch does not follow pre_patch then.
begin "a redirection that fails refuses the module"
load $B
settled $B
dmesg -C
echo 0 > /proc/sys/kernel/ftrace_enabled
load_fails $T "Device or resource busy"
echo 1 > /proc/sys/kernel/ftrace_enabled
story "applying patch 'P_b' to loading module '$T'" \
	"P_b: pre_patch of $T, no state" \
	"failed to register ftrace handler for function 'klp_target_value' (-16)" \
	"failed to apply patch 'P_b' to module '$T' (-16)" \
	"P_b: post_unpatch of $T, no state" \
	"patch 'P_b' failed for module '$T', refusing to load module '$T'"
gone /sys/module/$T || fail "the module is there"
load $T
value_is 22
finish

# Breaks if what only the old patch had patched does not go back to the
# original.
begin "a patch replaces others in a module"
load $T
load $A
settled $A
load $B replace=1
settled $B
value_is 22
redirected klp_target_twin klp_target_value
unload $A
disable $B
unload $B
value_is 1
redirected
finish

# Breaks if a module that is loaded meanwhile gets the same code in both
# universes.
begin "a module is loaded while one patch replaces another"
load $A
settled $A
sleeper_in new_test_sleep $TESTFS/sleep
holder=$sleeper
load $B replace=1
retry 2 only_blocker "$holder" || fail "blocked by others: $(blockers)"
load $T
# This shell has switched; a task that has not switched would see 11.
value_is 22
expect "twins" "$(< /sys/module/$T/parameters/twins)" "20 2"
redirected klp_target_sleeper klp_target_twin klp_target_value
# For a task that has switched, the old patch's code is not in force.
sleeper_in klp_target_sleeper $SLEEP
grep -q new_target "/proc/$sleeper/stack" &&
	fail "a task that has switched is in the old patch's code"
echo 0 > $SYSFS/$B/enabled
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
value_is 11
let_go
unload $B
value_is 11
redirected klp_target_sleeper klp_target_value
load $B replace=1
settled $B
unload $A
value_is 22
unload_target
load $T
value_is 22
expect "lines about the patch that was replaced" \
	"$(dmesg | grep -c "'$A' \(to loading\|on unloading\)")" 1
finish

# Breaks if the call into ftrace is searched in all that kallsyms takes for the
# function: then the call of the code behind some of these functions is found,
# and nothing is patched.
begin "functions in front of overridden weak functions are patched"
load test_klp_weak
expect "patched functions" "$(< /sys/module/test_klp_weak/parameters/patched)" 0
load test_klp_fronts
settled test_klp_fronts
expect "patched functions" "$(< /sys/module/test_klp_weak/parameters/patched)" 10
finish

# Breaks if the name is not checked: the module would be taken for vmlinux.
if command -v objcopy > /dev/null; then
	begin "a module cannot be called vmlinux"
	dir=$(mktemp -d)
	objcopy -O binary --only-section=.gnu.linkonce.this_module \
		--set-section-flags .gnu.linkonce.this_module=alloc \
		"$MODULES/$T.ko" "$dir/this"
	sed -i "s/$T/vmlinux\x00\x00\x00\x00\x00\x00\x00\x00/" "$dir/this"
	objcopy --update-section ".gnu.linkonce.this_module=$dir/this" \
		"$MODULES/$T.ko" "$dir/vmlinux.ko"
	out=$(insmod "$dir/vmlinux.ko" 2>&1)
	[[ $out == *"Invalid parameters"* ]] || fail "insmod says '$out'"
	story "vmlinux.ko: invalid module name"
	rm -r "$dir"
	finish
else
	skip "a module cannot be called vmlinux" "no objcopy"
fi

waits_for_async() {
	grep -q async_synchronize "/proc/$1/stack" 2> /dev/null
}

# Breaks if the module is reverted before its asynchronous functions have ended:
# the loader itself waits for these functions only after that.
begin "asynchronous functions of a module that is unloaded are patched to their end"
load $A
settled $A
load $T
echo > /sys/module/$T/parameters/async
background rmmod $T
unloading=$!
retry 2 waits_for_async $unloading || fail "rmmod does not wait for the function"
let_go
wait $unloading || fail "unloading the target"
logged "test: an asynchronous function sees 11" \
	"reverting patch '$A' on unloading module '$T'"
disable $A
unload $A
finish

plan
