#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The samples do what their head comments say: the commands there are run, and
# what they print is compared. More tests check what the comments only describe.
#
# The modules are looked for in the build folder $KLP_BUILD, if that is set, and
# where those of the running kernel are; the sources below $KLP_TOP, in the tree
# that this file is in, and where the running kernel's are.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

OUT=$(mktemp)
trap 'rm -f "$OUT" /tmp/parcel' EXIT

# first FILE FOLDER...: sets $found to the first folder that has the file
first() {
	local file=$1
	shift
	for found; do
		[ ! -e "$found/$file" ] || return 0
	done
	found=
	return 1
}

RELEASE=/lib/modules/$(uname -r)
WHAT="the samples do what they say"
if ! first livepatch-lockers.ko ${KLP_BUILD:+"$KLP_BUILD/samples/livepatch"} \
	"$RELEASE/kernel/samples/livepatch" "$RELEASE/build/samples/livepatch"; then
	if [ -z "${KLP_BUILD-}" ]; then
		skip "$WHAT" "CONFIG_SAMPLE_LIVEPATCH is not set, or \$KLP_BUILD"
	else
		begin "$WHAT"
		fail "there are no samples in $KLP_BUILD"
		finish
	fi
	plan
fi
SAMPLES=$found

first livepatch-lockers.c ${KLP_TOP:+"$KLP_TOP/samples/livepatch"} \
	"$HERE/../../../../samples/livepatch" "$RELEASE/source/samples/livepatch"
SOURCES=$found

# The comments run insmod with nothing but the name of a file.
cd "$SAMPLES" || exit

# says COMMAND WANTED: sets $got to what the command prints, as an interactive
# bash would; "..." in WANTED stands for anything
says() {
	eval "$1" > "$OUT" 2>&1
	got=$(< "$OUT")
	while [[ $got =~ ^(.*)"$0: line "[0-9]+": "(.*)$ ]]; do
		got="${BASH_REMATCH[1]}bash: ${BASH_REMATCH[2]}"
	done
	[[ $2 != *...* ]] || set -- "$1" "${2%%...*}" "${2#*...}"
	if [ $# -eq 2 ]; then
		[ "$got" = "$2" ]
	else
		[[ $got == "$2"*"$3" ]]
	fi
}

# Tasks that the commands of a comment have left in the background
tasks=()

# alone COMMAND: run "(... &)", and remember the task
alone() {
	local command=${1#(}
	eval "exec ${command% &)}" &
	tasks+=($!)
}

# step COMMAND WANTED: run a command of a comment. Those that wait for a task to
# sleep, for a transition to end, or for a module to be unused, are tried again.
step() {
	[ -n "$1" ] || return 0
	case $1 in
	cat\ *|grep\ *|ls\ *|rmmod\ *)
		retry 10 says "$1" "$2" ;;
	\(*\ \&\))	alone "$1" ;;
	*)		says "$1" "$2" ;;
	esac || fail "'$1' says '$got', expected '$2'"
	steps=$((steps + 1))
}

# transcript STEPS FILE [SED-SCRIPT]: run the commands in the file's first
# comment, lines that begin with "# " after a tab; the lines below are what they
# print. There are that many commands.
transcript() {
	local expected=$1 line command='' wanted='' begun='' steps=0
	while IFS= read -r line; do
		case $line in
		"/*")		[ -n "$begun" ] || begun=1 ;;
		$' *\t# '*)	step "$command" "$wanted"
				command=${line#*# }
				wanted='' ;;
		$' *\t'*)	wanted+=${wanted:+$'\n'}${line#$' *\t'} ;;
		*)		step "$command" "$wanted"
				command='' wanted=''
				[[ $begun$line != "1 */" ]] || break ;;
		esac
		[ -z "$failed" ] || break
	done < <(sed "${3-}" "$SOURCES/$2")
	# A command line that is not recognised proves nothing.
	[ -n "$failed" ] || expect "number of commands in $2" "$steps" "$expected"
}

# The sample modules that are no patches
TARGETS=(livepatch_lockers livepatch_post)

# release_post: let no task of the post office stay where it is
release_post() {
	local post=/sys/kernel/debug/livepatch_post task
	[ ! -e $post ] || {
		echo open > $post/office
		# For the clerk, if a failed test has left the clerk in a patch
		[ -z "$failed" ] || echo 1000 > $post/counter
	}
	for task in "${tasks[@]}"; do
		kill "$task" 2> /dev/null
		wait "$task" 2> /dev/null
	done
	tasks=()
}

# unload_samples: patches first, then what they patch
unload_samples() {
	local mod
	for mod in "$SYSFS"/livepatch_*/; do
		[ ! -e "$mod/enabled" ] || echo 0 > "$mod/enabled"
	done 2> /dev/null
	release_post
	for mod in $(sed -n 's/^\(livepatch_[^ ]*\) .*/\1/p' /proc/modules) ; do
		[[ " ${TARGETS[*]} " != *" $mod "* ]] || continue
		retry 10 gone "$SYSFS/$mod"
		retry 2 is "/sys/module/$mod/refcnt" 0
		rmmod "$mod" || fail "unloading $mod"
	done
	for mod in "${TARGETS[@]}"; do
		gone "/sys/module/$mod" || rmmod "$mod" || fail "unloading $mod"
	done
}

end() {
	unload_samples
	finish
}

# documented STEPS FILE [SED-SCRIPT]
documented() {
	if [ -z "$SOURCES" ]; then
		skip "$2 does what it says" "its source is not here"
		return
	fi
	begin "$2 does what it says"
	transcript "$@"
	end
}

# Breaks if a sample or what it says is changed without the other.
documented 8 livepatch-sample.c 's/console=ttyS0 \.\.\./.../'
documented 8 livepatch-lockers.c
documented 14 livepatch-setup.c
documented 15 livepatch-tries-1.c
documented 18 livepatch-tries-2.c
documented 14 livepatch-interval.h
documented 11 livepatch-post.c

# Breaks if an immediate patch waits for a task in the old function, or if its
# module can be unloaded while a task is in the new one.
documented 18 livepatch-post-nonblock.c

# Breaks if the patch waits for a thread in the function that changes at once.
documented 19 livepatch-post-clerk.c

DELAY=/proc/sys/kernel/livepatch_signal_delay_ms
read -r usual_delay < $DELAY
echo 2000 > $DELAY

# Breaks if a task switches in the middle of a system call.
documented 15 livepatch-post-counter.c
echo "$usual_delay" > $DELAY

TIMEOUT=/proc/sys/kernel/livepatch_system_timeout_ms
read -r usual_timeout < $TIMEOUT
echo 2000 > $TIMEOUT

# Breaks if one task switches while another one is in the old function.
documented 17 livepatch-post-window.c
echo "$usual_timeout" > $TIMEOUT

# Breaks if a task keeps what it has read while the others switch.
documented 17 livepatch-post-hatch.c

desk=/sys/kernel/debug/livepatch_lockers
limit=/sys/module/livepatch_lockers/parameters/limit

# sample NAME [PARAMETER...]: load a sample, and wait until it is in force
sample() {
	local mod=${1//-/_} file=$1.ko
	shift
	insmod "$file" "$@" || fail "loading $file"
	[ $mod = livepatch_lockers ] || settled $mod
}

# refused NUMBER PIN ERRNO-TEXT: taking what is in a locker fails
refused() {
	says "echo take $1 $2 > $desk" "...: $3" ||
		fail "taking $1 with $2 says '$got', expected '$3'"
}

WRONG="Permission denied"
LOCKED="Key was rejected by service"

# Three wrong PINs for locker 7
block() {
	refused 7 1 "$WRONG"
	refused 7 2 "$WRONG"
	refused 7 3 "$WRONG"
}

# Breaks if the callbacks of a module do not run when it is loaded, or run too
# late for its parameters to overrule them.
begin "livepatch-setup.ko: the module is loaded after the patch, and unloaded"
sample livepatch-setup
sample livepatch-lockers
expect limit "$(< $limit)" 3
rmmod livepatch_lockers || fail "unloading the lockers"
sample livepatch-lockers limit=1
expect limit "$(< $limit)" 1
echo put 1 1 hat > $desk || fail "putting the first hat"
says "echo put 2 2 hat > $desk" "...No space left on device" ||
	fail "there is one locker too many"
disable livepatch_setup
unloadable livepatch_setup
expect limit "$(< $limit)" 1
echo put 2 2 hat > $desk || fail "the original has been patched"
end

begin "livepatch-tries-1.ko: the module is loaded after the patch, and unloaded"
sample livepatch-tries-1
for _ in 1 2; do
	sample livepatch-lockers
	echo put 7 1234 umbrella > $desk || fail "putting the umbrella"
	block
	refused 7 1234 "$LOCKED"
	rmmod livepatch_lockers || fail "unloading the lockers"
done
end

# Breaks if the variables are not freed with the patch.
begin "livepatch-tries-1.ko: its variables are freed when it is disabled"
sample livepatch-lockers
echo put 7 1234 umbrella > $desk || fail "putting the umbrella"
sample livepatch-tries-1
block
disable livepatch_tries_1
unload livepatch_tries_1
sample livepatch-tries-1
refused 7 4 "$WRONG"
echo take 7 1234 > $desk || fail "the locker is still blocked"
end

# Breaks if klp_get_prev_state() does not find the first version then: its
# variables would be freed.
if [ -e $TESTFS/sleep ]; then
	begin "livepatch-tries-2.ko leaves the first version its variables if reversed"
	load test_klp_sleeper
	settled test_klp_sleeper
	sleeper
	sample livepatch-lockers
	echo put 7 1234 umbrella > $desk || fail "putting the umbrella"
	sample livepatch-tries-1
	block
	insmod livepatch-tries-2.ko || fail "loading the second version"
	retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
	says "cat $desk" "7: umbrella, 3 wrong PIN(s)" || fail "it says '$got'"
	disable livepatch_tries_2
	unloadable livepatch_tries_2
	says "cat $desk" "7: umbrella" || fail "it says '$got'"
	refused 7 1234 "$LOCKED"
	end

	# Breaks if a patch whose enabling is reversed undoes what it has not
	# done.
	begin "livepatch-interval-2.ko leaves the setting alone if reversed"
	interval=/proc/sys/vm/dirty_writeback_centisecs
	echo 400 > $interval
	sample livepatch-interval-1
	expect interval "$(< $interval)" 800
	load test_klp_sleeper
	settled test_klp_sleeper
	sleeper
	insmod livepatch-interval-2.ko || fail "loading the second version"
	retry 2 only_blocker "$sleeper" || fail "blocked by others: $(blockers)"
	expect "interval during the transition" "$(< $interval)" 800
	disable livepatch_interval_2
	unload livepatch_interval_2
	expect "interval after reversal" "$(< $interval)" 800
	insmod livepatch-interval-2.ko || fail "loading the second version again"
	let_go
	settled livepatch_interval_2
	expect "interval of the second version" "$(< $interval)" 1200
	disable livepatch_interval_2
	unloadable livepatch_interval_2
	expect "interval at the end" "$(< $interval)" 400
	echo 500 > $interval
	end
else
	skip "samples whose enabling is reversed" \
		"CONFIG_LIVEPATCH_TEST_FUNCTIONS is not set"
fi

plan
