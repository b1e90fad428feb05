#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tracers, probes and direct callers work on a patched function, whether they or
# the patch came first.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

PATCH=test_klp_stack_a
original=$(< /proc/cmdline)

patch() { load $PATCH; settled $PATCH; }
unpatch() { disable $PATCH; unload $PATCH; }

trace_on() {
	echo cmdline_proc_show > $TRACEFS/set_ftrace_filter
	echo "$1" > $TRACEFS/current_tracer
}
trace_off() {
	echo nop > $TRACEFS/current_tracer
	echo > $TRACEFS/set_ftrace_filter
}
trace_seen() { grep -c 'cmdline_proc_show' $TRACEFS/trace; }

function_on() { trace_on function; }
function_off() { trace_off; }
function_seen() { trace_seen; }

graph_on() { trace_on function_graph; }
graph_off() { trace_off; }
graph_seen() { trace_seen; }

probe_on() {
	echo "$1:klp_probe cmdline_proc_show" > $TRACEFS/kprobe_events
	echo 1 > $TRACEFS/events/kprobes/klp_probe/enable
}
kprobe_on() { probe_on p; }
kretprobe_on() { probe_on r; }
kprobe_off() {
	echo 0 > $TRACEFS/events/kprobes/klp_probe/enable
	echo > $TRACEFS/kprobe_events
}
kretprobe_off() { kprobe_off; }
kprobe_seen() { grep -c klp_probe: $TRACEFS/trace; }
kretprobe_seen() { kprobe_seen; }

direct_on() { insmod "$MODULES/test_klp_direct.ko" || fail "the direct caller is refused"; }
direct_off() { rmmod test_klp_direct || fail "unloading the direct caller"; }
last=0
direct_seen() {
	local now
	now=$(< /sys/module/test_klp_direct/parameters/seen)
	echo $((now - last))
}

# shows TEXT [OTHER]: a call has that result, and OTHER has seen it, once
shows() {
	# Loading modules reads /proc/cmdline, too.
	echo > $TRACEFS/trace
	last=$(cat /sys/module/test_klp_direct/parameters/seen 2> /dev/null)
	expect "/proc/cmdline" "$(< /proc/cmdline)" "$1"
	[ -z "${2-}" ] || expect "calls that $2 has seen" "$("$2_seen")" 1
}

# Each test breaks if one of the two users of the function gets no calls, or
# still gets calls when it has ended.
for other in function graph kprobe kretprobe direct; do
	begin "$other first, then the patch"
	"${other}_on"
	shows "$original" $other
	patch
	shows a $other
	unpatch
	shows "$original" $other
	"${other}_off"
	finish

	begin "the patch first, then $other"
	patch
	"${other}_on"
	shows a $other
	"${other}_off"
	shows a
	"${other}_on"
	unpatch
	shows "$original" $other
	"${other}_off"
	shows "$original"
	finish
done

plan
