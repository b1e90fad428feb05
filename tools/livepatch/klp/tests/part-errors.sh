# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# Errors: one line each, with what, where and what to do.

begin "wrong usage"
while IFS='|' read -r words text; do
	# shellcheck disable=SC2086 # words
	klp $words
	says 2 "$text"
	[[ -z $out || $words == *-j* ]] || fail "klp $words prints '$out'"
done << 'END'
|what is to be done? see klp help
nonsense|'nonsense': is not a verb: see klp help
-x list|'-x': is not an option: see klp help
list extra|'extra': list takes no patch
list --wrong|'--wrong': is no option of this verb: see klp help list
show|show: lacks a patch: see klp help show
show a b|'b': is one word too many: see klp help show
load|load: lacks a file: see klp help load
load x --timeout|'--timeout': lacks its value: see klp help load
load x --timeout soon|--timeout soon: is not a time
load x --timeout -1|--timeout -1: is not a time
load x --timeout 5h|--timeout 5h: is not a time
load x --timeout 99999999|--timeout 99999999: is not a time
load x --timeout nan|--timeout nan: is not a time
load x --revert|--revert: when? give --timeout, too
load x --param a|--param a: is not of the form NAME=VALUE
unload|unload: lacks a patch
unload x --yes|'--yes': is no option of this verb
force x --timeout 1|is no option of this verb
wait a b|'b': is one word too many
monitor x|'x': monitor takes no patch
monitor --count 0|--count 0: is not a number from 1
monitor --interval 0|--interval 0: is too short or too long
monitor --interval 40000m|--interval 40000m: is too short or too long
monitor --interval x|--interval x: is not a time
metrics x|'x': metrics takes no patch
metrics -j|metrics: have a format of their own
enable|enable: lacks a patch
disable|disable: lacks a patch
disable x --all|'x': is one word too many beside --all
boot x|'x': boot takes no patch
help nonsense|'nonsense': is not a verb
END
finish

begin "files that are no patches"
while IFS='|' read -r words text; do
	# shellcheck disable=SC2086 # words
	(cd "$work" && klp $words
	says 3 "$text"
	[ -z "$failed" ]) || failed=1
done << 'END'
load none.ko|none.ko: cannot be opened: No such file or directory: give the path of a module's file
load text.ko|text.ko: is not a module
load plain.ko|plain.ko: is not a live patch: load it with insmod or modprobe
load .|.: is not a module
enable none.ko|none.ko: cannot be opened
enable text.ko|text.ko: is not a module
enable plain.ko|plain.ko: is not a live patch
enable old.ko|old.ko: was built for kernel 5.0.0, not for 6.12.0-test: get the patch for this kernel
enable one.ko --kernel 6.13|one.ko: was built for kernel 6.12.0-test, not for 6.13
disable one --kernel ../x|'../x': is not the release of a kernel: see uname -r
disable none|none: is not applied at boot of kernel 6.12.0-test: see klp boot --list
show none|/sys/kernel/livepatch/none: there is no such patch: see klp list
show ../..|there is no such patch
unload ..|there is no such patch
reverse none|there is no such patch
force none --yes|there is no such patch
wait none|there is no such patch
blocked none|there is no such patch
verify none|there is no such patch
metrics --output none/x|none/: there is no such folder: make it first
metrics --output .|.: is a folder: give the path of a file
metrics --output /tmp/|/tmp/: is a folder: give the path of a file
END
finish

begin "the kernel refuses a patch"
while IFS='|' read -r errno line text; do
	echo "$errno $line" > "$root/control/one.errno"
	klp load "$work/one.ko"
	says 3 "$text"
done << 'END'
22|livepatch: symbol 'f' not found in symbol table|one.ko: was refused: Invalid argument (livepatch: symbol 'f' not found in symbol table): get the patch for this kernel
8|one: version magic '5' should be '6'|one.ko: was refused: Exec format error (one: version magic '5' should be '6'): boot a kernel
1|lockdown: no|one.ko: was refused: Operation not permitted: run klp as root, or sign the module
16|nothing|one.ko: was refused: Device or resource busy: end what else redirects a function
12|nothing|one.ko: was refused: Cannot allocate memory: try again
17|nothing|one.ko: was refused: File exists: somebody else has just loaded it: see klp list
19|nothing|one.ko: was refused: No such device: boot a kernel with live patching
99|nothing|one.ko: was refused: Cannot assign requested address: see the kernel's log
END
klp metrics
[[ $out == *'failures_total{kind="load"} 8'* ]] || fail "$out"
rm "$root/control/one.errno"
klp load "$work/one.ko" --wait
klp load "$work/one.ko"
says 3 "one.ko: patch 'one' exists already: run klp unload one first"
touch "$root/control/hold"
klp load "$work/two-two.ko"
echo "16 nothing" > "$root/control/old.errno"
klp load "$work/old.ko"
says 3 "old.ko: was refused: patch 'two_two' is in transition: run klp wait two_two first"
finish

# Breaks if any module that is loaded counts as a patch without a folder.
begin "klp unload does not unload what is no patch"
module loop dddddddddddddddddddddddddddddddddddddddd '' O
klp unload loop
says 3 "/sys/kernel/livepatch/loop: there is no such patch: see klp list"
[ -d "$root/sys/module/loop" ] || fail "the module is unloaded"
klp show loop
says 3 "/sys/kernel/livepatch/loop: there is no such patch: see klp list"
module one dddddddddddddddddddddddddddddddddddddddd '' O
klp load "$work/one.ko"
says 3 "one.ko: module 'one' is loaded already: run rmmod one first"
finish

# Breaks if what cannot be read counts as nothing, or keeps all other samples back.
begin "metrics of what cannot be read"
klp enable "$work/one.ko"
mkdir "$root/run/livepatch"
echo '{"load": 1' > "$root/run/livepatch/failures"
klp metrics
says 3 "$root/run/livepatch/failures: is not what klp writes there: restore or remove the file"
[[ $out != *livepatch_failures_total* && $out == *'boot_patches{state="enabled"} 1'* ]] || fail "$out"
echo '{"load": 1}' > "$root/run/livepatch/failures"
echo '[]' > "$root/var/lib/livepatch/6.12.0-test/set.json"
klp metrics --output "$work/metrics.prom"
says 3 "set.json: is not what klp writes there"
out=$(< "$work/metrics.prom")
[[ $out == *'failures_total{kind="load"} 1'* && $out != *livepatch_boot_patches* ]] || fail "$out"
chmod 755 "$work" "$root"
chmod 700 "$root/run/livepatch"
out=$(setpriv --reuid 65534 --clear-groups "$klp" --root "$root" metrics 2>&1) || fail "status $?"
[[ $out != *livepatch_failures_total* && $out == *'livepatch_supported 1'* ]] || fail "$out"
klp metrics --output ''
says 2 "--output '': is not the name of a file: give one"
finish

begin "errors in JSON"
klp -j show none
says 3 "there is no such patch"
valid error
klp -j list --wrong
says 2 "is no option"
valid error
klp list -j
expect out "$out" "[]"
klp list -p
expect out "$out" "["$'\n'"]"
finish

begin "who is not root is told so" ours
chmod 755 "$work" "$root"
chmod 400 "$root"/proc/*/task/*/patch_blocker
status=0
err=
out=$(setpriv --reuid 65534 --clear-groups "$klp" --root "$root" blocked 2>&1) || status=$?
expect status "$status" 0
[[ $out == "gamma: enabling, 8 tasks pending, 11 that only root may look at" ]] || fail "$out"
out=$(setpriv --reuid 65534 --clear-groups "$klp" --root "$root" -j blocked 2>&1)
valid blocked
out=$(setpriv --reuid 65534 --clear-groups "$klp" --root "$root" reverse gamma 2>&1) &&
	fail "reverse succeeds"
[[ $out == *"enabled: cannot write 0: Permission denied: run klp as root" ]] || fail "$out"
out=$(setpriv --reuid 65534 --clear-groups "$klp" --root "$root" enable "$work/one.ko" 2>&1) &&
	fail "enable succeeds"
[[ $out == *"cannot make the folder: Permission denied: run klp as root" ]] || fail "$out"
finish

# Breaks if names go out as they are: any user can choose the name of a task.
begin "names that are not UTF-8, or control a terminal" ours
task 910 910 $'caf\xe9' S 0 'function pipe_read+0x1c5/0x380'
task 911 911 $'cut\xc3' S 0 'function pipe_read+0x1c5/0x380'
task 912 912 $'csi\xc2\x9b31m' S 0 'function pipe_read+0x1c5/0x380'
task 913 913 $'na\xc3\xafve' S 0 'function pipe_read+0x1c5/0x380'
put sys/module/alpha/version $'1.\xff'
checked -j blocked
valid blocked
[[ $out == *'"comm":"caf?"'*'"comm":"cut?"'*'"comm":"csi??31m"'*$'"comm":"na\xc3\xafve"'* ]] ||
	fail "$out"
klp -j list
valid list
[[ $out == *'"version":"1.?"'* ]] || fail "$out"
klp metrics
[[ $out == *'version="1.?"'* ]] || fail "$out"
finish

begin "output that cannot be written is an error"
out=$("$klp" --root "$root" help 2>&1 > /dev/full) && fail "it succeeds"
[[ $out == "klp: standard output: cannot be written: "* ]] || fail "$out"
finish

begin "tasks that exit meanwhile are no errors" ours
mkdir "$root/proc/950" "$root/proc/951" "$root/proc/951/task" "$root/proc/951/task/951"
: > "$root/proc/951/task/951/patch_blocker"
rm "$root/proc/100/task/100/stat"
klp blocked
expect status "$status" 0
expect err "$err" ""
grep -q '^ *100   *?  ' <<< "$out" || fail "$out"
finish
