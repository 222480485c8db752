# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# From the start of a command to its first output. Read by bench/run.

# $1: title, $2: none or wire (what is loaded meanwhile), the rest: options and command for
# bench_first.
startup_of() {
	local title=$1 loaded=$2 try

	shift 2
	monitor_start "$loaded"
	: >"$state/first.times"
	for ((try = 0; try < repeats; try++)); do
		"$tools/bench_first" "$@" >>"$state/first.times" || break
		[ "$loaded" != none ] || await no_programs
	done
	monitor_stop
	[ -s "$state/first.times" ] || return 0
	printf '| %s | %.1f (%.1f..%.1f) | %.1f | %.1f | %.0f |\n' "$title" \
		"$(median_of 1 <"$state/first.times")" \
		"$(cut -f 1 "$state/first.times" | sort -g | head -n 1)" \
		"$(cut -f 1 "$state/first.times" | sort -g | tail -n 1)" \
		"$(median_of 2 <"$state/first.times")" "$(median_of 3 <"$state/first.times")" \
		"$(median_of 4 <"$state/first.times")"
}

startup_rows() {
	startup_of '`watch -i 0.1 -c 1`, kernel side loaded' wire "$flowwatcher" watch -i 0.1 -c 1
	startup_of '`watch -i 0.1 -c 1`, private copy' none "$flowwatcher" watch -i 0.1 -c 1
	startup_of '`conns`, kernel side loaded' wire "$flowwatcher" conns
	startup_of '`conns`, private copy' none "$flowwatcher" conns
	startup_of '`load` and `status`' none bash -c \
		'"$0" load && "$0" status && "$0" unload >/dev/null' "$flowwatcher"
	[[ " $monitors " != *' nethogs '* ]] || startup_of '`nethogs -t`' none \
		-k -m Refreshing nethogs -t -C -d 1 -a lo
}

startup_measure() {
	say 'startup: time to the first output'
	{
		cat <<-END
		### From start to first line

		From before \`exec\` to the first byte of output: median of $repeats, smallest and largest. The
		first line of \`watch\` ends its first interval, which is 0.1 s here (nethogs: its first refresh).

		| command | ms to first output | ms to the end | CPU ms | resident kB |
		|---|---:|---:|---:|---:|
		END
		startup_rows
	} >"$state/startup.md"
}
