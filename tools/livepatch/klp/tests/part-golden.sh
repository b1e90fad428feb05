# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# What each verb that only shows something prints, on several machines.

verbs=(list "show alpha" "show gamma" blocked "blocked alpha" "blocked --stack" verify
	"verify alpha" "verify --strict" "boot --list")
for tree in ours stock good empty; do
	for verb in "${verbs[@]}"; do
		# shellcheck disable=SC2206 # words
		words=($verb)
		name=${verb// /-}
		name=$tree-${name//--/-}
		begin "klp $verb: $tree" $tree
		checked "${words[@]}"
		golden "$name"
		text=$out$err
		terminal "${words[@]}"
		expect "output on a terminal" "${out//$'\r'/}" "$text"
		checked -j "${words[@]}"
		golden "$name.json"
		what=${words[0]}
		[ "$verb" != "boot --list" ] || what=$verb
		[[ $out != '{"error"'* ]] || what=error
		valid "$what"
		echo "$out" > "$work/json"
		klp -p "${words[@]}"
		validate same "$work/json" "$work/out"
		[[ $out == *$'\n'* || $out == "[]" ]] || fail "pretty JSON has one line"
		finish
	done
	begin "klp metrics: $tree" $tree
	checked metrics
	golden $tree-metrics
	finish
done

begin "klp list, metrics, monitor and load: a kernel without live patching" none
klp list
golden none-list
klp metrics
golden none-metrics
klp monitor
says 3 "there is no such folder: boot a kernel with live patching"
klp load "$work/one.ko"
says 3 "there is no such folder: boot a kernel with live patching"
finish
