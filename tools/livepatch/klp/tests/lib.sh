# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# What the parts of tests/run have in common.

# shellcheck disable=SC2034 # for tests/run
tests_run=0 tests_failed=0
failed=
root=
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
export LC_ALL=C TZ=UTC COLUMNS=80

# begin TITLE [TREE]: start a test, on a machine that tree_TREE makes; default: empty
begin() {
	title=$1 failed=
	root=$work/tree-${2-empty}
	[ -d "$root" ] || "tree_${2-empty}"
	cp -a "$root" "$work/machine$tests_run"
	root=$work/machine$tests_run
}

fail() {
	echo "# FAILED: $*" | sed '2,$s/^/# /'
	failed=1
}

finish() {
	tests_run=$((tests_run + 1))
	if [ -n "$failed" ]; then
		echo "not ok $tests_run - $title"
		tests_failed=$((tests_failed + 1))
	else
		echo "ok $tests_run - $title"
	fi
	# A job that has ended must not stay in bash's table: when its number comes again, bash
	# takes the new process for the old one, and waits for ever.
	jobs > /dev/null
	# The patches' kernels end when the folders are gone.
	rm -rf "$root" 2> /dev/null || rm -rf "$root"
}

expect() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1 is '$2', expected '$3'"
}

# same: replace what is different in each run
same() {
	sed -E "s|$root|ROOT|g; s|$work|WORK|g; s/[0-9]+\\.[0-9] s\\b/N s/g
		s/\"seconds\":( ?)[0-9.]+/\"seconds\":\\1N/g
		s/20[0-9-]{8}T[0-9:.]+Z/TIME/g; s/\"by\":( ?)\"[^\"]*\"/\"by\":\\1\"USER\"/
		s/^(loaded by: +)[^ -].*/\\1USER/"
}

# klp ARGUMENT...: run it on the machine; sets $out, $err and $status
klp() {
	[ -z "${before_klp-}" ] || "$before_klp" "$@"
	run "$klp" "$@"
}

# checked ARGUMENT...: the same with the sanitizers, which take their time
checked() {
	run "$sanitized" "$@"
}

run() { # PROGRAM ARGUMENT...
	local program=$1
	shift
	status=0
	"$program" --root "$root" "$@" > "$work/out" 2> "$work/err" < /dev/null ||
		status=$?
	out=$(< "$work/out")
	err=$(< "$work/err")
	case $err in
	*ERROR:*Sanitizer*|*runtime\ error:*) fail "klp $*: $err" ;;
	esac
}

# terminal ARGUMENT...: the same with a terminal; sets $out and $status
terminal() {
	status=0
	script -qec "$(printf '%q ' "$klp" --root "$root" "$@")" /dev/null \
		> "$work/out" < /dev/null || status=$?
	out=$(< "$work/out")
}

# golden NAME: compare all that the last command has written with tests/golden/NAME.txt
golden() {
	local file=$tests/golden/$1.txt
	{ echo "$out"; [ -z "$err" ] || echo "stderr: $err"; echo "status: $status"; } |
		same > "$work/golden"
	if [ -n "${UPDATE-}" ]; then
		cp "$work/golden" "$file"
	elif ! diff -u "$file" "$work/golden" > "$work/diff" 2>&1; then
		fail "$(< "$work/diff")"
	fi
}

# valid NAME: what the last command has written is JSON as the schema describes for NAME
valid() {
	echo "$out" > "$work/valid"
	validate is "$1" "$work/valid"
}

# validate COMMAND ARGUMENT...: see tests/validate
validate() {
	local answer IFS=$'\t'
	echo "$*" >&"${validator[1]}"
	read -r answer <&"${validator[0]}" || answer="validate has died"
	[ -z "$answer" ] || fail "$answer"
}

# says STATUS TEXT: the last command has failed in this way, with one line
says() {
	expect status "$status" "$1"
	[[ $err == *"$2"* ]] || fail "says '$err', expected '$2'"
	[[ $err != *$'\n'* ]] || fail "says more than a line: '$err'"
}

# make_modules: files that look like patch modules, below $work
make_modules() {
	make_module one 'livepatch=Y' 'name=one' 'description=Fixes one' 'version=1.0' \
		'fixes=CVE-2026-0001' 'fixes=a leak of one page' \
		'vermagic=6.12.0-test SMP' &&
	make_module two-two 'livepatch=Y' 'name=two_two' 'vermagic=6.12.0-test SMP' &&
	make_module plain 'name=plain' 'vermagic=6.12.0-test SMP' &&
	make_module old 'livepatch=Y' 'name=old' 'vermagic=5.0.0 SMP' &&
	mkdir "$work/newer" &&
	make_module newer/one 'livepatch=Y' 'name=one' 'version=1.1' 'vermagic=6.12.0-test SMP' &&
	echo "no ELF" > "$work/text.ko"
}

make_module() { # NAME FIELD...
	local name=$1 field id
	shift
	id=$(printf '%s' "$name" | od -An -tx1 | tr -d ' \n')$(printf '%.0s5' {1..40})
	for field; do
		printf '\t.asciz "%s"\n' "$field"
	done | { echo $'\t.section .modinfo,"a"'; cat; } > "$work/$name.s"
	$cc -c -o "$work/$name.o" "$work/$name.s" &&
	ld -r --build-id="0x${id:0:40}" -o "$work/$name.ko" "$work/$name.o"
}

# state PATCH: print enabled and transition
state() {
	local dir=$root/sys/kernel/livepatch/$1 enabled transition
	[ -d "$dir" ] || { echo gone; return; }
	# What klp has written ends without a newline.
	read -r enabled < "$dir/enabled"
	read -r transition < "$dir/transition"
	echo "$enabled $transition"
}

# files FOLDER: print the names of all files there
files() {
	(cd "$1" && find . -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)
}

# until_true COMMAND...: for at most 5 s
until_true() {
	local i
	for ((i = 0; i < 500; i++)); do
		! "$@" || return 0
		sleep 0.01
	done
	fail "not within 5 s: $*"
}
