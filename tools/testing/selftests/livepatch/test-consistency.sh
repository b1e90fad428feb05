#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No task ever calls functions of both universes. klp_hammer watches over that
# with two functions that belong together.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

ROUNDS=${ROUNDS-50}
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# hammer NUMBER: so many processes call them all the time
hammer() {
	: > "$OUT"
	background "$HERE/klp_hammer" "$1" > "$OUT"
	hammer=$!
}

# result: sets $calls and $bad
result() {
	kill -TERM "$hammer"
	wait "$hammer" || fail "klp_hammer has failed: $?"
	read -r calls bad < "$OUT"
	diag "$calls calls, $bad inconsistent"
	[ "${calls:-0}" -gt 0 ] || fail "no calls were made"
}

# Breaks if tasks are switched one function at a time, while they run in one of
# them, or before the targets are in place.
begin "$ROUNDS times on and off: no call is inconsistent"
hammer 2
load test_klp_pair later=1
done=0
while [ $done -lt $ROUNDS ] && [ -z "$failed" ]; do
	enable test_klp_pair
	settled test_klp_pair
	disable test_klp_pair
	unloadable test_klp_pair
	done=$((done + 1))
done
result
expect "number of rounds" $done $ROUNDS
expect "number of inconsistent calls" "$bad" 0
finish

# Breaks if the watcher is blind: then the test above proves nothing.
begin "half a patch is noticed"
hammer 2
load test_klp_half
settled test_klp_half
sleep 0.05
disable test_klp_half
unload test_klp_half
result
[ "$bad" -gt 0 ] || fail "nothing was noticed"
[ "$bad" -lt "$calls" ] || fail "all calls are called inconsistent"
finish

plan
