#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Relocations of patch modules: against vmlinux, against a module that is loaded
# and unloaded, and wrong ones. test_modules/relocate makes the modules reloc-*.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

P=test_klp_reloc
M=test_klp_target
TARGET=/sys/module/$M/parameters
INVALID="Invalid parameters"
FORMAT="Invalid module format"
REFUSED="livepatch: patch '$P' failed for module '$M', refusing to load module '$M'"

# logged_once LINE: undoing what was done has not logged the line again
logged_once() {
	expect "lines with $1" "$(dmesg | grep -cF "$1")" 1
}

# forget: check the log so far, and empty it
forget() {
	check_log
	dmesg -C
}

target_value() { expect "value of $M" "$(< $TARGET/value)" "$1"; }

# vmlinux_patched HIDDEN: what the patch of vmlinux prints, which takes all of
# its relocations
vmlinux_patched() {
	expect "/proc/cmdline" "$(< /proc/cmdline)" \
		"hidden $1 secret $(($1 + 1)) twin 2 key on"
}

# pointee [MODULE] yes|no: a relocation has filled in its variable, or has not
pointee() {
	local mod=$P value
	[ $# -eq 1 ] || { mod=$1; shift; }
	value "/sys/module/$mod/parameters/pointee"
	case $1:$value in
	no:0|yes:[1-9]*) ;;
	*) fail "the relocated pointer in $mod is $value, relocated: $1" ;;
	esac
}

# target_gone: the target is not loaded, and no relocation refers to it
target_gone() {
	gone /sys/module/$M || fail "$M is loaded"
	pointee no
	expect "$M in sysfs" "$(< $SYSFS/$P/$M/patched)" 0
}

# load_target HIDDEN: load the target, which gets patched
load_target() {
	load $M hidden="$1"
	target_value "${1}432"
	pointee yes
	expect "$M in sysfs" "$(< $SYSFS/$P/$M/patched)" 1
}

unload_target() {
	rmmod $M || fail "unloading $M"
	target_gone
}

# Breaks if a section for vmlinux is not applied, or with another symbol.
begin "a patch reaches static functions and variables of vmlinux"
load reloc-good
settled $P
vmlinux_patched 4711
echo 815 > $TESTFS/hidden
vmlinux_patched 815
echo 4711 > $TESTFS/hidden
pointee no
finish

# Breaks if what the loader keeps of the module is freed twice, or not at all:
# KASAN, kmemleak.
begin "a patch that is relocated and then fails to load can be loaded again"
load_fails reloc-good "$INVALID" refuse=nonsense
gone /sys/module/$P || fail "the module is still loaded"
load reloc-good
settled $P
vmlinux_patched 4711
finish

# refused FILE ERRNO-TEXT LINE: the loader refuses the patch; then a good one is
# loaded
refused() {
	begin "refused while it is loaded: $1"
	load_fails "reloc-$1" "$2"
	logged_once "$3"
	not_logged "enabling patch" "Invalid relocation target"
	gone /sys/module/$P || fail "the module is still loaded"
	gone $SYSFS/$P || fail "the patch is in sysfs"
	expect "enabled functions" "$(< $TRACEFS/enabled_functions)" ""
	if [ -z "$failed" ]; then
		load reloc-good
		settled $P
		vmlinux_patched 4711
		load_target 5
	fi
	finish
}

# x COUNT
x() { printf "%0$1d" 0 | tr 0 x; }

bad_section() {
	refused "$1" "$INVALID" \
		"livepatch: section $2 has an incorrectly formatted name"
}
bad_section section-dot .klp.rela.vmlinux__jump_table
bad_section section-object .klp.rela..text
bad_section section-long ".klp.rela.$(x 56)..text"

bad_symbol() {
	refused "$1" "$INVALID" \
		"livepatch: symbol $2 has an incorrectly formatted name"
}
bad_symbol symbol-prefix .klp.sum.vmlinux.klp_test_hidden,0
bad_symbol symbol-object .klp.sym..klp_test_hidden,0
bad_symbol symbol-long-object ".klp.sym.$(x 56).klp_test_hidden,0"
bad_symbol symbol-name .klp.sym.vmlinux.,0
bad_symbol symbol-long-name ".klp.sym.vmlinux.$(x 512),0"
bad_symbol symbol-comma .klp.sym.vmlinux.klp_test_hidden
bad_symbol symbol-number .klp.sym.vmlinux.klp_test_hidden,
bad_symbol symbol-garbage .klp.sym.vmlinux.klp_test_hidden,1x

refused unmarked "$INVALID" \
	"livepatch: symbol .klp.sym.vmlinux.klp_test_hidden,0 is not marked as a livepatch symbol"
refused missing "$INVALID" \
	"livepatch: symbol 'klp_test_missing' not found in symbol table"
refused ambiguous "$INVALID" \
	"livepatch: unresolvable ambiguity for symbol 'klp_test_twin_value' in object 'vmlinux'"
refused position "$INVALID" \
	"livepatch: symbol position 3 for symbol 'klp_test_twin_value' in object 'vmlinux' not found"
refused overflow "$FORMAT" "overflow in relocation type 10"

# Breaks if relocations wait until the target is loaded once more, or if the
# second symbol of a name is not the second one in the symbol table.
begin "a patch reaches what is static in a module that is loaded"
load $M hidden=6
target_value 1
expect "twins" "$(< $TARGET/twins)" "8 2"
load reloc-good
settled $P
target_value 6432
pointee yes
echo 8 > $TARGET/hidden
target_value 8432
vmlinux_patched 4711
disable $P
unload $P
target_value 1
finish

# Breaks if the patch is enabled again while its old record still waits:
# releasing the old record would clear the relocations.
begin "a patch that is enabled again keeps its relocations"
again() { { echo 1 > /sys/module/$P/parameters/enable; } 2> /dev/null; }
load $M hidden=6
load reloc-good later=1
enable $P
settled $P
target_value 6432
disable $P
retry 10 gone $SYSFS/$P || fail "it is still in sysfs"
retry 5 again || fail "it cannot be enabled again"
settled $P
retry 5 reaped || fail "something is not released"
pointee yes
target_value 6432
finish

begin "a patch reaches what is static in a module that is loaded later"
load reloc-good
settled $P
pointee no
load_target 6
logged "livepatch: applying patch '$P' to loading module '$M'"
disable $P
unload $P
target_value 1
finish

# Breaks if relocations are not cleared when the module is unloaded: they cannot
# be applied twice.
begin "a module is loaded and unloaded three times"
load $M hidden=2
load reloc-good
settled $P
target_value 2432
unload_target
logged "livepatch: reverting patch '$P' on unloading module '$M'"
load_target 3
unload_target
load_target 4
unload_target
vmlinux_patched 4711
not_logged "Invalid relocation target"
finish

# Breaks if relocations are applied after a callback that uses them, or cleared
# before one.
begin "callbacks use what is relocated, in every order of loading and unloading"
callbacks() {
	local callback
	for callback; do
		logged "test: $P: $callback finds 4"
	done
	forget
}
load $M
load reloc-good
settled $P
callbacks pre_patch post_patch
disable $P
unload $P
callbacks pre_unpatch post_unpatch
rmmod $M
load reloc-good
settled $P
load $M
callbacks pre_patch post_patch
rmmod $M
callbacks pre_unpatch post_unpatch
finish

# Breaks if relocations are cleared only if the module was loaded completely:
# init functions fail later than parameters do.
for how in "fail_init=1:No such device" "hidden=nonsense:$INVALID"; do
	begin "relocations are cleared when the module fails to load: ${how%:*}"
	load reloc-good
	settled $P
	for _ in 1 2; do
		load_fails $M "${how#*:}" "${how%:*}"
		logged "livepatch: applying patch '$P' to loading module '$M'" \
			"livepatch: reverting patch '$P' on unloading module '$M'"
		target_gone
		forget
	done
	load_target 5
	finish
done

# Breaks if a failure after the relocations does not undo them.
begin "relocations are cleared when a callback refuses the module"
load reloc-good refuse=-1
settled $P
load_fails $M "Operation not permitted"
logged "livepatch: pre-patch callback failed for object '$M'" "$REFUSED"
target_gone
echo 0 > /sys/module/$P/parameters/refuse
load_target 5
finish

# Breaks if only the patch that refuses is undone, not those before it.
begin "relocations of both patches are cleared when the second one refuses"
load reloc-good
settled $P
load reloc-second refuse=-1
settled ${P}_second
load_fails $M "Operation not permitted"
logged "livepatch: applying patch '$P' to loading module '$M'" \
	"livepatch: pre-patch callback failed for object '$M'" \
	"livepatch: patch '${P}_second' failed for module '$M', refusing to load module '$M'"
target_gone
pointee ${P}_second no
echo 0 > /sys/module/${P}_second/parameters/refuse
load_target 5
pointee ${P}_second yes
unload_target
pointee ${P}_second no
finish

# late FILE ERRNO-TEXT NUMBER LINE: a patch that is wrong for the module. While
# the module is loaded the patch is refused; otherwise the module is refused, as
# often as it is loaded, and nothing else.
late() {
	local file=reloc-$1 text=$2 number=$3 line=$4

	begin "refused because of a module that is loaded: ${file#reloc-}"
	load $M
	load_fails "$file" "$text"
	logged_once "$line"
	not_logged "Invalid relocation target"
	gone /sys/module/$P || fail "the patch module is still loaded"
	gone $SYSFS/$P || fail "the patch is in sysfs"
	target_value 1
	[ -n "$failed" ] || { load reloc-good; settled $P; target_value 7432; }
	finish

	begin "a module is refused because of ${file#reloc-}"
	load "$file"
	settled $P
	for _ in 1 2; do
		load_fails $M "$text"
		logged_once "$line"
		logged "livepatch: failed to initialize patch '$P' for module '$M' ($number)" \
			"$REFUSED"
		not_logged "Invalid relocation target"
		target_gone
		forget
	done
	vmlinux_patched 4711
	disable $P
	unload $P
	load $M
	target_value 1
	finish
}

late target-vmlinux "$INVALID" -22 \
	"livepatch: invalid access to vmlinux symbol 'klp_test_hidden' from module-specific livepatch relocation section"
late target-comma "$INVALID" -22 \
	"livepatch: symbol .klp.sym.$M.klp_target_twin has an incorrectly formatted name"
late target-unmarked "$INVALID" -22 \
	"livepatch: symbol .klp.sym.$M.klp_target_hidden,0 is not marked as a livepatch symbol"
late target-missing "$INVALID" -22 \
	"livepatch: symbol 'klp_target_missing' not found in symbol table"
late target-ambiguous "$INVALID" -22 \
	"livepatch: unresolvable ambiguity for symbol 'klp_target_twin' in object '$M'"
late target-position "$INVALID" -22 \
	"livepatch: symbol position 3 for symbol 'klp_target_twin' in object '$M' not found"
# Breaks if the first entry of the section, or the section before, stays applied
late target-overflow "$FORMAT" -8 "overflow in relocation type 10"

# Breaks if the sections before the one that fails stay applied.
begin "a module that lacks a symbol is refused, and then the right one accepted"
load reloc-good
settled $P
load_fails reloc-lacking "$INVALID"
logged "livepatch: symbol 'klp_target_pointee' not found in symbol table" \
	"livepatch: failed to initialize patch '$P' for module '$M' (-22)" "$REFUSED"
target_gone
load_target 5
finish

# Breaks if relocations stay applied when enabling fails.
begin "enabling fails after the relocations, and then succeeds"
load $M hidden=9
load reloc-good later=1 refuse=-1
echo 1 2> /tmp/out > /sys/module/$P/parameters/enable && fail "it is enabled"
grep -q "Operation not permitted" /tmp/out || fail "it says $(< /tmp/out)"
pointee no
target_value 1
echo 0 > /sys/module/$P/parameters/refuse
enable $P
settled $P
target_value 9432
finish

begin "a patch is enabled again, with the same module, and with it loaded again"
load $M hidden=9
load reloc-good
settled $P
disable $P
unloadable $P
enable $P
settled $P
target_value 9432
disable $P
unloadable $P
rmmod $M
pointee no
enable $P
settled $P
load_target 3
disable $P
unloadable $P
rmmod $M
load $M hidden=8
enable $P
settled $P
target_value 8432
not_logged "Invalid relocation target"
finish

# Breaks if the loader skips a section that the engine does not apply.
bad_section section-plain .rela.text

# Breaks if the module is loaded, and then relocated for vmlinux only.
refused no-mark "$INVALID" \
	"livepatch: module $P is not marked as a livepatch module, but has the section .klp.rela.vmlinux."

# Breaks if the flag alone makes a livepatch relocation section.
begin "the flag on a section without relocations does not matter"
load reloc-annobin-target hidden=6
target_value 1
load reloc-annobin
settled $P
target_value 6432
vmlinux_patched 4711
finish

# seen VALUE: what a parameter of the patch finds in the target
seen() { expect "what $P sees" "$(< /sys/module/$P/parameters/seen)" "$1"; }

# Breaks if relocations are cleared because the patch is not in force any more:
# its parameters, timers and exit function may still use them.
begin "a disabled patch keeps its relocations until the module is unloaded"
load $M hidden=6
load reloc-good
settled $P
seen 6
disable $P
unloadable $P
retry 5 reaped || fail "something is not released"
pointee yes
seen 6
echo 16 > $TARGET/hidden
seen 16
rmmod $M || fail "unloading $M"
pointee no
# A disabled patch is not applied to a loading module, but can be enabled for
# it.
load $M hidden=5
pointee no
retry 5 again || fail "it cannot be enabled again"
settled $P
target_value 5432
seen 5
not_logged "Invalid relocation target"
finish

begin "a replaced patch keeps its relocations until the module is unloaded"
load $M hidden=6
load reloc-good
settled $P
load test_klp_stack_b replace=1
settled test_klp_stack_b
unloadable $P
retry 5 reaped || fail "something is not released"
pointee yes
seen 6
target_value 1
rmmod $M || fail "unloading $M"
pointee no
load $M hidden=5
target_value 1
retry 5 again || fail "it cannot be enabled again"
settled $P
target_value 5432
finish

# Breaks if clearing relocations expects what they had filled in.
begin "a patch may change at run time what was relocated"
load $M hidden=6
load reloc-good
settled $P
own() {
	value /sys/module/$P/parameters/pointee
	filled_in=$value
	echo > /sys/module/$P/parameters/pointee
	is /sys/module/$P/parameters/pointee "$filled_in" && fail "it has not changed"
}
own
disable $P
unloadable $P
retry 5 reaped || fail "something is not released"
not_logged "Invalid relocation target"
is /sys/module/$P/parameters/pointee "$filled_in" && fail "it is as it was"
pointee yes
# Enabling the patch again relocates it again.
retry 5 again || fail "it cannot be enabled again"
settled $P
expect "pointee" "$(< /sys/module/$P/parameters/pointee)" "$filled_in"
target_value 6432
# The same for a module that is unloaded and loaded
own
rmmod $M || fail "unloading $M"
pointee no
load $M hidden=3
pointee yes
target_value 3432
not_logged "Invalid relocation target"
finish

# Breaks if the failure of another module or patch clears relocations.
begin "loading that fails leaves the relocations of a disabled patch alone"
load $M hidden=6
load reloc-good
settled $P
disable $P
unloadable $P
load_fails $M "File exists"
load_fails reloc-good "File exists"
load_fails reloc-second "Operation not permitted" refuse=-1
pointee yes
seen 6
rmmod $M || fail "unloading $M"
load_fails $M "No such device" fail_init=1
pointee no
load $M hidden=2
retry 5 again || fail "it cannot be enabled again"
settled $P
target_value 2432
not_logged "Invalid relocation target"
finish

plan
