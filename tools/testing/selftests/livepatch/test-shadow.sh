#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shadow variables, by the hundred thousand, and from many tasks at once.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

M=test_klp_shadow
PARAMS=/sys/module/$M/parameters
CPU=/sys/devices/system/cpu/cpu1/online

# run WHAT: let the module do what its head comment says
run() { echo "$1" > $PARAMS/run || fail "running $1"; }

# got NAME: print a result of the last run
got() { cat $PARAMS/"$1"; }

# alone: take the other CPU offline. In an emulated machine its work delays the
# timer of this CPU, too, which is to be late only by what the engine does.
alone() {
	[ ! -e $CPU ] || echo 0 > $CPU || fail "taking the second CPU offline"
}

not_alone() {
	[ ! -e $CPU ] || echo 1 > $CPU || fail "taking the second CPU online"
}

COUNT=100000

# In microseconds. Up to a period of the timer, 100 us, is not noticed.
LIMIT=900

# With KASAN each one takes a hundred times as long, and KASAN itself holds off
# interrupts for milliseconds when it gives back what it has kept.
if zgrep -qs '^CONFIG_KASAN=y' /proc/config.gz; then
	COUNT=10000
	LIMIT=9000
fi

# No mistake of the engine breaks this test: it shows that the timer notices
# what the next test looks for.
begin "interrupts that are held off are noticed"
load $M
alone
run hold
diag "$(got late_us) us late"
[ "$(got late_us)" -ge 1800 ] || fail "2000 us were seen as $(got late_us)"
not_alone
finish

# Breaks if all variables are freed under one lock, or in batches that are too
# large. Noise only adds to the delay: one of three attempts has to be good.
begin "$COUNT variables are freed, and interrupts held off for at most $(((LIMIT + 100) / 1000)) ms"
load $M count=$COUNT
alone
run fill
expect "variables before" "$(got left)" $COUNT
expect "variables of the other kind before" "$(got other_left)" $((COUNT / 5))
for attempt in 1 2 3; do
	[ $attempt = 1 ] || { rmmod $M; load $M count=$COUNT; run fill; }
	run look
	expect "lookups that were wrong" "$(got wrong)" 0
	diag "looking: $(got late_us) us late at worst in $(got took_us) us"
	run free
	late=$(got late_us)
	diag "freeing: $late us late at worst in $(got took_us) us"
	expect "destructors run" "$(got destroyed)" $COUNT
	expect "destructors that were wrong" "$(got wrong)" 0
	expect "variables left" "$(got left)" 0
	expect "variables of the other kind left" "$(got other_left)" $((COUNT / 5))
	# As many as with a timer that is late by 1 ms each time
	[ "$(got ticks)" -ge $(($(got took_us) / 1100)) ] ||
		fail "the timer came only $(got ticks) times"
	[ "$late" -gt $LIMIT ] || break
done
[ "$late" -le $LIMIT ] || fail "interrupts were held off for $late us"
not_alone
finish

# Breaks if two tasks can both find that there is no variable, or both free it.
begin "tasks that ask at once get one variable, with one call of its destructor"
load $M
run race
diag "$(got made) variables made"
[ "$(got made)" -gt 1000 ] || fail "only $(got made) variables were made"
expect "objects and variables that were wrong" "$(got wrong)" 0
finish

begin "a constructor that fails is logged, and leaves no variable"
load $M
run fail
expect "things that were wrong" "$(got wrong)" 0
lines=$(dmesg | grep -cE \
	'livepatch: Failed to construct shadow variable <[0-9a-f]+, 7e571> \(-5\)$')
expect "lines in the log" "$lines" 2
finish

begin "creating a variable that exists is warned about, and changes nothing"
load $M
warns "Duplicate shadow variable <[0-9a-f]+, 7e571>" run duplicate
expect "things that were wrong" "$(got wrong)" 0
finish

plan
