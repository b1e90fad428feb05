# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion for klp(8), for bash

# What can stand for a patch: those of the kernel, or those applied at boot
_klp_patches() {
	local dir
	for dir in /sys/kernel/livepatch/*/; do
		[ ! -d "$dir" ] || basename "$dir"
	done
}

_klp_boot_patches() {
	local file
	for file in "/var/lib/livepatch/$(uname -r)"/*.ko; do
		[ ! -e "$file" ] || basename "$file" .ko
	done
}

_klp() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local verb='' words='' i
	local verbs="list show load unload reverse force blocked wait monitor verify metrics enable
		disable boot help"
	local common="--json --pretty --help"

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root)	i=$((i + 1)) ;;
		-*)	;;
		*)	verb=${COMP_WORDS[i]}; break ;;
		esac
	done

	case $prev in
	--timeout|--interval|--count|--param)
		return ;;
	--kernel)
		mapfile -t COMPREPLY < <(cd /lib/modules 2> /dev/null && compgen -d -- "$cur")
		return ;;
	--output)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames 2> /dev/null
		return ;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames 2> /dev/null
		return ;;
	esac

	case $verb in
	'')		words="$verbs $common --version --root" ;;
	list)		words=$common ;;
	show)		words="$common $(_klp_patches)" ;;
	load)		words="$common --wait --timeout --revert --replace --param" ;;
	unload)		words="$common --timeout --revert $(_klp_patches)" ;;
	reverse)	words="$common --wait --timeout $(_klp_patches)" ;;
	force)		words="$common --yes $(_klp_patches)" ;;
	blocked)	words="$common --stack $(_klp_patches)" ;;
	wait)		words="$common --timeout $(_klp_patches)" ;;
	monitor)	words="$common --interval --count" ;;
	verify)		words="$common --strict $(_klp_patches)" ;;
	metrics)	words="--help --output" ;;
	enable)		words="$common --kernel" ;;
	disable)	words="$common --all --kernel $(_klp_boot_patches)" ;;
	boot)		words="$common --list --timeout" ;;
	help)		words=$verbs ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")

	# Files of modules, also compressed ones; and folders on the way there
	if [[ $verb == @(load|enable) && $cur != -* ]]; then
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
			compgen -f -X '!*.ko' -- "$cur"
			compgen -f -X '!*.ko.*' -- "$cur"
			compgen -d -- "$cur")
		compopt -o filenames 2> /dev/null
	fi
} && complete -F _klp klp
