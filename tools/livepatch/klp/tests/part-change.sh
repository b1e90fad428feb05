# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# Verbs that change something, against the kernel that tests/hooks/kernel plays.

begin "klp load --wait: enabled"
checked load "$work/one.ko" --wait --param a=1 --param b=2
golden load-wait
expect state "$(state one)" "1 0"
expect parameters "$(< "$root/control/inserted")" "$work/one.ko a=1 b=2"
klp show one
golden load-show
# Breaks if a note is shown without a look at which life of the module it is about.
cp -a "$root/sys/module/one" "$root/sys/module/other"
rm -r "$root/sys/module/one"
mv "$root/sys/module/other" "$root/sys/module/one"
klp -j show one
[[ $out == *'"loaded":null'* ]] || fail "shows who has loaded an earlier life: $out"
finish

begin "klp load without --wait says how far it is"
touch "$root/control/hold"
klp load "$work/one.ko"
golden load
klp -j load "$work/two-two.ko"
expect status "$status" 0
valid load
finish

begin "klp load: the patch's name is the module's, not the file's"
cp "$work/two-two.ko" "$work/renamed.ko"
klp -j load "$work/two-two.ko" --wait
[[ $out == *'"patch":"two_two"'* ]] || fail "$out"
finish

begin "klp load of several files, JSON"
checked -j load "$work/one.ko" "$work/two-two.ko"
golden load-two.json
valid load
expect states "$(state one), $(state two_two)" "1 0, 1 0"
finish

begin "klp load --replace unloads all others, the newest first"
klp load "$work/one.ko" --wait
klp load "$work/two-two.ko" --wait
sed 's/two_two/three/' "$work/two-two.s" > "$work/three.s"
make_module three 'livepatch=Y' 'name=three' 'vermagic=6.12.0-test SMP'
checked load "$work/three.ko" --replace
golden load-replace
expect states "$(state one), $(state two_two), $(state three)" "gone, gone, 1 0"
expect removed "$(xargs < "$root/control/removed")" "two_two one"
finish

# Breaks if the transition is not reversed, or its result not looked at.
for kind in ours stock; do
	begin "klp load --timeout --revert: reverted, $kind kernel"
	tasks_$kind
	touch "$root/control/hold"
	[ $kind = ours ] || touch "$root/control/stock"
	checked load "$work/one.ko" --timeout 1 --revert
	golden load-revert-$kind
	expect state "$(state one)" gone
	expect removed "$(< "$root/control/removed")" one
	klp -j load "$work/one.ko" --timeout 0.4 --revert
	expect status "$status" 4
	valid load
	klp metrics
	[[ $out == *'failures_total{kind="reverted"} 2'* ]] || fail "$out"
	finish
done

# Breaks if klp complains of a limit that came too late, or relies on it.
begin "klp load --timeout --revert: the kernel takes no limit any more"
touch "$root/control/late"
checked load "$work/one.ko" --timeout 5 --revert
expect status "$status" 0
expect err "$err" ""
klp unload one
touch "$root/control/hold"
klp load "$work/one.ko" --timeout 0.3 --revert
expect status "$status" 4
expect err "$err" ""
[[ $out == "one: reverted after "[01].* ]] || fail "klp has left it to the kernel: $out"
expect state "$(state one)" gone
finish

# Breaks if that counts as a patch that was refused.
begin "klp load: the kernel gives up to change all tasks at once"
echo "16 livepatch: 'one': patching is given up, blocked by dd/94 in function f+0x1/0x2" \
	> "$root/control/one.errno"
checked load "$work/one.ko"
golden load-given-up
klp -j load "$work/one.ko"
expect status "$status" 4
valid load
klp enable "$work/one.ko"
klp -j boot
expect status "$status" 1
[[ $out == *'"result":"reverted"'* ]] || fail "$out"
echo "125 nothing" > "$root/control/one.errno"
klp load "$work/one.ko"
says 4 "one.ko: was reverted by an administrator: see klp list"
klp metrics
[[ $out == *'failures_total{kind="reverted"} 4'* ]] || fail "$out"
finish

begin "klp load --timeout without --revert: not settled, and goes on"
tasks_ours
touch "$root/control/hold"
checked load "$work/one.ko" --timeout 0.3
golden load-timeout
expect state "$(state one)" "1 1"
klp wait one --timeout 0
expect status "$status" 1
klp wait --timeout 100ms
expect status "$status" 1
rm "$root/control/hold"
klp -j wait
expect status "$status" 0
valid wait
expect state "$(state one)" "1 0"
finish

# Breaks if the time of a wait is taken for that of the transition, or a later wait changes it.
begin "how long a transition took counts from its start"
touch "$root/control/hold"
klp load "$work/one.ko"
"$klp" --root "$root" wait one > "$work/wait" &
until_true grep -qs enabling "$work/wait"
rm "$root/control/hold"
wait $!
klp -j show one
[[ $out =~ \"transition_seconds\":([0-9]+)\. ]] && [ "${BASH_REMATCH[1]}" -ge 1 ] || fail "$out"
before=$out
klp wait one
klp -j show one
expect "what klp shows" "$out" "$before"
finish

# Breaks if what a slow look at the tasks has missed is reversed. With no time at all, klp looks
# at them once, when the time is over, and opening a FIFO waits for the test.
slow_look() { # FILE CONTROL STATE LAST-STATE ARGUMENT...
	local file=$1 control=$root/control/$2 state=$3 last=$4
	shift 4
	task 300 300 slow S 0
	rm -f "$root/proc/300/task/300/$file"
	mkfifo "$root/proc/300/task/300/$file"
	touch "$control"
	"$klp" --root "$root" "$@" > "$work/slow" 2>&1 &
	until_true eval '[ "$(state one)" = "$state" ]'
	sleep 0.3
	rm "$control"
	until_true eval '[ "$(state one)" = "$last" ]'
	timeout 5 sh -c 'echo 1 > "$1"' sh "$root/proc/300/task/300/$file" ||
		fail "klp has not looked"
	status=0
	wait $! || status=$?
}
begin "klp unload --timeout --revert: the patch is gone before it can be reverted"
mkdir -p "$root/proc/self"
: > "$root/proc/self/patch_blocker"
klp load "$work/one.ko" --wait
slow_look patch_blocker stuck "0 1" gone unload one --timeout 0 --revert
expect status "$status" 0
expect out "$(same < "$work/slow")" "one: unloaded after N s"
finish

begin "klp load --timeout --revert: the patch is enabled before it can be reverted"
touch "$root/control/stock"
slow_look patch_state hold "1 1" "1 0" load "$work/one.ko" --timeout 0 --revert
expect status "$status" 0
expect state "$(state one)" "1 0"
finish

# Breaks if a later transition, which klp has not started, is taken for the one that it has.
begin "the time of a transition that klp has not started is not known"
touch "$root/control/hold"
klp load "$work/one.ko"
rm "$root/control/hold"
until_true eval '[ "$(state one)" = "1 0" ]'
touch "$root/control/stuck"
echo 0 > "$root/sys/kernel/livepatch/one/enabled"
until_true eval '[ "$(state one)" = "0 1" ]'
klp -j blocked
[[ $out == *'"seconds":null'* ]] || fail "$out"
klp metrics
[[ $out != *"livepatch_transition_seconds{"* ]] || fail "$out"
rm "$root/control/stuck"
finish

# Breaks if the last of several waits decides, or a reversal counts as an end like any other.
begin "klp wait for all: a reversal is told by the exit status"
touch "$root/control/hold"
klp load "$work/one.ko"
{ sleep 0.3; klp reverse one; } &
klp wait
expect status "$status" 4
wait $!
finish

begin "klp load: a reversal that is stuck is not waited for without end"
touch "$root/control/hold" "$root/control/stuck"
klp -j load "$work/one.ko" --timeout 0.3 --revert
expect status "$status" 4
[[ $out == *'"result":"reverting"'* ]] || fail "$out"
valid load
finish

begin "klp load: the administrator reverses the transition meanwhile"
touch "$root/control/hold"
{ until_true test -d "$root/sys/kernel/livepatch/one"; sleep 0.2; klp reverse one; } &
klp load "$work/one.ko" --wait
expect status "$status" 4
expect state "$(state one)" gone
wait $!
finish

begin "klp load on a terminal shows a bar"
tasks_ours
touch "$root/control/hold"
terminal load "$work/one.ko" --timeout 0.6
expect status "$status" 1
[[ $out == *$'\r\e[Kone: enabling: [############........] 5/8 tasks switched, '* ]] ||
	fail "no bar: $out"
[[ $out == *', waiting for 100 '* ]] || fail "names no task: $out"
while IFS= read -rd $'\r' line; do
	line=${line#$'\e[K'}
	[ ${#line} -le 79 ] || fail "a line has ${#line} characters: $line"
done <<< "${out%$'\r'*$'\r'*}"
finish

begin "klp wait without a terminal prints a line a second"
tasks_ours
touch "$root/control/hold"
klp load "$work/one.ko" --timeout 2.5
expect lines "$(grep -c '^one: enabling: 5/8 tasks switched, .*waiting for 100 ' <<< "$out")" 2
finish

begin "klp unload: disabled and unloaded"
klp load "$work/one.ko" --wait
checked unload one
golden unload
expect state "$(state one)" gone
expect removed "$(< "$root/control/removed")" one
[ ! -e "$root/run/livepatch/one.json" ] || fail "the note is still there"
klp unload one
says 3 "there is no such patch: see klp list"
finish

begin "klp unload --timeout --revert: enabled again"
klp load "$work/one.ko" --wait
touch "$root/control/stuck"
checked -j unload one --timeout 0.3 --revert
golden unload-revert.json
valid unload
until_true eval '[ "$(state one)" = "1 0" ]'
rm "$root/control/stuck"
klp unload one --timeout 5
expect status "$status" 0
finish

begin "klp unload: a task stays in the module's code"
klp load "$work/one.ko" --wait
touch "$root/control/leave"
klp unload one --timeout 0.3
expect status "$status" 1
expect out "$(same <<< "$out")" "one: disabled after N s"
finish

begin "klp unload after a force: the module stays"
klp load "$work/one.ko" --wait
touch "$root/control/forced"
klp unload one
says 3 "one: the module is in use: see lsmod; after a force, reboot"
# A second attempt finds the module without a patch.
rm "$root/control/forced"
klp unload one
expect status "$status" 0
finish

begin "klp reverse"
klp load "$work/one.ko" --wait
klp reverse one
says 3 "one: the patch is not in transition, but enabled: see klp list"
klp unload one
touch "$root/control/hold"
klp load "$work/one.ko"
checked -j reverse one --wait
golden reverse.json
valid reverse
expect state "$(state one)" gone
finish

# Breaks if a patch without a folder counts as none.
begin "a patch that was reversed is shown while its module is loaded"
touch "$root/control/hold"
klp load "$work/one.ko"
checked reverse one --wait
expect state "$(state one)" gone
checked list
[[ $out == *$'\none    disabled '* ]] || fail "$out"
checked -j list
valid list
checked show one
[[ $out == *$'\nstate:           disabled\n'* ]] || fail "$out"
klp -j show one
valid show
for patch in '' one; do
	# shellcheck disable=SC2086 # nothing or a word
	klp verify $patch
	expect "status of verify $patch" "$status" 1
	expect out "$out" "one: disabled"
done
klp -j verify
valid verify
klp metrics
[[ $out == *'patch_state{patch="one",state="disabled"} 1'* ]] || fail "$out"
klp unload one
klp list
expect out "$out" "there are no patches"
finish

# Breaks if a patch that was replaced counts as a fix that is not in effect, or any disabled one
# counts as replaced.
begin "klp verify: a patch that a cumulative one has replaced"
module one 1111111111111111111111111111111111111111
patch two_two 1 0 1
module two_two 2222222222222222222222222222222222222222
func two_two vmlinux 1 meminfo_proc_show,1 active
klp verify
expect "status beside a patch that is not cumulative" "$status" 1
put sys/kernel/livepatch/two_two/replace 1
checked verify
expect status "$status" 0
[[ $out == "one: disabled"$'\n'* ]] || fail "$out"
klp verify --strict
expect "status with --strict" "$status" 1
klp verify one
expect "status of one" "$status" 1
put sys/kernel/livepatch/two_two/transition 1
klp verify
expect "status in transition" "$status" 1
put sys/kernel/livepatch/two_two/transition 0
patch one 0 0 2
put sys/kernel/livepatch/one/replace 0
func one vmlinux 1 meminfo_proc_show,1 "returns to original in two_two's transition"
klp verify
expect "status with a folder" "$status" 0
rm "$root"/sys/kernel/livepatch/*/replace
klp verify
expect "status if the kernel does not tell" "$status" 5
finish

begin "klp force says what it costs, and wants --yes"
touch "$root/control/hold"
klp load "$work/one.ko"
klp force one
says 2 "force can corrupt data or hang the machine"
[[ $err == *"add --yes" ]] || fail "$err"
expect state "$(state one)" "1 1"
checked -j force one --yes
golden force.json
valid force
expect state "$(state one)" "1 0"
klp force one --yes
says 3 "one: the patch is not in transition, but enabled: see klp list"
finish
