#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Patch modules as builders and packagers make them
. "$(dirname "$0")/functions.sh"

begin "a patch module that was stripped is enabled and disabled"
load stripped
settled test_klp_stripped
grep -q 'test_klp_cmdline_proc_show' /proc/kallsyms &&
	fail "the module has not been stripped"
expect "/proc/cmdline" "$(< /proc/cmdline)" stripped
disable test_klp_stripped
unload test_klp_stripped
[ "$(< /proc/cmdline)" != stripped ] || fail "still patched"
finish

# Broken if out-of-line parts were only known by their names: the task sleeps in
# one that has none.
begin "a task in a replacement that was stripped is waited for"
load stripped
settled test_klp_stripped
background dd if="$TESTFS/sleep" of=/dev/null bs=1 count=1 status=none
sleeper=$!
retry 2 grep -q test_klp_stripped "/proc/$sleeper/stack" ||
	fail "no task sleeps in the replacement"
disable test_klp_stripped
sleep 0.2
expect transition "$(< $SYSFS/test_klp_stripped/transition)" 1
expect patch_state "$(patch_state "$sleeper")" 1
let_go
unload test_klp_stripped
finish

plan
