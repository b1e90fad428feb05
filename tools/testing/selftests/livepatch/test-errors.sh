#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Patches that must be refused: the right errno, the right line, nothing left.
. "$(dirname "$0")/functions.sh"

nothing_left() {
	expect "patches" "$(ls $SYSFS)" ""
	expect "enabled functions" "$(cat $TRACEFS/enabled_functions)" ""
	gone /sys/module/test_klp_bad || fail "the module is still loaded"
	expect "consistency" "$(cat $TESTFS/consistency)" 0
}

# refused HOW ERRNO-TEXT [LOG-LINE...]
refused() {
	local how=$1 text=$2
	shift 2
	load_fails test_klp_bad "$text" how="$how"
	logged "$@"
	nothing_left
}

for how in null no_mod no_objs no_funcs no_name no_new long_name; do
	begin "an incomplete patch is refused: $how"
	refused $how "Invalid parameters"
	not_logged "enabling patch"
	finish
done

begin "a missing symbol is refused by name"
refused missing "Invalid parameters" \
	"livepatch: symbol 'klp_test_missing' not found in symbol table"
finish

begin "an ambiguous symbol is refused by name"
refused ambiguous "Invalid parameters" \
	"livepatch: unresolvable ambiguity for symbol 'klp_test_twin' in object 'vmlinux'"
finish

begin "a wrong position is refused by name"
refused sympos "Invalid parameters" \
	"livepatch: symbol position 7 for symbol 'klp_test_outer' in object 'vmlinux' not found"
finish

begin "a function that ftrace does not know is refused by name"
refused untraceable "Invalid parameters" \
	"livepatch: enabling patch 'test_klp_bad'" \
	"livepatch: failed to find location for function 'klp_test_notrace'" \
	"livepatch: failed to patch object 'vmlinux'" \
	"livepatch: failed to enable patch 'test_klp_bad'" \
	"livepatch: 'test_klp_bad': unpatching complete"
finish

begin "a patch that has a function twice is refused"
load_fails test_klp_bad "Invalid parameters" how=twice
logged "livepatch: function 'klp_test_inner' is patched twice by the same patch"
nothing_left
finish

begin "ftrace_enabled=0 refuses patches, and patches refuse it"
echo 0 > /proc/sys/kernel/ftrace_enabled
refused nothing "Device or resource busy" \
	"livepatch: failed to register ftrace handler for function 'klp_test_inner' (-16)" \
	"livepatch: failed to patch object 'vmlinux'"
echo 1 > /proc/sys/kernel/ftrace_enabled
load test_klp_pair
settled test_klp_pair
write_fails /proc/sys/kernel/ftrace_enabled 0 "Device or resource busy"
expect ftrace_enabled "$(cat /proc/sys/kernel/ftrace_enabled)" 1
finish

# The redirection has a user that changes the instruction pointer as well:
# another module's kprobe with a post handler.
ipmodify() {
	begin "$1"
	[ -z "$2" ] || { load "$2"; settled "$2"; }
	insmod "$MODULES/test_klp_kprobe.ko" || fail "loading the kprobe"
	load_fails test_klp_bad "Device or resource busy" how=nothing
	logged "livepatch: failed to register ftrace handler for function 'klp_test_outer' (-16)" \
		"livepatch: failed to patch object 'vmlinux'"
	gone $SYSFS/test_klp_bad || fail "the refused patch is in sysfs"
	rmmod test_klp_kprobe
	expect "klp_test functions in ftrace" \
		"$(grep -c klp_test $TRACEFS/enabled_functions)" 0
	finish
}
ipmodify "a function with another IPMODIFY user is refused by name" ""
ipmodify "it is refused by name beside an active patch" test_klp_stack_a

begin "a patched function refuses another IPMODIFY user"
load test_klp_pair
settled test_klp_pair
insmod "$MODULES/test_klp_kprobe.ko" 2> /dev/null &&
	fail "a kprobe with a post handler was accepted"
expect "consistency" "$(cat $TESTFS/consistency)" 0
finish

# Every allocation of enabling fails once, until enabling succeeds.
if [ -e /proc/self/make-it-fail ] && [ -d /sys/kernel/debug/failslab ]; then
	begin "-ENOMEM at every allocation of enabling leaves nothing"
	for file in failslab fail_page_alloc; do
		echo N > /sys/kernel/debug/$file/ignore-gfp-wait
		echo 0 > /sys/kernel/debug/$file/verbose
	done
	params=/sys/module/test_klp_pair/parameters
	load test_klp_pair later=1
	survived=0
	for nth in $(seq 1 2000); do
		echo "$nth" > $params/fail_nth
		if echo 1 2> /tmp/out > $params/enable; then
			settled test_klp_pair
			is $params/fail_nth 0 || break
			# There was a way round this one.
			survived=$((survived + 1))
			disable test_klp_pair
			unloadable test_klp_pair
			continue
		fi
		grep -q "Cannot allocate memory" /tmp/out ||
			fail "allocation $nth: $(cat /tmp/out)"
		[ -z "$(ls $SYSFS)" ] || fail "in sysfs: $(ls $SYSFS)"
		value $TRACEFS/enabled_functions
		expect "functions in ftrace" "$value" ""
		is /sys/module/test_klp_pair/refcnt 0 ||
			fail "the module has users"
		[ -z "$failed" ] || { diag "at allocation $nth"; break; }
	done
	diag "$((nth - 1)) allocations failed, $survived without harm"
	[ "$nth" -gt 10 ] || fail "only $nth allocations could fail"
	settled test_klp_pair
	expect "consistency" "$(cat $TESTFS/consistency)" 0
	finish
else
	skip "-ENOMEM at every allocation of enabling leaves nothing" \
		"no fault injection in this kernel"
fi

plan
