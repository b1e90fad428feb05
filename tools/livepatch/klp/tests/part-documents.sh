# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # the files share variables
#
# Help, man page and completion have the same verbs and options.

# shellcheck disable=SC2046 # names of verbs have no blanks
set -- $("$klp" help | sed -n 's/^  \([a-z]\+\)  .*/\1/p')

begin "klp help"
checked help
golden help
expect "verbs" "$#" 15
for verb; do
	klp help "$verb"
	golden "help-$verb"
	text=$out
	checked "$verb" --help
	expect "output of $verb --help" "$out" "$text"
done
klp -h
expect "output of -h" "$out" "$(< <(head -n -1 "$tests/golden/help.txt"))"
klp --version
[[ $out == "klp "* ]] || fail "$out"
finish

# options VERB: the verb's options, as help shows them
options() {
	"$klp" help "$1" | head -n 1 | grep -oE -- '--[a-z]+' | sort -u
}

begin "the man page has each verb and option, and no others"
MANWIDTH=100 man -l "$tests/../klp.8" > "$work/man" 2> "$work/err" || fail "man fails"
[ ! -s "$work/err" ] || fail "$(< "$work/err")"
warnings=$(LC_ALL=C.UTF-8 groff -man -Tutf8 -ww -z "$tests/../klp.8" 2>&1)
[ -z "$warnings" ] || fail "$warnings"
for verb; do
	expect "options of $verb in the synopsis" \
		"$(sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' "$work/man" | grep -E "^ +klp $verb\\b" |
			grep -oE -- '--[a-z]+' | sort -u)" "$(options "$verb")"
	expect "options of $verb in its section" \
		"$(sed -n "/^   klp $verb\\b/,/^\(   klp\|[A-Z]\)/p" "$work/man" |
			grep -oE -- '^ {7}--[a-z]+' | tr -d ' ' | sort -u)" \
		"$(options "$verb" | grep -v -e --yes)"
done
finish

complete_klp() { # WORD...: sets $COMPREPLY for the last word
	COMP_WORDS=(klp "$@")
	COMP_CWORD=$#
	_klp
}

begin "the completion has each verb and option, and no others"
. "$tests/../klp.bash"
complete_klp ''
expect verbs "$(printf '%s\n' "${COMPREPLY[@]}" | grep -v ^- | xargs)" "$*"
complete_klp -j lo
expect "lo" "${COMPREPLY[*]}" load
for verb; do
	complete_klp "$verb" --
	expect "options of $verb" \
		"$(printf '%s\n' "${COMPREPLY[@]}" |
			grep -vxE -- '--(json|pretty|help)' | sort -u)" "$(options "$verb")"
done
cd "$work" || exit
complete_klp load --wait o
expect "files" "$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)" "old.ko one.ko"
cd "$OLDPWD" || exit
finish
