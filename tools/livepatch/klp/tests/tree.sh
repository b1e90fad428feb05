# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# Made-up machines for klp --root: folders with what klp reads of /sys, /proc, /run, /var and /dev.

# put FILE TEXT: a file below $root, with a newline at the end
put() {
	[ -d "$root/${1%/*}" ] || mkdir -p "$root/${1%/*}"
	printf '%s\n' "$2" > "$root/$1"
}

# note FILE HEX: a file with one ELF note, a build id
note() {
	local i bytes=
	[ -d "$root/${1%/*}" ] || mkdir -p "$root/${1%/*}"
	for ((i = 0; i < ${#2}; i += 2)); do
		bytes+="\\x${2:i:2}"
	done
	printf '\4\0\0\0\24\0\0\0\3\0\0\0GNU\0%b' "$bytes" > "$root/$1"
}

# machine: a kernel with live patching, without patches
machine() {
	put proc/sys/kernel/osrelease 6.12.0-test
	put proc/sys/kernel/random/boot_id first-boot
	put proc/self/loginuid 0
	put proc/loadavg '0.00 0.00 0.00 1/8 300'
	mkdir -p "$root"/{run,dev,control,sys/module} "$root/sys/kernel/livepatch"
	: > "$root/dev/kmsg"
	note sys/kernel/notes 00112233445566778899aabbccddeeff00112233
	mkdir -p "$root/hooks"
	ln -s "$work/kernel" "$root/hooks/insmod"
	ln -s "$work/kernel" "$root/hooks/rmmod"
}

# ours: what only our kernel has, apart from what is in the patches' folders
ours() {
	put proc/sys/kernel/livepatch_timeout_ms 0
}

# module NAME BUILD-ID [VERSION] [TAINT]: of a patch, unless TAINT is without K
module() {
	put "sys/module/$1/initstate" live
	put "sys/module/$1/refcnt" 1
	put "sys/module/$1/taint" "${4-OEK}"
	put "sys/module/$1/srcversion" "0123456789ABCDEF${1^^}"
	[ -z "${3-}" ] || put "sys/module/$1/version" "$3"
	note "sys/module/$1/notes/.note.gnu.build-id" "$2"
}

# patch NAME ENABLED TRANSITION ORDER: what every kernel has
patch() {
	local dir=sys/kernel/livepatch/$1
	put "$dir/enabled" "$2"
	put "$dir/transition" "$3"
	put "$dir/stack_order" "$4"
	put "$dir/replace" 0
	: > "$root/$dir/force"
}

# patch_ours NAME MODEL PENDING TIMEOUT: what ours has besides
patch_ours() {
	local dir=sys/kernel/livepatch/$1
	put "$dir/consistency" "$2"
	put "$dir/pending" "$3"
	put "$dir/timeout_ms" "$4"
	put "$dir/stopped_ns" 0
	put "$dir/parked_ns" 0
}

# func PATCH OBJECT PATCHED FUNCTION,N [EFFECT]
func() {
	put "sys/kernel/livepatch/$1/$2/patched" "$3"
	mkdir -p "$root/sys/kernel/livepatch/$1/$2/$4"
	[ -z "${5-}" ] || put "sys/kernel/livepatch/$1/$2/$4/effect" "$5"
}

# task PID TID COMM STATE PATCH_STATE [BLOCKER]
task() {
	local dir=proc/$1/task/$2
	put "$dir/stat" "$2 ($3) $4 1 1 1 0 -1 4194560"
	put "$dir/comm" "$3"
	put "$dir/patch_state" "$5"
	put "$dir/stack" "[<0>] pipe_read+0x1c5/0x380
[<0>] vfs_read+0x9b/0x180"
	[ -z "${6+set}" ] || printf '%s' "${6:+$6$'\n'}" > "$root/$dir/patch_blocker"
}

# tasks_ours: eleven threads, eight of them pending for all kinds of reasons, one of these not looked
# at yet; and one parked
tasks_ours() {
	mkdir -p "$root/proc/self"
	: > "$root/proc/self/patch_blocker"
	task 1 1 init S 1 ''
	task 100 100 'a ) b (c' S 0 'function pipe_read+0x1c5/0x380'
	task 100 101 worker R 0 running
	task 200 200 kworker/0:1 D 0 'function ext4_sync_fs+0x10/0x40 [ext4]'
	task 300 300 $'esc\e[31m' S 0 'unreliable'
	task 400 400 new R 0 ''
	task 500 500 tramp R 0 'trampoline'
	task 600 600 exiter S 0 'kernel'
	task 700 700 waiter S 0 'parked'
	task 800 800 later S 0 'sulking in_a_corner+0x1/0x2'
	task 900 900 finished S 1 ''
}

# tasks_stock: three threads, two of them pending
tasks_stock() {
	task 1 1 init S 1
	task 100 100 cat S 0
	task 100 101 'a thread' R 0
}

# three_patches: two that are settled, and one in transition
three_patches() {
	patch alpha 1 0 1
	patch beta 1 0 2
	patch gamma 1 1 3
	module alpha aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1.0
	module beta bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
	module gamma cccccccccccccccccccccccccccccccccccccccc 'odd "version"\'
	module ext4 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee '' ''
}

tree_ours() {
	machine
	ours
	three_patches
	patch_ours alpha task 0 0
	patch_ours beta system-frozen 0 0
	patch_ours gamma task 8 30000
	put sys/kernel/livepatch/beta/replace 1
	put sys/kernel/livepatch/beta/stopped_ns 123456
	put sys/kernel/livepatch/beta/parked_ns 987654321
	func alpha vmlinux 1 cmdline_proc_show,1 active
	func alpha vmlinux 1 meminfo_proc_show,1 'covered by beta'
	func alpha ext4 1 ext4_sync_fs,2 "returns to original in gamma's transition"
	func alpha ext4 1 ext4_iget,1 "returns to beta in gamma's transition"
	func alpha nfs 0 nfs_read,1 'not loaded'
	put sys/kernel/livepatch/alpha/ext4/build_id dddddddddddddddddddddddddddddddddddddddd
	put sys/kernel/livepatch/alpha/calls 'vmlinux cmdline_proc_show,1 42
vmlinux meminfo_proc_show,1 0'
	func beta vmlinux 1 meminfo_proc_show,1 active
	func beta vmlinux 1 vfs_open,1 "bypassed by bpf program 7 'deny'"
	func beta ext4 0 ext4_iget,1 'not patched'
	put sys/kernel/livepatch/beta/vmlinux/build_id 00112233445566778899aabbccddeeff00112233
	func gamma vmlinux 1 pipe_read,1 'in transition'
	func gamma vmlinux 1 pipe_write,1 'something new'
	tasks_ours
}

tree_stock() {
	machine
	three_patches
	func alpha vmlinux 1 cmdline_proc_show,1
	func alpha vmlinux 1 meminfo_proc_show,1
	func alpha ext4 0 ext4_sync_fs,2
	func alpha nfs 0 nfs_read,1
	func beta vmlinux 1 meminfo_proc_show,1
	func gamma vmlinux 1 pipe_read,1
	tasks_stock
}

# tree_good: all is as it should be
tree_good() {
	machine
	ours
	patch alpha 1 0 1
	patch_ours alpha task 0 0
	module alpha aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1.0
	func alpha vmlinux 1 cmdline_proc_show,1 active
	func alpha nfs 0 nfs_read,1 'not loaded'
}

# tree_empty: a kernel without patches
tree_empty() {
	machine
	ours
}

# tree_none: a kernel without live patching
tree_none() {
	machine
	rmdir "$root/sys/kernel/livepatch"
}
