# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What watching costs by the number of live connections. Read by bench/run.

connections_counts='10 1000 10000'
holder_pid=0

# Opens connections that live until connections_release. $1: how many, $2: -t for a little traffic.
connections_hold() {
	mkfifo "$state/hold.in"
	"$tools/bench_hold" ${2:+"$2"} "$1" <"$state/hold.in" >"$state/hold.out" &
	holder_pid=$!
	exec 8>"$state/hold.in"
	await grep -q ready "$state/hold.out" || fail "opening $1 connections failed"
}

connections_release() {
	[ "$holder_pid" != 0 ] || return 0
	exec 8>&-
	wait "$holder_pid"
	holder_pid=0
	rm -f "$state/hold.in"
}

# Cost of the command that runs as $monitor_pid; its own line of output shows that it is at work.
cost_of() {
	local line

	if line=$("$tools/bench_cost" "$monitor_pid" "$cost_seconds"); then
		printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$line"
	else
		wait "$monitor_pid"
		say "bench: $3 ended by itself with status $?, its last output: $(tail -n 3 "$state/monitor.out")"
		printf '%s\t%s\t%s\tended\t\t\t\n' "$1" "$2" "$3"
	fi
}

cost_of_watch() {
	launch "$flowwatcher" watch -i 1 ${4:+--by "$4"}
	await_output . && cost_of "$1" "$2" "$3"
	kill "$monitor_pid" 2>/dev/null
	wait "$monitor_pid" 2>/dev/null
	monitor_pid=0
}

# Median of a column of lines on standard input.
median_of() {
	cut -f "$1" | sort -g | awk '{ v[NR] = $1 }
		END { print NR ? NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 : "-" }'
}

cost_of_conns() {
	local try

	for ((try = 0; try < repeats; try++)); do
		"$tools/bench_first" "$flowwatcher" conns
	done >"$state/conns.times"
	printf '%s\t%s\t%s\t%s\n' "$1" "$(median_of 2 <"$state/conns.times")" \
		"$(median_of 3 <"$state/conns.times")" "$(median_of 4 <"$state/conns.times")"
}

# Ids of the maps that the loaded programs use, each once.
map_ids() {
	local link

	for link in "$FLOWWATCHER_BPFFS"/flowwatcher/link-*; do
		bpftool -j prog show id "$(bpftool -j link show pinned "$link" | jq .prog_id)"
	done | jq '.map_ids[]?' | sort -un
}

# Kernel memory of the maps as the kernel accounts it, in kB. State of sockets is not in it: the
# kernel keeps that with the socket.
map_memory() {
	map_ids | while read -r id; do
		bpftool -j map show id "$id"
	done | jq -s 'map(.bytes_memlock) | add / 1024 | floor'
}

connections_with() {
	local count=$1 kind=$2

	say "connections: $count, $kind"
	connections_hold "$count" "${3:-}"
	cost_of_watch "$count" "$kind" '`watch -i 1`, private copy' >>"$state/cost.tsv"
	await no_programs
	monitor_start wire
	cost_of_watch "$count" "$kind" '`watch -i 1`' >>"$state/cost.tsv"
	cost_of_watch "$count" "$kind" '`watch -i 1 --by connection`' connection >>"$state/cost.tsv"
	if [ "$kind" = idle ]; then
		cost_of_conns "$count" >>"$state/conns.tsv"
		printf '%s\t%s\n' "$count" "$(map_memory)" >>"$state/maps.tsv"
	fi
	monitor_stop
	if [[ " $monitors " == *' nethogs '* ]]; then
		monitor_start nethogs && cost_of "$count" "$kind" nethogs >>"$state/cost.tsv"
		monitor_stop
	fi
	connections_release
}

connections_report() {
	cat <<-END
	### Cost by live connections

	TCP connections over loopback with both ends on this machine, so that each is two sockets. Idle, or
	a tenth of them exchanging 100 bytes each second. CPU over $cost_seconds s; memory after that.

	| connections | traffic | monitor | CPU, % of a core | resident kB | most kB | private kB |
	|---:|---|---|---:|---:|---:|---:|
	END
	awk -v FS='\t' \
		'{ printf "| %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7 }' \
		"$state/cost.tsv"
	cat <<-END

	One \`conns\` with the kernel side loaded, median of $repeats, and the kernel memory of the maps:

	| connections | ms | CPU ms | resident kB | maps kB |
	|---:|---:|---:|---:|---:|
	END
	awk -v FS='\t' 'NR == FNR { maps[$1] = $2; next }
		{ printf "| %s | %.1f | %.1f | %.0f | %s |\n", $1, $2, $3, $4, maps[$1] }' \
		"$state/maps.tsv" "$state/conns.tsv"
}

connections_measure() {
	local count

	touch "$state/cost.tsv" "$state/conns.tsv" "$state/maps.tsv"
	for count in $connections_counts; do
		connections_with "$count" idle
		connections_with "$count" 'a little' -t
	done
	connections_report >"$state/connections.md"
}
