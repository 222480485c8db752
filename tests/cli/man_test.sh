#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: man_test.sh FLOWWATCHER [SOURCE-TREE]
# Holds manual pages and completions against the program: each page is well formed, what `--help`
# prints is in the page and in the completions of all shells and the other way round, and every
# field of the JSON it prints is in a page.
set -u
program=$(realpath "$1") || exit 1
cd "${2:-$(dirname "$0")/../..}" || exit 1
export LC_ALL=C.UTF-8

passed=0
failed=0
skipped=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# verdict NAME FINDINGS: an empty second argument is a pass.
verdict() {
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		printf '%s\n' "$2" | sed 's/^/    /'
	fi
}

skip() { # NAME REASON
	skipped=$((skipped + 1))
	echo "SKIP $1: $2"
}

has() { command -v "$1" >/dev/null; }

commands_of_program() {
	"$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' |
		grep -Evx 'help|version'
}

# The page of a command; one explains all that is about the kernel side, and one each a rule's
# making and end.
page_of() {
	case $1 in
	unload | status) echo man/flowwatcher-load.1 ;;
	unblock | undeny | unlimit) echo "man/flowwatcher-${1#un}.1" ;;
	*) echo "man/flowwatcher-$1.1" ;;
	esac
}

# An empty answer must not pass for agreement, so a word that nothing has stands for it.
options_of_help() {
	"$program" "$1" --help | grep -Eo -- '--[a-z][a-z-]*' | sort -u >"$work/options"
	[ -s "$work/options" ] && cat "$work/options" || echo "no options in the help of $1"
}

# Options that a page has an entry for.
options_of_page() {
	sed -n 's/^\.It \(Fl [a-z] , \)*Fl Fl \([a-z-]*\).*/--\2/p' "$1" | sort -u
}

# missing WHERE FILE-OF-THOSE-WANTED FILE-OF-THOSE-THERE
missing() { comm -23 "$2" "$3" | sed "s|\$|: not in $1|"; }

check_lint() {
	for page in man/*.1; do
		if has mandoc; then
			verdict "$page is well formed" \
				"$(mandoc -T lint -W warning "$page" 2>/dev/null)"
		else
			skip "$page is well formed" 'no mandoc: install mandoc'
		fi
	done
}

check_syntax() { # SHELL FILE
	if has "$1"; then
		verdict "$2 parses" "$("$1" -n "$2" 2>&1)"
	else
		skip "$2 parses" "no $1: install $1"
	fi
}

check_help() { # COMMAND
	page=$(page_of "$1")
	options_of_help "$1" >"$work/help"
	options_of_page "$page" >"$work/page"
	verdict "options of $1 are in its page" "$(missing "$page" "$work/help" "$work/page")"
}

# The page of several commands has the options of all of them.
check_page() { # PAGE COMMAND...
	page=$1
	shift
	for command; do options_of_help "$command"; done | sort -u >"$work/help"
	options_of_page "$page" >"$work/page"
	verdict "options of $page are in --help" "$(missing '--help' "$work/page" "$work/help")"
}

options_in_bash() {
	bash -c '. completions/flowwatcher.bash && _flowwatcher_options "$1"' bash "$1" |
		tr ' ' '\n' | grep -- '^--' | sort -u
}

options_in_fish() {
	# shellcheck disable=SC2016 # $argv is fish's
	HOME=$work fish -N \
		-c 'source completions/flowwatcher.fish; complete -C "flowwatcher $argv[1] --"' \
		"$1" | cut -f 1 | sort -u
}

check_completions() { # COMMAND
	options_of_help "$1" >"$work/help"
	options_in_bash "$1" >"$work/bash"
	verdict "bash offers the options of $1" "$(
		missing completions/flowwatcher.bash "$work/help" "$work/bash"
		missing --help "$work/bash" "$work/help"
	)"
	if has fish; then
		options_in_fish "$1" >"$work/fish"
		verdict "fish offers the options of $1" "$(
			missing completions/flowwatcher.fish "$work/help" "$work/fish"
			missing --help "$work/fish" "$work/help"
		)"
	else
		sed -n 's/.* -l \([a-z-]*\).*/--\1/p' completions/flowwatcher.fish |
			sort -u >"$work/fish"
		verdict "the options of $1 are in the completion of fish" \
			"$(missing completions/flowwatcher.fish "$work/help" "$work/fish")"
	fi
	grep -Eo -- '--[a-z][a-z-]*' completions/_flowwatcher | sort -u >"$work/zsh"
	verdict "the options of $1 are in the completion of zsh" \
		"$(missing completions/_flowwatcher "$work/help" "$work/zsh")"
}

# What `filter` prints of a subcommand's options is what all shells offer for it, and in its page.
check_subcommand() { # SUBCOMMAND
	"$program" filter "$1" --help | grep -Eo -- '--[a-z][a-z-]*' | sort -u >"$work/help"
	[ -s "$work/help" ] || echo 'no options at all' >"$work/help"
	bash -c '. completions/flowwatcher.bash && _flowwatcher_options filter "$1"' bash "$1" |
		tr ' ' '\n' | grep -- '^--' | sort -u >"$work/bash"
	options_of_page man/flowwatcher-filter.1 >"$work/page"
	verdict "bash offers the options of filter $1, and its page has them" "$(
		missing completions/flowwatcher.bash "$work/help" "$work/bash"
		missing --help "$work/bash" "$work/help"
		missing man/flowwatcher-filter.1 "$work/help" "$work/page"
	)"
	if has fish; then
		options_in_fish "filter $1" >"$work/fish"
		verdict "fish offers the options of filter $1" "$(
			missing completions/flowwatcher.fish "$work/help" "$work/fish"
			missing --help "$work/fish" "$work/help"
		)"
	fi
}

# complete_in_bash WORD...: what bash offers for the last of these words.
complete_in_bash() {
	bash -c '. completions/flowwatcher.bash
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		_flowwatcher
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

offers() { # CANDIDATE WORD...
	candidate=$1
	shift
	verdict "bash offers $candidate for '$*'" \
		"$(complete_in_bash "$@" | grep -Fxq -- "$candidate" || echo "offered: $(complete_in_bash "$@" | head -n 5)")"
}

check_commands() {
	for command in $commands; do
		offers "$command" flowwatcher "$command"
		for file in completions/_flowwatcher completions/flowwatcher.fish \
			man/flowwatcher.1; do
			grep -qw -- "$command" "$file" || echo "$file has no $command"
		done >"$work/findings"
		verdict "$command is in the completions and the overview" "$(cat "$work/findings")"
	done
}

check_values() {
	offers connection flowwatcher watch --by c
	offers process flowwatcher watch --by = p
	offers sockdiag flowwatcher ports --backend s
	offers cgroup: flowwatcher conns --target c
	offers root flowwatcher watch --target user : roo
	offers $$ flowwatcher watch -p $$
	offers true flowwatcher stat -- tru
	offers doctor flowwatcher help d
	offers process,image_load flowwatcher events --types process,im
	offers $$ flowwatcher events --tree $$
	offers tests flowwatcher record --force tes
	offers tests flowwatcher replay tes
	offers watch flowwatcher replay --at 5s file w
	offers connection flowwatcher replay file watch --by c
	offers exe: flowwatcher block e
	offers root flowwatcher limit user : roo
	offers comm: flowwatcher unblock c
	offers restore flowwatcher rules r
	offers tests flowwatcher rules restore tes
	offers tests flowwatcher rules restore --replace tes
	offers blocked flowwatcher events --types blo
	offers 10min flowwatcher block exe : /bin/sh --for 10
	offers unlimited flowwatcher limit exe : /bin/sh --up un
	offers --tcp flowwatcher replay file ports --t
	offers setdflt flowwatcher filter setd
	offers lo flowwatcher filter get --adapter l
	offers both flowwatcher filter add --adapter lo --direction b
	offers generic flowwatcher filter set --hook g
	offers ipset flowwatcher filter check --format ip
	offers tests flowwatcher filter set --force tes
	offers tests flowwatcher filter test --file tes
	offers --top flowwatcher filter stats --t
}

fields_of_pages() {
	grep -h '^\.It Li' "$@" | tr -d ',' | cut -d ' ' -f 3- | tr ' ' '\n' | sort -u
	printf '%s\n' schema type # explained once, in the overview
}

# Every field, those of nested objects too, but for the bytes that may stand beside a text.
fields_of_json() {
	jq -r '[paths | map(select(type == "string")) | .[]] | unique | .[]' |
		grep -v '_base64$' | sort -u
}

# The program with a socket to list and, until it ends, a datagram now and then to count.
# shellcheck disable=SC2016 # the inner shell expands
with_traffic() {
	timeout 60 bash -c 'exec 3<>/dev/udp/127.0.0.1/9
		"$@" 3>&- &
		while [ -n "$(jobs -r)" ]; do printf x >&3; done 2>/dev/null
		wait $!' bash "$@"
}

# The program with processes and sockets that come and go until it ends.
# shellcheck disable=SC2016
with_processes() {
	timeout 60 bash -c '"$@" &
		while [ -n "$(jobs -r)" ]; do
			(exec 3<>/dev/udp/127.0.0.1/9; printf x >&3; exec sleep 0.01)
		done 2>/dev/null
		wait $!' bash "$@"
}

# The program on a kernel side of its own with a rule of each kind of target, about nobody.
with_rules() {
	FLOWWATCHER_BPFFS=$work/bpffs
	export FLOWWATCHER_BPFFS
	mkdir -p "$FLOWWATCHER_BPFFS"
	"$1" load || return
	sleep 60 &
	sleeper=$!
	{
		"$1" block pid:$sleeper &&
			"$1" block exe:/no/such/program --to 192.0.2.0/24:80-81 &&
			"$1" block user:4123456789 --for 1h &&
			"$1" block comm:no-such-name --only-outgoing
	} >/dev/null && "$@"
	code=$?
	kill $sleeper
	"$1" unload
	unset FLOWWATCHER_BPFFS
	return $code
}

# The program in a network namespace of its own, on a kernel side of its own that filters lo, which
# is up.
# shellcheck disable=SC2016
with_lists() {
	FLOWWATCHER_BPFFS=$work/bpffs
	export FLOWWATCHER_BPFFS
	mkdir -p "$FLOWWATCHER_BPFFS"
	"$1" load || return
	printf '[lo in]\n192.0.2.1\n192.0.2.1\n192.0.2.0/24\n127.9.9.9\n' >"$work/list"
	unshare --net sh -c 'ip link set lo up 2>/dev/null
		"$1" filter set "$0" >/dev/null || exit
		(echo x >/dev/udp/127.9.9.9/9) 2>/dev/null
		"$@"
		code=$?
		"$1" filter setdflt >/dev/null
		exit $code' "$work/list" "$@"
	code=$?
	"$1" unload
	unset FLOWWATCHER_BPFFS
	[ $code -eq 10 ] && return 0 # an address would be dropped
	return $code
}

# The program ended by a signal as soon as it has printed something.
# shellcheck disable=SC2016
interrupted() {
	: >"$work/before"
	timeout 60 bash -c '"$@" >"$0" &
		while [ ! -s "$0" ] && [ -n "$(jobs -r)" ]; do :; done
		kill -TERM $!
		wait $! && cat "$0"' "$work/before" "$@"
}

# check_fields PAGE HOW OPTION...: what the program prints is in the page. 3 and 4: cannot run here.
check_fields() {
	page=$1
	how=$2
	shift 2
	name="fields of $*, $how, are in $page"
	if ! has jq; then
		skip "$name" 'no jq: install jq'
		return
	fi
	"$how" "$program" "$@" >"$work/json" 2>"$work/errors" </dev/null
	code=$?
	case $code in
	0)
		fields_of_json <"$work/json" >"$work/fields"
		[ -s "$work/fields" ] || echo 'no JSON at all' >"$work/fields"
		fields_of_pages "$page" man/flowwatcher-conns.1 man/flowwatcher-ports.1 |
			sort -u >"$work/known"
		verdict "$name" "$(missing "$page" "$work/fields" "$work/known")"
		;;
	3 | 4) skip "$name" "$(head -n 1 "$work/errors")" ;;
	*) verdict "$name" "exit code $code: $(head -n 1 "$work/errors")" ;;
	esac
}

commands=$(commands_of_program)
check_lint
check_syntax bash completions/flowwatcher.bash
check_syntax zsh completions/_flowwatcher
check_syntax fish completions/flowwatcher.fish
check_commands
verdict 'the program lists its commands' "$([ -n "$commands" ] || echo 'none found')"
for command in $commands; do
	check_help "$command"
	check_completions "$command"
done
for command in enum set get add remove setdflt stats test check follow; do
	check_subcommand $command
done
for command in watch stat conns ports events record replay rules filter doctor; do
	check_page "$(page_of $command)" $command
done
check_page man/flowwatcher-load.1 load unload status
check_page man/flowwatcher-block.1 block unblock
check_page man/flowwatcher-deny.1 deny undeny
check_page man/flowwatcher-limit.1 limit unlimit
check_values
# Of the intervals with traffic, and of the totals after an interruption.
for how in with_traffic interrupted; do
	check_fields man/flowwatcher-watch.1 "$how" watch --json --all -c 5 -i 0.1
	check_fields man/flowwatcher-watch.1 "$how" watch --json --all -c 5 -i 0.1 --by connection
done
check_fields man/flowwatcher-stat.1 with_traffic stat --json -- \
	bash -c 'exec 3<>/dev/udp/127.0.0.1/9; printf x >&3'
check_fields man/flowwatcher-conns.1 with_traffic conns --json --all
check_fields man/flowwatcher-ports.1 with_traffic ports --json --all
check_fields man/flowwatcher-events.1 with_processes events --json --since-boot-snapshot -c 500 -d 5
check_fields man/flowwatcher-load.1 with_traffic status --json
check_fields man/flowwatcher-block.1 with_traffic block --dry-run --json pid:$$
with_traffic "$program" record -d 0.5 -i 0.1 "$work/recording" >"$work/out" 2>&1
check_fields man/flowwatcher-watch.1 with_traffic replay "$work/recording" watch --json --all
check_fields man/flowwatcher-conns.1 with_traffic replay "$work/recording" conns --json --all
check_fields man/flowwatcher-rules.1 with_rules rules --json
printf '192.0.2.1\n192.0.2.0/24\n192.0.2.0/24\n' >"$work/list"
check_fields man/flowwatcher-filter.1 with_traffic filter check --json "$work/list"
check_fields man/flowwatcher-filter.1 with_lists filter enum --json
check_fields man/flowwatcher-filter.1 with_lists filter get --json
check_fields man/flowwatcher-filter.1 with_lists filter stats --json --top 5 -c 1 -i 0.1
check_fields man/flowwatcher-filter.1 with_lists filter test --json 192.0.2.1 198.51.100.1
check_fields man/flowwatcher-filter.1 with_lists filter add --json --adapter lo 198.51.100.1
check_fields man/flowwatcher-doctor.1 with_traffic doctor --json

echo "man: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
