#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Forcing a transition.
. "$(dirname "$0")/functions.sh"

begin "force ends a blocked enabling; the module can still be disabled"
sleeper
load test_klp_sleeper
sleep 0.1
expect transition "$(< $SYSFS/test_klp_sleeper/transition)" 1
echo 0 > $SYSFS/test_klp_sleeper/force || fail "writing 0 to force"
expect "transition after 0" "$(< $SYSFS/test_klp_sleeper/transition)" 1
echo 1 > $SYSFS/test_klp_sleeper/force || fail "forcing"
settled test_klp_sleeper
in_sleeper "$sleeper" || fail "the sleeper has left"
logged "livepatch: forcing remaining tasks to the patched state" \
	"'test_klp_sleeper': patching complete"
# A forced task is in the original: nothing of the patch can be running.
disable test_klp_sleeper
unloadable test_klp_sleeper
finish

begin "force outside of its own transition is refused"
load test_klp_sleeper
settled test_klp_sleeper
write_fails $SYSFS/test_klp_sleeper/force 1 "Invalid argument"
write_fails $SYSFS/test_klp_sleeper/force garbage "Invalid argument"
echo 0 > $SYSFS/test_klp_sleeper/force || fail "writing 0 to force"
expect enabled "$(< $SYSFS/test_klp_sleeper/enabled)" 1
not_logged "forcing"
finish

# Breaks if the module is released. It stays until the next boot, so that this
# can be tried only once.
stays="force ends a blocked disabling, and the module then stays for good"
if [ -e /sys/module/test_klp_forced ]; then
	skip "$stays" "it stays since this test ran before"
	plan
fi
begin "$stays"
load test_klp_stack_a
settled test_klp_stack_a
load test_klp_forced
settled test_klp_forced
sleeper
disable test_klp_forced
sleep 0.1
write_fails $SYSFS/test_klp_stack_a/force 1 "Invalid argument"
echo 1 > $SYSFS/test_klp_forced/force || fail "forcing"
retry 10 gone $SYSFS/test_klp_forced || fail "the patch is still there"
sleep 1
expect "references on the module" "$(< /sys/module/test_klp_forced/refcnt)" 1
rmmod test_klp_forced 2> /dev/null && fail "the module could be unloaded"
# Its code is still in use, and works.
kill -0 "$sleeper" || fail "the sleeper has died"
let_go
wait "$sleeper" || fail "the sleeper has failed"
finish

plan
