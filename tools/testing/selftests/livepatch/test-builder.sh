#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Patch modules as builders and packagers make them
. "$(dirname "$0")/functions.sh"

begin "a patch module that was stripped is enabled and disabled"
load stripped
settled test_klp_stripped
grep -q 'test_klp_cmdline_proc_show' /proc/kallsyms &&
	fail "the module has not been stripped"
expect "/proc/cmdline" "$(< /proc/cmdline)" stripped
disable test_klp_stripped
unload test_klp_stripped
[ "$(< /proc/cmdline)" != stripped ] || fail "still patched"
finish

# Breaks if out-of-line parts are found by their names only: the task sleeps in
# a part that has no name.
begin "a task in a replacement that was stripped is waited for"
load stripped
settled test_klp_stripped
sleeper_in test_klp_stripped $TESTFS/sleep
disable test_klp_stripped
sleep 0.2
expect transition "$(< $SYSFS/test_klp_stripped/transition)" 1
expect patch_state "$(patch_state "$sleeper")" 1
let_go
unload test_klp_stripped
finish

# Breaks if the engine uses the author's memory after the module has freed it.
begin "a patch on the heap, made of a builder's tables"
load test_klp_external
settled test_klp_external
expect "inner" "$(< $TESTFS/consistency)" 0
grep -q klp_test_inner $TRACEFS/enabled_functions || fail "not patched"
[ -d $SYSFS/test_klp_external/test_klp_absent/cmdline_proc_show,1 ] ||
	fail "the second object is not in sysfs"
disable test_klp_external
unload test_klp_external
for _ in 1 2; do
	load_fails test_klp_external "Invalid parameters" missing=1
	logged "livepatch: symbol 'klp_test_missing' not found in symbol table"
done
expect "patches" "$(ls $SYSFS)" ""
retry 5 reaped || fail "something is not released"
load test_klp_pair
settled test_klp_pair
finish

# Breaks if a section is found that is not in memory, such as one of the init
# code after it has been freed.
begin "sections of a patch module are found as long as they are in memory"
load test_klp_external
read -r objects init comment nothing \
	< /sys/module/test_klp_external/parameters/sections
[ "$objects" -gt 0 ] || fail "the table of objects has $objects bytes"
expect "sizes of others" "$init $comment $nothing" "0 0 0"
finish

A=test_klp_alias
TARGET=/sys/module/test_klp_target/parameters

# alias_patched: the last replacement of each function is called
alias_patched() {
	settled $A
	expect "consistency" "$(< $TESTFS/consistency)" 0
	expect "klp_test_inner in ftrace" \
		"$(grep -c '^klp_test_inner' $TRACEFS/enabled_functions)" 1
	[ ! -e $TARGET/value ] || expect "value" "$(< $TARGET/value)" 44
}

one_function() {
	echo "livepatch: '$A': '$1' and '$2' are one function, and the replacement of '$2' is used"
}

debug_site() { echo "file kernel/livepatch/site.c $1" > /proc/dynamic_debug/control; }

begin "a patch has a function by two names, with one replacement"
debug_site +p
load $A same=1
alias_patched
[ -d $SYSFS/$A/vmlinux/klp_test_inner_alias,1 ] || fail "an alias is not in sysfs"
load test_klp_target
alias_patched
disable $A
unload $A
expect "value unpatched" "$(< $TARGET/value)" 1
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
not_logged "are one function"
debug_site -p
finish

# Breaks if one of the two replacements counts as the code before the patch.
begin "a patch has a function by two names, and the last replacement wins"
debug_site +p
load $A
alias_patched
logged "$(one_function klp_test_inner klp_test_inner_alias)"
load test_klp_target
alias_patched
logged "$(one_function klp_target_value klp_target_value_alias)"
rmmod test_klp_target
load test_klp_target
alias_patched
disable $A
unload $A
expect "consistency unpatched" "$(< $TESTFS/consistency)" 0
expect "value unpatched" "$(< $TARGET/value)" 1
expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
load $A
alias_patched
debug_site -p
finish

begin "a patch with two names of a function is stacked, reversed and replaced"
load test_klp_target
load test_klp_module_a
settled test_klp_module_a
below=$(< $TARGET/value)
load $A
alias_patched
disable $A
unload $A
expect "value without it" "$(< $TARGET/value)" "$below"
load $A
alias_patched
load test_klp_pair
settled test_klp_pair
expect "consistency of the newest" "$(< $TESTFS/consistency)" 0
disable test_klp_pair
unload test_klp_pair
alias_patched
load test_klp_pair replace=1
settled test_klp_pair
unload $A
expect "value replaced" "$(< $TARGET/value)" 1
load $A replace=1
alias_patched
unload test_klp_pair
finish

# no_function TITLE TARGET PATCH: a symbol within a function does not end its
# range. Otherwise a task that sleeps behind the symbol would not be found. The
# first half tests the original's range, the second half the replacement's.
no_function() {
	begin "$1"
	load "$2"
	sleeper_in klp_target_sleeper /sys/kernel/debug/test_klp_target/sleep
	load "$3"
	sleep 0.2
	expect "transition to the replacement" \
		"$(< $SYSFS/test_klp_label/transition)" 1
	expect "patch_state" "$(patch_state "$sleeper")" 0
	let_go
	settled test_klp_label
	sleeper_in new_target_sleeper /sys/kernel/debug/test_klp_target/sleep
	disable test_klp_label
	sleep 0.2
	expect "transition back" "$(< $SYSFS/test_klp_label/transition)" 1
	expect "patch_state" "$(patch_state "$sleeper")" 1
	let_go
	unload test_klp_label
	finish
}

no_function "symbols that are no functions do not end a function" \
	test_klp_target test_klp_label
no_function "symbols without a name do not end a function" \
	unnamed-target unnamed-label

plan
