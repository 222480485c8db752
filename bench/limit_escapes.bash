# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Whom a limiter of one program does not reach: 1.024 MB/s up, by senders of other kinds. Read by
# bench/limits_apart.bash, behind limit_peers.bash.

escape_kinds=(plain static setuid uring existing udp)
declare -A escape_title=(
	[plain]='dynamic program' [static]='static program' \
		[setuid]='setuid program, by another user'
	[uring]='io_uring' [existing]='running, its connection open' [udp]='UDP'
)

# Sets what is special about a kind, for the runners of limit_peers.bash.
escape_prepare() { # KIND
	cell_options=() trickle_front=() peer_program=$fwrate protocol=tcp
	case $1 in
	static) peer_program=$tools/bench_rate_static ;;
	setuid)
		peer_program=$work/setuid
		cp "$fwrate" "$peer_program" && chmod 4755 "$peer_program"
		trickle_front=(setpriv --reuid 65534 --regid 65534 --clear-groups)
		: >"$work/escape" && chmod 666 "$work/escape"
		;;
	uring) cell_options=(--uring) ;;
	existing) cell_options=(--existing) ;;
	udp) protocol=udp ;;
	esac
}

# A process that runs is put into the group, or limited, when its connection is open; trickle has to
# start it.
escape_htb_existing() { # OUTPUT
	local group_pid

	htb_up "$(wire_kbit tcp 1024000)" || return
	rm -f "$work/escape.pid" "$work/escape.go"
	cell_options+=(--limited-pid-file "$work/escape.pid" --go-file "$work/escape.go")
	peer_rate "$1" tcp up 1024000 1 &
	group_pid=$!
	until [ -s "$work/escape.pid" ]; do kill -0 $group_pid || break; sleep 0.05; done
	cat "$work/escape.pid" >"$peer_group/cgroup.procs"
	touch "$work/escape.go"
	wait $group_pid
	htb_remove
}

escape_measure() { # TOOL KIND
	local cell_options peer_program protocol trickle_front front=() output=$work/escape \
		peer_seconds=2

	rm -f "$output"*
	escape_prepare "$2"
	case $1/$2 in
	trickle/existing) ;; # it is not there to be started
	htb/existing) escape_htb_existing "$output" ;;
	flowwatcher/*) fwrate=$peer_program run_flowwatcher "$output" "$protocol" up 1024000 1 ;;
	*) "run_$1" "$output" "$protocol" up 1024000 1 ;;
	esac
	[ -e "$output" ] || : >"$output"
	peer_line "$state/escapes.json" 1 "$1" "${escape_title[$2]}" "$output"
}

escapes_measure() {
	local kind tool

	: >"$state/escapes.json"
	for kind in "${escape_kinds[@]}"; do
		for tool in $peer_tools; do
			[ "$tool" = paced ] || escape_measure "$tool" "$kind"
		done
	done
}

escapes_report() {
	cat <<-END

	### Whom a limit reaches

	Goodput in percent of a limit of 1.024 MB/s up, once: 100 is limited, far more is not.
	END
	limit_table 'map(if .note then .note = "cannot" else . end) | tool_table(.percent; 0)' \
		"$state/escapes.json" \
		--argjson tools "$(jq -c 'del(.paced)' <<<"$peer_names")"
}
