# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The monitors of processes and threads that are compared: how each is started, where it writes,
# which events it tells of. Read by bench/run, behind monitors.bash.

event_monitors='none loaded events_null events_json events_classic forkstat bpftrace execsnoop auditd again'

declare -A event_monitor_title=(
	[none]='no monitor'
	[loaded]='loaded, no reader'
	[events_null]='`events --json >/dev/null`'
	[events_json]='`events --json` to a file'
	[events_classic]='`events --classic` to a file'
	[forkstat]='forkstat'
	[bpftrace]='bpftrace script'
	[execsnoop]='bcc execsnoop'
	[auditd]='auditd'
	[again]='no monitor again'
)

event_output=''	 # file that the running monitor writes to
event_helpers='' # pids of what works for it in the kernel
audit_before=''	 # what auditing was before it was switched on: enabled, backlog limit

# Events of these types alone: nobody else tells of images, connections and ports.
event_types='--types process,thread'

# launch, but with standard output in a file of its own. $1: the file.
launch_to() {
	local output=$1

	shift
	: >"$state/monitor.out"
	"$@" >"$output" 2>>"$state/monitor.out" &
	monitor_pid=$!
}

is_installed() {
	command -v "$1" >/dev/null || {
		echo "it is not installed: apt-get install $2" >"$state/monitor.out"
		return 1
	}
}

one_reader_or_ended() {
	[ "$("$flowwatcher" status --json 2>/dev/null | jq '.readers // 0')" -ge 1 ] ||
		! kill -0 "$monitor_pid" 2>/dev/null
}

# Wire bytes are not what is measured here. $1: file for the output; the rest: options of events.
start_events() {
	local output=$1

	shift
	load --no-wire
	launch_to "$output" "$flowwatcher" events $event_types "$@"
	await one_reader_or_ended && kill -0 "$monitor_pid" 2>/dev/null
}

# With a process name from the kernel, as others give it, and not from /proc.
start_forkstat() {
	is_installed forkstat forkstat || return
	launch forkstat -c -e fork,exec,exit,clone
	event_output=$state/monitor.out
	await_output .
}

start_events_bpftrace() {
	is_installed bpftrace bpftrace || return
	launch unshare --mount --propagation private bash -c '
		mount -t tracefs tracefs /sys/kernel/tracing
		exec bpftrace "$0"' "$here/events.bt"
	event_output=$state/monitor.out
	await_output '^ready'
}

start_execsnoop() {
	is_installed execsnoop-bpfcc bpfcc-tools || return
	launch execsnoop-bpfcc
	event_output=$state/monitor.out
	await_output PCOMM
}

audit_configuration() {
	cat <<-END
	local_events = yes
	write_logs = yes
	log_file = $state/audit/audit.log
	log_format = RAW
	flush = NONE
	max_log_file_action = IGNORE
	space_left = 2
	space_left_action = IGNORE
	admin_space_left = 1
	admin_space_left_action = IGNORE
	disk_full_action = IGNORE
	disk_error_action = IGNORE
	plugin_dir = $state/audit/plugins
	END
}

audit_rule() {
	auditctl "$1" always,exit -F arch=b64 -S clone,clone3,fork,vfork,execve,exit,exit_group \
		-k flowwatcher-bench >/dev/null 2>>"$state/monitor.out"
}

# What `auditctl -s` says of one word.
audit_status() {
	auditctl -s 2>/dev/null | awk -v word="$1" '$1 == word { print $2 }'
}

audit_runs_or_ended() {
	[ "$(audit_status pid)" = "$monitor_pid" ] || ! kill -0 "$monitor_pid" 2>/dev/null
}

# An auditd or rules of this machine are left alone.
start_auditd() {
	is_installed auditd auditd || return
	: >"$state/monitor.out"
	case $(audit_status pid):$(auditctl -l 2>&1) in
	'0:No rules') ;;
	:*) echo 'this kernel or machine has no auditing' >"$state/monitor.out"; return 1 ;;
	*) echo 'auditing is in use on this machine' >"$state/monitor.out"; return 1 ;;
	esac
	mkdir -p "$state/audit/plugins"
	rm -f "$state/audit"/audit.log*
	audit_configuration >"$state/audit/auditd.conf"
	audit_before="$(audit_status enabled) $(audit_status backlog_limit)"
	launch auditd -n -s enable -c "$state/audit"
	event_helpers=$(pgrep -x kauditd)
	event_output=$state/audit/audit.log
	await audit_runs_or_ended && kill -0 "$monitor_pid" 2>/dev/null || return
	auditctl -b 8192 >/dev/null && audit_rule -a
}

audit_stop() {
	[ -n "$audit_before" ] || return 0
	audit_rule -d
	auditctl -e "${audit_before% *}" >/dev/null
	auditctl -b "${audit_before#* }" >/dev/null
	audit_before=''
}

# True once the monitor is attached.
event_monitor_start() {
	monitor_pid=0 event_helpers='' event_output=$state/events.out
	: >"$event_output"
	: >"$state/monitor.out"
	case $1 in
	none|again) ;;
	loaded) load --no-wire ;;
	events_null) start_events /dev/null --json --fail-on-loss ;;
	events_json) start_events "$event_output" --json ;;
	events_classic) start_events "$event_output" --classic ;;
	forkstat) start_forkstat ;;
	bpftrace) start_events_bpftrace ;;
	execsnoop) start_execsnoop ;;
	auditd) start_auditd ;;
	esac
}

# Rules go first: what they make would fill the queue while the daemon ends.
event_monitor_stop() {
	audit_stop
	monitor_stop
}

# How many of a run's events the monitor is to tell of. $1: monitor, $2: threads or processes, $3:
# events, $4: those that are an exec. Nothing: none of this kind.
events_expected() {
	case $1:$2 in
	none:*|again:*|loaded:*|execsnoop:threads) ;;
	execsnoop:*) echo "$4" ;;
	*) echo "$3" ;;
	esac
}

# How many it did tell of. $1: monitor, $2: threads or processes, $3: pid of the generator. A
# "some": events were lost, it is not known how many.
events_reported() {
	if [ "$1" != events_null ]; then
		awk -f "$here/event_lines.awk" -v monitor="$1" -v kind="$2" -v pid="$3" \
			"$event_output"
	elif [ "$monitor_status" = 5 ]; then
		echo some
	else
		echo all
	fi
}

# Keep only the monitors that work here, and remember why the others do not.
event_monitors_prepare() {
	local name works=''

	await no_programs || fail \
		"a flowwatcher is loaded or running: 'flowwatcher unload' it, then repeat"
	for name in $event_monitors; do
		if event_monitor_start "$name"; then
			works="$works $name"
		else
			event_refusals="$event_refusals
- ${event_monitor_title[$name]} does not run here: $(grep -v '^ *$' "$state/monitor.out" | tail -n 1)"
		fi
		event_monitor_stop
	done
	event_monitors=${works# }
}
