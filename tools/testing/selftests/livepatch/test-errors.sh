#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Patches that must be refused: with the right errno and the right line, and the
# system is as before.
. "$(dirname "$0")/functions.sh"

system_unchanged() {
	expect "patches" "$(ls $SYSFS)" ""
	expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
	gone /sys/module/test_klp_bad || fail "the module is still loaded"
	expect "consistency" "$(< $TESTFS/consistency)" 0
}

# refused HOW ERRNO-TEXT [LOG-LINE...]
refused() {
	local how=$1 text=$2
	shift 2
	load_fails test_klp_bad "$text" how="$how"
	logged "$@"
	system_unchanged
}

for how in null no_mod no_objs no_object no_funcs no_name no_new long_name; do
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

begin "a replacement whose size is not known is refused by name"
refused nowhere "Unknown symbol" \
	"livepatch: kallsyms size lookup failed for 'klp_test_outer' replacement"
finish

# Otherwise it would be called after its memory has been freed.
begin "a replacement that does not stay in memory is refused by name"
refused init "Invalid parameters" \
	"livepatch: the replacement of 'klp_test_outer' is in an init section"
finish

begin "a module that is not marked as a patch is refused by name"
load_fails test_klp_plain "Invalid parameters"
logged "livepatch: module test_klp_plain is not marked as a livepatch module"
system_unchanged
finish

# Breaks if no reference to the module is taken, or if one is taken by force.
begin "a module that is being unloaded cannot enable its patch"
load test_klp_bad how=going
rmmod test_klp_bad || fail "unloading the module"
logged "test: going: -19"
system_unchanged
finish

begin "a patch cannot be enabled twice"
load test_klp_pair
settled test_klp_pair
out=$( (enable test_klp_pair) 2>&1)
[[ $out == *"Invalid argument"* ]] || fail "enabling it again says '$out'"
logged "livepatch: patch 'test_klp_pair' is enabled already"
expect "enabled" "$(< $SYSFS/test_klp_pair/enabled)" 1
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
system_unchanged
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
expect ftrace_enabled "$(< /proc/sys/kernel/ftrace_enabled)" 1
finish

# ipmodify TITLE PATCH: beside PATCH, if it is not empty, a function has a user
# that changes the instruction pointer as well: a kprobe with a post handler
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
ipmodify "beside an enabled patch, too, an IPMODIFY conflict is refused by name" test_klp_stack_a

begin "a patched function refuses another IPMODIFY user"
load test_klp_pair
settled test_klp_pair
insmod "$MODULES/test_klp_kprobe.ko" 2> /dev/null &&
	fail "a kprobe with a post handler was accepted"
expect "consistency" "$(< $TESTFS/consistency)" 0
finish

# Breaks if the running transition is noticed first: a script that tries again
# after EBUSY would do so in vain.
begin "a wrong patch gets its own error even while another one is in transition"
load test_klp_target
load test_klp_callbacks_b state=5 version=3
settled test_klp_callbacks_b
sleeper
load test_klp_sleeper
load_fails test_klp_bad "Invalid parameters" how=missing
logged "livepatch: symbol 'klp_test_missing' not found in symbol table"
load_fails test_klp_module_bad "Invalid parameters"
logged "livepatch: symbol 'klp_target_missing' not found in symbol table"
load_fails test_klp_callbacks_a "Invalid parameters" state=5 version=2
logged "livepatch: Livepatch patch (test_klp_callbacks_a) is not compatible with the already installed livepatches."
load_fails test_klp_bad "Device or resource busy" how=nothing
not_logged "enabling patch 'test_klp_bad'"
expect "patches" "$(cd $SYSFS && echo *)" "test_klp_callbacks_b test_klp_sleeper"
let_go
settled test_klp_sleeper
finish

plan
