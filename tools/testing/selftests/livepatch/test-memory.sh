#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# -ENOMEM at every allocation: the system is as before. Each test lets the first
# allocation fail, then the second one, and so on, until there are no more.
#
# Each test breaks if one of the error paths is missing or incomplete.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

A=test_klp_module_a
B=test_klp_module_b
T=test_klp_target

if [ ! -e /proc/self/make-it-fail ] || [ ! -d /sys/kernel/debug/failslab ]; then
	skip "-ENOMEM at every allocation" "no fault injection in this kernel"
	plan
fi
for file in failslab fail_page_alloc; do
	echo N > /sys/kernel/debug/$file/ignore-gfp-wait
	echo 0 > /sys/kernel/debug/$file/verbose
done

# enabling MODULE [BESIDE]: enable the patch MODULE, which is loaded, while each
# allocation fails; the patch BESIDE is enabled, and MODULE may replace it
enabling() {
	local mod=$1 beside=${2-} params=/sys/module/$1/parameters
	local nth survived=0 functions line
	mapfile -t functions < $TRACEFS/enabled_functions
	for nth in {1..2000}; do
		echo "$nth" > "$params/fail_nth"
		if echo 1 2> /tmp/out > "$params/enable"; then
			settled "$mod"
			is "$params/fail_nth" 0 || break
			# The engine can do without this allocation.
			survived=$((survived + 1))
			disable "$mod"
			unloadable "$mod"
			[ -z "$beside" ] || [ -e "$SYSFS/$beside" ] || {
				unloadable "$beside"
				enable "$beside"
				settled "$beside"
			}
			continue
		fi
		read -r line < /tmp/out
		[[ $line == *"Cannot allocate memory"* ]] ||
			fail "allocation $nth: $line"
		gone "$SYSFS/$mod" || fail "it is in sysfs"
		[ -z "$beside" ] || is "$SYSFS/$beside/enabled" 1 ||
			fail "$beside is gone"
		mapfile -t now < $TRACEFS/enabled_functions
		expect "functions in ftrace" "${#now[@]}" "${#functions[@]}"
		is "/sys/module/$mod/refcnt" 0 || fail "the module has users"
		[ -z "$failed" ] || { diag "at allocation $nth"; break; }
	done
	diag "$((nth - 1)) allocations failed, $survived without harm"
	[ "$nth" -gt 10 ] || fail "only $nth allocations could fail"
	settled "$mod"
}

begin "-ENOMEM at every allocation of enabling is undone"
load test_klp_pair later=1
enabling test_klp_pair
expect "consistency" "$(< $TESTFS/consistency)" 0
finish

begin "-ENOMEM at every allocation of replacing keeps the old patch"
load test_klp_stack_a
settled test_klp_stack_a
load test_klp_pair later=1 replace=1
enabling test_klp_pair test_klp_stack_a
expect "consistency" "$(< $TESTFS/consistency)" 0
retry 2 gone $SYSFS/test_klp_stack_a || fail "the old patch is still there"
finish

begin "-ENOMEM at every allocation of enabling for a module is undone"
load $T
load $B later=1
enabling $B
expect "value" "$(< /sys/module/$T/parameters/value)" 22
disable $B
unload $B
expect "value" "$(< /sys/module/$T/parameters/value)" 1
finish

begin "-ENOMEM at every allocation of enabling with relocations is undone"
load $T
load reloc-good later=1
enabling test_klp_reloc
pointee=$(< /sys/module/test_klp_reloc/parameters/pointee)
[ "$pointee" != 0 ] || fail "there are no relocations"
expect "value" "$(< /sys/module/$T/parameters/value)" 7432
finish

# loading VALUE: load the target while each allocation of patching it fails; $A
# and $B patch it, and a callback of $B arms the failure
loading() {
	local nth survived=0 functions line
	mapfile -t functions < $TRACEFS/enabled_functions
	for nth in {1..2000}; do
		echo "$nth" > /sys/module/$B/parameters/fail_later
		if insmod "$MODULES/$T.ko" unfail=1 2> /tmp/out; then
			expect "value" "$(< /sys/module/$T/parameters/value)" "$1"
			is /sys/module/$T/parameters/unfail 0 || break
			survived=$((survived + 1))
			rmmod $T || fail "unloading the target"
		else
			read -r line < /tmp/out
			[[ $line == *"Cannot allocate memory"* ]] ||
				fail "allocation $nth: $line"
			gone /sys/module/$T || fail "the module is there"
		fi
		is $SYSFS/$A/$T/patched 0 || fail "$A has patched it"
		is $SYSFS/$B/$T/patched 0 || fail "$B has patched it"
		mapfile -t now < $TRACEFS/enabled_functions
		expect "functions in ftrace" "${#now[@]}" "${#functions[@]}"
		[ -z "$failed" ] || { diag "at allocation $nth"; break; }
	done
	diag "$((nth - 1)) allocations failed, $survived without harm"
	[ "$nth" -gt 10 ] || fail "only $nth allocations could fail"
	echo 0 > /sys/module/$B/parameters/fail_later
}

begin "-ENOMEM at every allocation of patching a loading module is undone"
load $B
settled $B
load $A
settled $A
loading 11
finish

begin "-ENOMEM at every allocation for a loading module is undone during a transition"
load $B
settled $B
sleeper
load $A
retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
loading 11
let_go
settled $A
finish

# The first table has room for few functions beyond its last slot: here, for none.
# Breaks if no second table is made, which has room for all of them.
again="a redirect table with too little room is made again, with room for all"
if [ -d $INJECT ]; then
	begin "$again"
	load $T
	inject klp_table_insert "" 1
	load $B
	expect "tables without room that are still to come" "$(< $INJECT/times)" 0
	inject_nothing
	settled $B
	expect "value" "$(< /sys/module/$T/parameters/value)" 22
	finish
else
	skip "$again" "no error injection in this kernel"
fi

plan
