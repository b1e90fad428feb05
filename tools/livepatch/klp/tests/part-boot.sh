# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# The set of patches applied at boot.

set_dir() { echo "$root/var/lib/livepatch/6.12.0-test"; }

# reboot: the machine goes down, with all that is loaded
reboot() {
	rm -rf "$root"/run/* "$root"/sys/module/{one,two_two} \
		"$root"/sys/kernel/livepatch/{one,two_two} 2> /dev/null
	put proc/sys/kernel/random/boot_id "${1:-second-boot}"
}

begin "klp enable, boot, disable"
klp boot
golden boot-nothing
checked enable "$work/one.ko"
golden enable
klp -j enable "$work/two-two.ko"
valid enable
klp boot --list
golden boot-list
klp -j boot --list
golden boot-list.json
valid "boot --list"
cmp "$work/one.ko" "$(set_dir)/one.ko" || fail "the copy differs"
expect "files" "$(files "$(set_dir)")" "one.ko set.json two_two.ko"
checked boot
golden boot
expect states "$(state one), $(state two_two)" "1 0, 1 0"
# In the order of the list, from the copies
expect inserted "$(sed 's|.*/||' "$root/control/inserted" | xargs)" "one.ko two_two.ko"
[ ! -e "$(set_dir)/booting" ] || fail "the mark is still there"
klp show one
[[ $out == *$'\nat boot:         yes\n'* ]] || fail "$out"
# Applied already
klp -j boot
expect status "$status" 0
valid boot
checked disable one
golden disable
expect "files" "$(files "$(set_dir)")" "set.json two_two.ko"
expect state "$(state one)" "1 0"
klp -j disable --all
valid disable
expect "files" "$(files "$(set_dir)")" "set.json"
finish

# Breaks if the mark is not written before the module is loaded, or not looked at.
begin "a patch that the machine went down with is not applied again"
klp enable "$work/one.ko"
klp enable "$work/two-two.ko"
touch "$root/control/crash"
klp boot
expect status "$status" 137
[ -e "$(set_dir)/booting" ] || fail "there is no mark"
rm "$root/control/crash" "$root/control/inserted"
reboot
klp boot
golden boot-failed
expect states "$(state one), $(state two_two)" "gone, 1 0"
klp boot --list
[[ $out == "one: failed: the machine went down while it was being applied"* ]] || fail "$out"
klp metrics
[[ $out == *'boot_patches{state="failed"} 1'* ]] || fail "$out"
reboot third-boot
klp -j boot
expect status "$status" 1
valid boot
expect state "$(state one)" "gone"
klp -j boot --list
valid "boot --list"
# Enabled again: tried again.
klp enable "$work/one.ko"
reboot fourth-boot
klp boot
expect status "$status" 0
expect state "$(state one)" "1 0"
finish

begin "a klp boot that was killed is not the patch's fault"
klp enable "$work/one.ko"
touch "$root/control/crash"
klp boot
rm "$root/control/crash"
klp boot
expect status "$status" 0
expect state "$(state one)" "1 0"
[ ! -e "$(set_dir)/booting" ] || fail "the mark is still there"
finish

# Breaks if a signal leaves the mark.
for signal in TERM INT HUP; do
	begin "a klp boot that is ended by SIG$signal is not the patch's fault"
	klp enable "$work/one.ko"
	touch "$root/control/hold"
	env --default-signal=INT "$klp" --root "$root" boot > /dev/null &
	until_true test -d "$root/sys/kernel/livepatch/one"
	[ -e "$(set_dir)/booting" ] || fail "there is no mark"
	kill -s "$signal" $!
	wait $! && fail "it goes on"
	[ ! -e "$(set_dir)/booting" ] || fail "the mark is still there"
	reboot
	rm "$root/control/hold"
	klp boot
	expect status "$status" 0
	expect state "$(state one)" "1 0"
	finish
done

# Breaks if only klp boot looks at the mark.
begin "a patch that the machine went down with is enabled again before the next klp boot"
klp enable "$work/one.ko"
klp enable "$work/two-two.ko"
for again in "enable $work/newer/one.ko" "disable two_two"; do
	touch "$root/control/crash"
	klp boot
	rm "$root/control/crash"
	reboot
	# shellcheck disable=SC2086 # words
	klp $again
	expect "status of $again" "$status" 0
	[ ! -e "$(set_dir)/booting" ] || fail "the mark is still there after $again"
	klp boot --list
	case $again in
	enable*) expect list "$out" "one: enabled"$'\n'"two_two: enabled" ;;
	*) expect list "$out" "one: failed: the machine went down while it was being applied" ;;
	esac
	put proc/sys/kernel/random/boot_id first-boot
done
finish

# Breaks if a mark that cannot be read stops everything, or is kept.
begin "a damaged mark is said, and no reason to apply nothing"
klp enable "$work/one.ko"
for text in '' '{}' '{"patch": "one"' '[1]'; do
	echo "$text" > "$(set_dir)/booting"
	klp boot
	says 0 "$(set_dir)/booting: is damaged: it should name a patch that has failed"
	expect state "$(state one)" "1 0"
	[ ! -e "$(set_dir)/booting" ] || fail "the mark is still there"
	klp unload one
done
finish

begin "klp boot goes on after a patch that is refused"
klp enable "$work/one.ko"
klp enable "$work/two-two.ko"
echo "22 livepatch: symbol 'f' not found in symbol table" > "$root/control/one.errno"
klp boot
says 1 "one.ko: was refused: Invalid argument"
expect state "$(state two_two)" "1 0"
klp -j boot
valid boot
finish

# Breaks if a patch whose transition does not end keeps the others out.
for kind in ours stock; do
	begin "klp boot waits for a limited time, then reverts, $kind kernel"
	klp enable "$work/one.ko"
	klp enable "$work/two-two.ko"
	echo one > "$root/control/hold"
	[ $kind = ours ] || touch "$root/control/stock"
	klp -j boot --timeout 0.3
	expect status "$status" 1
	valid boot
	[[ $out == *'"result":"reverted"'*'"result":"enabled"'* ]] || fail "$out"
	expect states "$(state one), $(state two_two)" "gone, 1 0"
	[ ! -e "$root/sys/module/one" ] || fail "the module is still loaded"
	[ ! -e "$(set_dir)/booting" ] || fail "the mark is still there"
	finish
done

begin "klp boot does not load a module that has been changed"
klp enable "$work/one.ko"
cp "$work/two-two.ko" "$(set_dir)/one.ko"
klp boot
expect status "$status" 1
[[ $err == *"its build id is "*": enable the patch again" ]] || fail "$err"
finish

begin "klp enable for another kernel"
sed 's/6.12.0-test/6.13.0/' "$work/one.s" > "$work/next.s"
make_module next 'livepatch=Y' 'name=next' 'vermagic=6.13.0 SMP'
klp enable "$work/next.ko" --kernel 6.13.0
expect status "$status" 0
klp boot --list
expect out "$out" "kernel 6.12.0-test: no patch is applied at boot"
klp disable next --kernel 6.13.0
expect status "$status" 0
finish

begin "a set that is not what klp writes is an error, and left alone"
klp enable "$work/one.ko"
for text in '' '{}' '{"patches": [{"name": "../x"}]}' '[1]' '{"patches": 1'; do
	echo "$text" > "$(set_dir)/set.json"
	klp boot
	says 3 "$(set_dir)/set.json: is not what klp writes"
	klp enable "$work/two-two.ko"
	expect status "$status" 3
	expect set "$(< "$(set_dir)/set.json")" "$text"
done
finish

# Breaks if a file is renamed before it is synced, or the folder never.
begin "files are synced before they are renamed, and folders after that"
strace -f -e trace=openat,fsync,rename,renameat,unlinkat -o "$work/strace" \
	"$klp" --root "$root" enable "$work/one.ko" > /dev/null
expect "calls" "$(sed -nE 's/^[0-9]+ +(fsync|renameat)\([^"]*("([^"]*)")?.*/\1 \3/p' \
	"$work/strace" | xargs)" \
	"fsync fsync fsync fsync fsync renameat .one.ko.new fsync fsync renameat .set.json.new fsync"
finish

begin "klp metrics --output replaces a file"
mkdir "$root/collector"
echo old > "$root/collector/klp.prom"
checked metrics --output "$root/collector/klp.prom"
expect status "$status" 0
expect out "$out" ""
klp metrics
expect "file" "$(< "$root/collector/klp.prom")" "$out"
expect "files" "$(files "$root/collector")" klp.prom
(cd "$root/collector" && "$klp" --root "$root" metrics --output here.prom) || fail "here.prom"
[ -s "$root/collector/here.prom" ] || fail "there is no here.prom"
finish

# Breaks if klp waits for a lock that anybody can take, if it writes into a file that somebody
# else has put there, or if others cannot read what it has written.
begin "klp metrics --output in a folder of others"
mkdir "$root/collector"
echo precious > "$root/precious"
ln "$root/precious" "$root/collector/.klp.prom.new"
exec {lock}< "$root/collector"
flock -x "$lock"
(umask 077; klp metrics --output "$root/collector/klp.prom"; expect err "$err" ""
expect status "$status" 0; [ -z "$failed" ]) || failed=1
exec {lock}<&-
expect "the other file" "$(< "$root/precious")" precious
expect mode "$(stat -c %a "$root/collector/klp.prom")" 644
ln -s "$root/precious" "$root/collector/.klp.prom.new"
klp metrics --output "$root/collector/klp.prom"
expect status "$status" 0
expect "the file behind the link" "$(< "$root/precious")" precious
expect files "$(files "$root/collector")" klp.prom
finish

# Breaks if the file that is being written is not locked, or its lock given back too early.
begin "klp metrics --output by several at the same time: always a whole file"
mkdir "$root/collector"
klp metrics
want=$(wc -c <<< "$out")
for i in {1..12}; do
	"$klp" --root "$root" metrics --output "$root/collector/klp.prom" 2>> "$root/control/bad" &
done
for i in {1..40}; do
	size=$(stat -c %s "$root/collector/klp.prom" 2> /dev/null) || continue
	[ "$size" = "$want" ] || fail "the file has $size bytes, not $want"
done
until_true eval '[ -z "$(pgrep -f "klp --root $root metrics")" ]'
expect errors "$(< "$root/control/bad")" ""
expect files "$(files "$root/collector")" klp.prom
finish

begin "two klp that write at the same time wait for each other"
for i in 1 2 3 4 5 6 7 8; do
	"$klp" --root "$root" enable "$work/one.ko" > /dev/null || echo "$i" >> "$root/control/bad" &
	"$klp" --root "$root" enable "$work/two-two.ko" > /dev/null || echo "$i" >> "$root/control/bad" &
	pids[i]=$!
done
wait "${pids[@]}"
sleep 0.1
until_true eval '[ -z "$(pgrep -f "klp --root $root enable")" ]'
[ ! -e "$root/control/bad" ] || fail "some have failed"
klp boot --list
expect patches "$(wc -l <<< "$out")" 2
finish
