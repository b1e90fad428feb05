#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What each consistency model promises, and that the promise is tested: each hammer
# finds calls that are inconsistent with a weaker model, and with a variant of each model
# that has been broken on purpose.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

ROUNDS=${ROUNDS-8}
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT
DELAY=/proc/sys/kernel/livepatch_signal_delay_ms
read -r usual < $DELAY
echo 500 > $DELAY

MODELS=(task immediate task-exit system system-frozen)
# slow: a function calls another one twice; handover: tasks hand on a value; twice:
# one system call calls a function twice. See kernel/livepatch/tests/test_models.c.
HAMMERS=(slow handover twice)

# Which hammers must find nothing
declare -A HOLDS=(
	[task]="slow"
	[immediate]=""
	[task-exit]="slow twice"
	[system]="slow handover"
	[system-frozen]="slow handover twice"
)
# Which hammers show that the model is weaker than another one
declare -A CATCHES=(
	[task]="handover twice"
	[immediate]="slow twice"
	[task-exit]="handover"
	[system]="twice"
	[system-frozen]=""
)
declare -A FOUND

# strike MODEL HAMMER: enable and disable a patch many times; sets $bad
strike() {
	local number=$1 file=$2 round transitions=0
	hammer 4 "$file"
	load test_klp_model later=1 consistency="$number"
	for ((round = 0; round < ROUNDS; round++)); do
		retry 5 try enable test_klp_model || break
		settled test_klp_model 10
		# So long that a system call is both begun and ended
		pause 0.02
		retry 5 try disable test_klp_model || break
		retry 10 gone $SYSFS/test_klp_model || break
		retry 2 is /sys/module/test_klp_model/refcnt 0 || break
		transitions=$((transitions + 2))
	done
	hammered
	unload test_klp_model
	expect "number of transitions" $transitions $((2 * ROUNDS))
	# Each transition changes the value once.
	[ "$file" != handover ] || bad=$((bad > transitions ? bad - transitions : 0))
}

# try COMMAND MODULE: with some models it may fail for some time
try() {
	case $1 in
	enable) echo 1 > "/sys/module/$2/parameters/enable" ;;
	disable) echo 0 > "$SYSFS/$2/enabled" ;;
	esac 2> /dev/null
}

for ((number = 0; number < ${#MODELS[@]}; number++)); do
	model=${MODELS[number]}
	begin "$model keeps its promise, and no more than that"
	for file in "${HAMMERS[@]}"; do
		strike $number "$file"
		FOUND[$model $file]=$bad
		[[ " ${HOLDS[$model]} " != *" $file "* ]] || [ "$bad" -eq 0 ] ||
			fail "$file: $bad inconsistent calls"
		[[ " ${CATCHES[$model]} " != *" $file "* ]] || [ "$bad" -gt 0 ] ||
			fail "$file: notices nothing"
	done
	finish
done

if [ -d $INJECT ]; then
	for variant in "task klp_ranges_find 0 slow" \
		"task-exit klp_judge_anywhere 1 twice" \
		"system klp_ranges_find 0 slow" \
		"system-frozen klp_judge_anywhere 1 twice"; do
		read -r model function value file <<< "$variant"
		for ((number = 0; number < ${#MODELS[@]}; number++)); do
			[ "${MODELS[number]}" != "$model" ] || break
		done
		begin "$model with a broken $function is noticed"
		inject "$function" "$value"
		strike $number "$file"
		inject_nothing
		FOUND[broken $model $file]=$bad
		[ "$bad" -gt 0 ] || fail "$file: notices nothing"
		finish
	done
else
	skip "models that are broken on purpose are noticed" "no error injection in this kernel"
fi

diag "inconsistent calls           ${HAMMERS[*]}"
for model in "${MODELS[@]}" "broken task" "broken task-exit" "broken system" \
	"broken system-frozen"; do
	line=$(printf '%-22s' "$model")
	for file in "${HAMMERS[@]}"; do
		line+=$(printf '%12s' "${FOUND[$model $file]--}")
	done
	diag "$line"
done
echo "$usual" > $DELAY
plan
