#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# No task ever calls functions of both universes. klp_hammer checks that with
# two functions that belong together.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

ROUNDS=${ROUNDS-50}
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# Breaks if tasks are switched one function at a time, while they run in one of
# them, or before the targets are in place.
begin "no call is inconsistent while a patch is enabled and disabled $ROUNDS times"
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
hammered
expect "number of rounds" $done $ROUNDS
expect "number of inconsistent calls" "$bad" 0
finish

# Breaks if klp_hammer does not see inconsistent calls: then the test above
# proves nothing.
begin "klp_hammer notices half a patch"
hammer 2
load test_klp_half
settled test_klp_half
sleep 0.05
disable test_klp_half
unload test_klp_half
hammered
[ "$bad" -gt 0 ] || fail "nothing was noticed"
[ "$bad" -lt "$calls" ] || fail "all calls are called inconsistent"
finish

# The first function takes most of the time, and jumps to the second one. A task
# that is found in the first one may try to switch at the next function that it
# enters, which is the second one, with nothing of the first one on its stack.
# Breaks if the task switches there. It is found in the second one now and then, so
# that one round could miss that.
begin "a task does not switch in the middle of two functions, one jumping to the other"
calls() { ! is $TESTFS/jump_calls "$1"; }
for _ in 1 2 3; do
	value $TESTFS/jump_calls
	background taskset -c 1 cat $TESTFS/jump
	caller=$!
	retry 2 calls "$value" || fail "the functions are not called"
	before=$(counter switched_by_entry)
	load test_klp_jump
	settled test_klp_jump 5
	expect "number of tasks switched by entering a function" \
		"$(($(counter switched_by_entry) - before))" 1
	disable test_klp_jump
	settled test_klp_jump 5
	# Stop the task first: nothing is freed while a task never sleeps.
	kill $caller || fail "the caller has ended"
	unload test_klp_jump
done
expect "number of inconsistent calls" "$(< $TESTFS/jump_bad)" 0
finish

plan
