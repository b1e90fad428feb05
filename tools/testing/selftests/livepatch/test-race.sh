#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A module is loaded and unloaded, again and again, while three patches of it
# are enabled, disabled, reversed and replaced.
#
# Environment: RACE_ROUNDS	rounds of loading and unloading (default 20)
#              SEED	of the random choice of operations; the same seed
#			repeats a run, as far as the machine does

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

rounds=${RACE_ROUNDS:-20}
RANDOM=${SEED:=$RANDOM}
PATCHES=(test_klp_module_a test_klp_module_b test_klp_module_c)
T=test_klp_target

# load_and_unload: load and unload the module, and check its value in between
load_and_unload() {
	local round value
	for ((round = 0; round < rounds; round++)); do
		insmod "$MODULES/$T.ko" || { echo "loading failed"; return; }
		for _ in {1..20}; do
			value /sys/module/$T/parameters/value
			case $value in
			1|11|22|33) ;;
			*) echo "the value is '$value'"; return ;;
			esac
		done
		rmmod $T || { echo "unloading failed"; return; }
	done
	echo "done"
}

# operate MODULE WHAT: one operation on a patch. A patch in transition is
# reversed, an enabled patch is disabled, and a disabled patch is enabled, which
# counts as WHAT.
operate() {
	local mod=$1 what=$2
	if [ ! -e "$SYSFS/$mod" ]; then
		is "/sys/module/$mod/refcnt" 0 || return
		echo 1 > "/sys/module/$mod/parameters/enable" || return
	elif is "$SYSFS/$mod/transition" 1; then
		what=reversed
		value "$SYSFS/$mod/enabled"
		echo $((1 - value)) > "$SYSFS/$mod/enabled" || return
	else
		what=disabled
		echo 0 > "$SYSFS/$mod/enabled" || return
	fi
	did[$what]=$((${did[$what]} + 1))
} 2> /dev/null

# Breaks, on a kernel with debugging, if klp_mutex is not held where a module is
# loaded or unloaded, or if a patch or a module is used after it has been freed.
begin "$rounds rounds of loading and unloading a module while it is patched"
diag "SEED=$SEED"
declare -A did=([enabled]=0 [replaced]=0 [reversed]=0 [disabled]=0)
load "${PATCHES[0]}" later=1
load "${PATCHES[1]}" later=1
load "${PATCHES[2]}" later=1 replace=1
result=$(mktemp)
load_and_unload > "$result" 2>&1 &
loader=$!
while kill -0 $loader 2> /dev/null; do
	mod=${PATCHES[RANDOM % 3]}
	what=enabled
	[ "$mod" != "${PATCHES[2]}" ] || what=replaced
	operate "$mod" $what
	# Now and then a sleeper blocks the transition for a while.
	case $((RANDOM % 8)) in
	0) background dd if=$TESTFS/sleep of=/dev/null bs=1 count=1 status=none ;;
	1|2) echo > $TESTFS/sleep ;;
	*) pause "0.00$((RANDOM % 10))" ;;
	esac
done
expect "the loader" "$(< "$result")" "done"
rm "$result"
for what in "${!did[@]}"; do
	diag "${did[$what]} times $what"
	[ "${did[$what]}" -gt 0 ] || fail "never $what"
done
finish

begin "no function is patched after the race"
expect "functions in ftrace" "$(< $TRACEFS/enabled_functions)" ""
load $T
expect "value" "$(< /sys/module/$T/parameters/value)" 1
finish

plan
