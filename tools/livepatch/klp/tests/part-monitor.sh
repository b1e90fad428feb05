# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# klp monitor

# send LINE...: an event of the kernel
send() {
	printf '%s\0' "$@" | socat -u - "UNIX-SENDTO:$root/run/uevents"
}

begin "klp monitor prints the kernel's events, and no others"
checked_monitor() { "$sanitized" --root "$root" "$@" > "$work/monitor" 2> "$work/err" & }
checked_monitor -j monitor --count 4
until_true test -S "$root/run/uevents"
send add@/kernel/livepatch/one ACTION=add DEVPATH=/kernel/livepatch/one SUBSYSTEM=livepatch
send add@/kernel/livepatch/one/vmlinux ACTION=add DEVPATH=/kernel/livepatch/one/vmlinux \
	SUBSYSTEM=livepatch
send change@/devices/x ACTION=change DEVPATH=/devices/x SUBSYSTEM=block LIVEPATCH_EVENT=started \
	LIVEPATCH_PATCH=one
send change@/kernel/livepatch/one ACTION=change DEVPATH=/kernel/livepatch/one SUBSYSTEM=livepatch \
	LIVEPATCH_EVENT=started LIVEPATCH_PATCH=one LIVEPATCH_DIRECTION=patching
send $'garbage\n' "" "=" "x"
send change@/kernel/livepatch/one ACTION=change DEVPATH=/kernel/livepatch/one SUBSYSTEM=livepatch \
	LIVEPATCH_EVENT=completed LIVEPATCH_PATCH=one LIVEPATCH_DIRECTION=patching \
	LIVEPATCH_DURATION_MS=1500
send remove@/kernel/livepatch/one ACTION=remove DEVPATH=/kernel/livepatch/one SUBSYSTEM=livepatch
wait $! || fail "exit status $?"
out=$(< "$work/monitor")
err=$(< "$work/err")
status=0
golden monitor.json
valid monitor
finish

begin "klp monitor sees changes without events"
rm "$root/proc/sys/kernel/livepatch_timeout_ms"
touch "$root/control/hold"
"$klp" --root "$root" monitor --interval 20ms > "$work/monitor" 2> "$work/err" &
monitor=$!
until_true test -S "$root/run/uevents"
sleep 0.1
klp load "$work/one.ko"
sleep 0.2
rm "$root/control/hold"
sleep 0.3
touch "$root/control/stuck"
klp unload one --timeout 0.3
rm "$root/control/stuck"
until_true grep -q removed "$work/monitor"
kill "$monitor"
wait "$monitor" 2> /dev/null
# The kernel changes two files at once; the made-up one does not.
out=$(same < "$work/monitor" | sed -z 's/TIME one: completed unpatching\n\(TIME one: started\)/\1/')
expect out "$out" "TIME one: added
TIME one: started patching
TIME one: completed patching
TIME one: started unpatching
TIME one: completed unpatching
TIME one: removed"
finish
