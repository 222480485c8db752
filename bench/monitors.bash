# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The monitors that are compared: how each is started, how it shows that it is attached, how it
# ends. Read by bench/run; uses $flowwatcher and $state.

# In the order in which a round runs them. "again" is nothing once more: what chance alone does.
monitors='none payload wire watch nethogs bpftrace tcptop again'

declare -A monitor_title=(
	[none]='no monitor'
	[payload]='loaded, payload only'
	[wire]='loaded with wire bytes'
	[watch]='the same and `watch -i 1`'
	[nethogs]='nethogs'
	[bpftrace]='bpftrace script'
	[tcptop]='bcc tcptop'
	[again]='no monitor again'
)

monitor_pid=0     # of the running monitor; 0: it needs no process
monitor_status=0  # of the last one that was stopped
monitor_loaded='' # flowwatcher's kernel side is in place
monitor_refusals=''

# Wait until a command succeeds, 10 seconds at most.
await() {
	local tries

	for ((tries = 0; tries < 200; tries++)); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

# Number of flowwatcher's programs in the kernel, whoever loaded them.
programs_present() {
	bpftool prog show | grep -c ' name fw_'
}

no_programs() {
	[ "$(programs_present)" = 0 ]
}

# Emptied first: what the monitor before printed must not pass for this one's output.
launch() {
	: >"$state/monitor.out"
	"$@" >>"$state/monitor.out" 2>&1 &
	monitor_pid=$!
}

# The monitor has printed a line that matches, or is gone.
has_printed_or_ended() {
	grep -q "$1" "$state/monitor.out" || ! kill -0 "$monitor_pid" 2>/dev/null
}

await_output() {
	await has_printed_or_ended "$1" && kill -0 "$monitor_pid" 2>/dev/null
}

load() {
	"$flowwatcher" load "$@" || fail 'flowwatcher load failed'
	monitor_loaded=yes
}

start_watch() {
	load
	launch "$flowwatcher" watch -i 1
	await_output .
}

start_bpftrace() {
	launch unshare --mount --propagation private bash -c '
		mount -t tracefs tracefs /sys/kernel/tracing
		exec bpftrace -B line "$0"' "$here/top.bt"
	await_output '^ready'
}

# True once the monitor is attached.
monitor_start() {
	monitor_pid=0
	case $1 in
	none|again) ;;
	payload) load --no-wire ;;
	wire) load ;;
	watch) start_watch ;;
	nethogs) launch nethogs -t -C -d 1 -a lo; await_output Refreshing ;;
	bpftrace) start_bpftrace ;;
	tcptop) launch tcptop-bpfcc -C 1; await_output PID ;;
	esac
}

monitor_stop() {
	if [ "$monitor_pid" != 0 ]; then
		kill "$monitor_pid" 2>/dev/null
		wait "$monitor_pid" 2>/dev/null
		monitor_status=$?
		monitor_pid=0
	fi
	if [ -n "$monitor_loaded" ]; then
		"$flowwatcher" unload
		monitor_loaded=''
		await no_programs || say 'bench: programs of another flowwatcher are loaded'
	fi
}

# Keep only the monitors that work here, and remember why the others do not.
monitors_prepare() {
	local name works=''

	await no_programs || fail \
		"a flowwatcher is loaded or running: 'flowwatcher unload' it, then repeat"
	for name in $monitors; do
		if monitor_start "$name"; then
			works="$works $name"
		else
			monitor_refusals="$monitor_refusals
- ${monitor_title[$name]} does not run here: $(grep -v '^ *$' "$state/monitor.out" | tail -n 1)"
		fi
		monitor_stop
	done
	monitors=$works
}
