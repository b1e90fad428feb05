# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# klp is killed before each of its system calls, one after the other. Then the same command has to
# do what it would have done.

# killed SETUP CHECK ARGUMENT...: run the command, killed at each point. SETUP makes the machine
# ready, and CHECK looks at the result of the second command.
killed() {
	local setup=$1 check=$2 at kills=0 clean
	shift 2
	clean=$root
	for ((at = 1; ; at += step)); do
		root=$clean.$at
		cp -a "$clean" "$root"
		$setup
		if "$work/kill_at" "$at" "$klp" --root "$root" "$@" > /dev/null 2>&1; then
			kills=$((kills + 1))
		else
			rm -rf "$root"
			break
		fi
		# The kernel keeps a process until its system call is done. A program goes on.
		until_true eval '! pgrep -f -- "$root/" > /dev/null'
		# Whatever has been left, others can read it.
		klp boot --list
		expect "status of boot --list after call $at" "$status" 0
		klp "$@"
		$check "$at"
		rm -rf "$root" 2> /dev/null || rm -rf "$root"
		[ -z "$failed" ] || break
	done
	root=$clean
	echo "# killed $kills times"
	[ $((kills * step)) -gt 20 ] || fail "killed $kills times only"
}

# Each system call, or with KILL_STEP=n each n-th one
step=${KILL_STEP:-1}
nothing() { :; }
no_rest() { # AT
	local rest
	rest=$(cd "$root" && find run var -name '*.new' 2> /dev/null)
	[ -z "$rest" ] || fail "after call $1 there is $rest"
}

# only_copy AT FILE: the list has one patch, whose file is a copy of FILE, and there is no other
only_copy() {
	local set=$root/var/lib/livepatch/6.12.0-test copy
	copy=$(sed -n 's/.*"file": "\(.*\)".*/\1/p' "$set/set.json")
	expect "files after call $1" "$(files "$set")" \
		"$(printf '%s\n' "$copy" set.json | sort | xargs)"
	cmp -s "$2" "$set/$copy" || fail "the copy differs after call $1"
}

begin "klp enable is killed"
enabled() {
	expect "status after call $1" "$status" 0
	only_copy "$1" "$work/one.ko"
}
killed nothing enabled enable "$work/one.ko"
finish

# Breaks if the copy that the list names is overwritten.
begin "klp enable of a newer build is killed"
older_enabled() { cp -a "$work/older-set" "$root/var"; }
klp enable "$work/one.ko"
mv "$root/var" "$work/older-set"
boots() {
	[ "$1" = enable ] || return
	"$klp" --root "$root" boot > /dev/null 2> "$work/err" || fail "boot: $(< "$work/err")"
}
newer() {
	expect "status after call $1" "$status" 0
	only_copy "$1" "$work/newer/one.ko"
}
before_klp=boots
killed older_enabled newer enable "$work/newer/one.ko"
before_klp=
klp enable "$work/one.ko"
older_enabled
klp enable "$work/newer/one.ko"
klp enable "$work/one.ko"
expect files "$(files "$root/var/lib/livepatch/6.12.0-test")" "one.ko set.json"
finish

begin "klp disable is killed"
two_enabled() { cp -a "$work/two-set" "$root/var"; }
klp enable "$work/one.ko"
klp enable "$work/two-two.ko"
mv "$root/var" "$work/two-set"
disabled() {
	# The first one may have done it.
	[[ $status == 0 || ($status == 3 && $err == *"is not applied at boot"*) ]] ||
		fail "status $status after call $1: $err"
	klp enable "$work/two-two.ko"
	only_copy "$1" "$work/two-two.ko"
}
killed two_enabled disabled disable one
finish

begin "klp boot is killed"
booted() {
	expect "status after call $1: $err" "$status" 0
	expect "states after call $1" "$(state one), $(state two_two)" "1 0, 1 0"
	[ ! -e "$root/var/lib/livepatch/6.12.0-test/booting" ] ||
		fail "the mark is still there after call $1"
	# The second boot has had nothing to write in /run if the first one has come far.
	klp unload one
	no_rest "$1"
}
killed two_enabled booted boot
finish

begin "klp boot is killed by a machine that goes down"
after_reboot() {
	# The command has run for the second time, in the next boot.
	local failed_ones
	[[ $status == 0 || $status == 1 ]] || fail "status $status after call $1: $err"
	failed_ones=$(grep -c '"failed": "' "$root/var/lib/livepatch/6.12.0-test/set.json")
	# At most the patch that was being applied
	[ "$failed_ones" -le 1 ] || fail "$failed_ones patches have failed after call $1"
	expect "status after call $1" "$status" "$failed_ones"
	no_rest "$1"
}
new_boot() {
	two_enabled
	put proc/sys/kernel/random/boot_id first-boot
}
# The second command finds another boot, and nothing loaded.
go_down() {
	[ "$*" = boot ] || return
	rm -rf "$root"/run/* "$root"/sys/module/{one,two_two} \
		"$root"/sys/kernel/livepatch/{one,two_two} 2> /dev/null
	put proc/sys/kernel/random/boot_id second-boot
}
before_klp=go_down
killed new_boot after_reboot boot
before_klp=
finish

begin "klp load --wait is killed"
loaded() {
	# The module is loaded already if klp has come so far.
	[[ $status == 0 || ($status == 3 && $err == *" already: run klp unload one first") ]] ||
		fail "status $status after call $1: $err"
	until_true test -d "$root/sys/kernel/livepatch/one"
	klp wait one
	expect "state after call $1" "$(state one)" "1 0"
	klp unload one
	expect "status of unload after call $1: $err" "$status" 0
	no_rest "$1"
}
killed nothing loaded load "$work/one.ko" --wait
finish

begin "klp metrics --output is killed"
collector() {
	mkdir "$root/collector"
	ln -sfn "$root/collector" "$work/collector"
	echo old > "$root/collector/klp.prom"
	echo half > "$root/collector/.others.prom.new"
}
written() {
	expect "status after call $1: $err" "$status" 0
	expect "files after call $1" "$(files "$root/collector")" ".others.prom.new klp.prom"
	grep -q '^livepatch_supported 1$' "$root/collector/klp.prom" ||
		fail "the file is wrong after call $1"
}
killed collector written metrics --output "$work/collector/klp.prom"
finish
