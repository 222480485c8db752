# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# bash completion for flowwatcher. Works with and without the bash-completion package.

# _flowwatcher_options COMMAND [SUBCOMMAND]
_flowwatcher_options() {
	case $1 in
	watch)
		echo '-i --interval -c --count -p --pid --target --all --by --json --classic' \
			'--no-wire --backend --help'
		;;
	stat) echo '--json -o --output --no-wire --help' ;;
	conns) echo '-p --pid --target --all --json --backend --help' ;;
	ports) echo \
		'--follow --fail-on-loss --tcp --udp -p --pid --target --all --json --backend --help' ;;
	events)
		echo '--types -p --pid --target --tree --since-boot-snapshot --all-mappings --buffer -c --count' \
			'-d --duration --json --classic --fail-on-loss --no-wire --backend --help'
		;;
	block)
		echo '--to --only-incoming --only-outgoing --allow-loopback --no-children --for --dry-run' \
			'--force --json --help'
		;;
	limit) echo '--up --down --no-children --for --dry-run --force --json --help' ;;
	deny) echo '--for --dry-run --force --json --help' ;;
	unblock | undeny | unlimit) echo '--all --help' ;;
	rules) echo '--json --replace --force --dry-run --help' ;;
	filter) _flowwatcher_filter_options "${2-}" ;;
	record) echo \
		'-i --interval -d --duration --force --no-wire --backend --fail-on-loss --help' ;;
	replay) echo '--at --info --help' ;;
	load) echo '--no-wire --readers --help' ;;
	unload) echo '--help' ;;
	status | doctor) echo '--json --help' ;;
	esac
}

# Of a subcommand of filter, or of all of them.
_flowwatcher_filter_options() {
	case $1 in
	enum) echo '--adapter --json --help' ;;
	set) echo \
		'--adapter --direction --hook --format --skip-bad --force --dry-run --json --help' ;;
	get | setdflt) echo '--adapter --direction --json --help' ;;
	add) echo '--adapter --direction --hook --force --dry-run --json --help' ;;
	remove) echo '--adapter --direction --dry-run --json --help' ;;
	stats) echo '--adapter --top -i --interval -c --count --json --help' ;;
	test) echo '--adapter --direction --file --format --skip-bad --json --help' ;;
	check) echo '--format --json --help' ;;
	query) echo '--adapter --json --help' ;;
	follow) echo '--once --hook --format --skip-bad --force --json --help' ;;
	*)
		echo '--adapter --direction --hook --format --skip-bad --force --dry-run --file --top' \
			'-i --interval -c --count --once --json --help'
		;;
	esac
}

_flowwatcher_filter_parts='enum set get add remove setdflt stats test check follow query'

# _flowwatcher_filter WORD: what may follow the filter command: a subcommand, its options, its file.
_flowwatcher_filter() {
	if [ ${#words[@]} -le 3 ]; then
		compgen -W "$_flowwatcher_filter_parts --help" -- "$1"
	elif [[ $1 == -* ]]; then
		compgen -W "$(_flowwatcher_options filter "${words[2]}")" -- "$1"
	elif [[ ${words[2]} == @(set|check|follow) ]]; then
		compgen -f -- "$1"
	fi
}

_flowwatcher_pids() {
	local entry
	for entry in /proc/[0-9]*; do
		echo "${entry#/proc/}"
	done
}

_flowwatcher_names() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep -v '[^[:alnum:]_.+@-]' | sort -u
}

_flowwatcher_units() {
	systemctl list-units --all --plain --no-legend \
		--type=service,socket,scope,slice 2>/dev/null |
		awk '{ print $1 }'
}

# Below the root of the cgroup version 2 tree, wherever that is mounted.
_flowwatcher_cgroups() {
	local root
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	[ -n "$root" ] && compgen -d -- "$root$1" | sed "s,^$root,,"
}

# _flowwatcher_target WORD: what may become of a target, its prefix included.
_flowwatcher_target() {
	local value=${1#*:}
	case $1 in
	pid:*) compgen -P pid: -W "$(_flowwatcher_pids)" -- "$value" ;;
	exe:*) compgen -P exe: -f -- "${value:-/}" ;;
	comm:*) compgen -P comm: -W "$(_flowwatcher_names)" -- "$value" ;;
	cgroup:*) _flowwatcher_cgroups "${value:-/}" | sed 's,^,cgroup:,' ;;
	unit:*) compgen -P unit: -W "$(_flowwatcher_units)" -- "$value" ;;
	user:*) compgen -P user: -u -- "$value" ;;
	*) compgen -W 'pid: exe: comm: cgroup: unit: user:' -- "$1" ;;
	esac
}

# _flowwatcher_types LIST: the last name of a list of types of events, what stands before it
# included.
_flowwatcher_types() {
	local before=
	[[ $1 == *,* ]] && before=${1%,*},
	compgen -P "$before" -W 'process_create process_exit thread_create thread_exit image_load
		connection_open connection_close port_taken port_released blocked process thread image connection
		port all' -- "${1##*,}"
}

# _flowwatcher_value OPTION WORD: candidates for an option's value; fails for an option without one.
_flowwatcher_value() {
	case $1 in
	-i | --interval) compgen -W '250ms 500ms 1s 2s 5s 10s 1m' -- "$2" ;;
	-c | --count | --at) ;;
	-d | --duration) compgen -W '1s 10s 1m 10m 1h' -- "$2" ;;
	--types) _flowwatcher_types "$2" ;;
	--buffer) compgen -W '64KiB 256KiB 1MiB 8MiB 64MiB' -- "$2" ;;
	-p | --pid | --tree) compgen -W "$(_flowwatcher_pids)" -- "$2" ;;
	--target) _flowwatcher_target "$2" ;;
	--to) compgen -W '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 0.0.0.0/0 ::/0' -- "$2" ;;
	--up | --down) compgen -W '100kB/s 1MB/s 10MB/s 800kbit/s 8Mbit/s unlimited' -- "$2" ;;
	--for) compgen -W '30s 10min 1h 1d' -- "$2" ;;
	--by) compgen -W 'process connection' -- "$2" ;;
	--adapter) compgen -W "$(cd /sys/class/net && echo *)" -- "$2" ;;
	--direction) compgen -W 'in out both' -- "$2" ;;
	--hook) compgen -W 'best native generic tc' -- "$2" ;;
	--format) compgen -W 'auto classic plain netset hosts ipset' -- "$2" ;;
	--top) compgen -W '5 10 20 50' -- "$2" ;;
	--file) compgen -f -- "$2" ;;
	--readers) compgen -g -- "$2" ;;
	--backend) compgen -W 'auto bpf sockdiag' -- "$2" ;;
	-o | --output) compgen -f -- "$2" ;;
	*) return 1 ;;
	esac
	return 0
}

# The numbers of the rules in force.
_flowwatcher_rules() {
	flowwatcher rules --json 2>/dev/null | sed -n 's/.*"id":\([0-9]*\).*/\1/p'
}

# _flowwatcher_argument COMMAND WORD: an option, or the target, file or word that a command takes.
_flowwatcher_argument() {
	case $1:$2 in
	filter:*)
		_flowwatcher_filter "$2"
		return
		;;
	*:-*) ;;
	block:* | deny:* | limit:*)
		_flowwatcher_target "$2"
		return
		;;
	unblock:* | undeny:* | unlimit:*)
		_flowwatcher_target "$2"
		compgen -W "$(_flowwatcher_rules)" -- "$2"
		return
		;;
	rules:*)
		if [[ " ${words[*]:2} " == *\ @(save|restore)\ * ]]; then
			compgen -f -- "$2"
		else
			compgen -W 'save restore clear' -- "$2"
		fi
		return
		;;
	record:* | replay:*)
		compgen -f -- "$2"
		return
		;;
	esac
	compgen -W "$(_flowwatcher_options "$1")" -- "$2"
}

# bash splits words at ':' and '='; put them together again. Sets words and origin (the place of
# each in COMP_WORDS), up to the cursor.
_flowwatcher_join() {
	local i word glue=
	words=()
	origin=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "$i" -eq "$COMP_CWORD" ] && [ -z "$word" ]; then
			case ${COMP_LINE:0:COMP_POINT} in *[[:space:]]) glue= ;; esac
		fi
		if [ ${#words[@]} -gt 1 ] && { [ -n "$glue" ] || [[ $word == [:=]* ]]; }; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
			origin+=("$i")
		fi
		[[ $word == *[:=] ]] && glue=1 || glue=
	done
}

# Where in words the command that stat runs begins; fails before it.
_flowwatcher_measured() {
	local i
	for ((i = 2; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		--)
			i=$((i + 1))
			break
			;;
		-o | --output) i=$((i + 1)) ;;
		-*) ;;
		*) break ;;
		esac
	done
	[ "$i" -lt ${#words[@]} ] && echo "$i"
}

# Where in words the command that replay runs, behind the recording, begins; fails before it.
_flowwatcher_replayed() {
	local i
	for ((i = 2; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		--at) i=$((i + 1)) ;;
		-*) ;;
		*) break ;;
		esac
	done
	i=$((i + 1))
	[ "$i" -lt ${#words[@]} ] && echo "$i"
}

_flowwatcher_command_line() {
	local first=$1 last=$((${#words[@]} - 1))
	if declare -F _command_offset >/dev/null; then
		_command_offset "${origin[first]}"
	elif [ "$first" -eq "$last" ]; then
		mapfile -t COMPREPLY < <(compgen -c -- "${words[last]}")
	else
		compopt -o default
	fi
}

_flowwatcher() {
	local words origin cur option candidates first trim
	_flowwatcher_join
	COMPREPLY=()
	cur=${words[${#words[@]} - 1]}
	if [ ${#words[@]} -le 2 ] || { [ ${#words[@]} -eq 3 ] && [ "${words[1]}" = help ]; }; then
		candidates='watch stat conns ports events record replay block unblock deny undeny limit unlimit rules'
		candidates+=' filter load unload status doctor'
		[ ${#words[@]} -le 2 ] && candidates+=' help version --help --version'
		mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$cur")
		return
	fi
	if [ "${words[1]}" = help ]; then
		[ "${#words[@]}:${words[2]}" = 4:filter ] &&
			mapfile -t COMPREPLY < <(compgen -W "$_flowwatcher_filter_parts" -- "$cur")
		return
	fi
	option=${words[${#words[@]} - 2]}
	if [[ $cur == --*=* ]]; then
		option=${cur%%=*}
		cur=${cur#*=}
	fi
	if [ "${words[1]}" = stat ] && first=$(_flowwatcher_measured); then
		_flowwatcher_command_line "$first"
		return
	fi
	if [ "${words[1]}" = replay ] && first=$(_flowwatcher_replayed); then
		[ "$first" -eq $((${#words[@]} - 1)) ] &&
			mapfile -t COMPREPLY < <(compgen -W 'events watch conns ports' -- "$cur") &&
			return
		words=("${words[0]}" "${words[@]:first}")
	fi
	candidates=$(_flowwatcher_value "$option" "$cur") ||
		candidates=$(_flowwatcher_argument "${words[1]}" "$cur")
	[ -n "$candidates" ] && mapfile -t COMPREPLY <<<"$candidates"
	case "$option $candidates" in
	--target*/* | -o* | --output* | --file*) compopt -o filenames ;;
	esac 2>/dev/null
	[[ ${words[1]}:$cur == re[cp]*:[^-]* ||
		${words[*]:1:2} == 'filter '@(set|check|follow) ]] &&
		compopt -o filenames 2>/dev/null
	[[ $candidates == *: ]] && compopt -o nospace 2>/dev/null
	# What stands before the last ':' is not the word that bash replaces.
	if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
		trim=${cur%"${cur##*:}"}
		COMPREPLY=("${COMPREPLY[@]#"$trim"}")
	fi
}

complete -F _flowwatcher flowwatcher
