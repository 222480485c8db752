# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#      test's own namespaces (network, processes, mounts)        namespace `peer`
#      fwraw0  no addresses, no ARP  ─────────────────────────  fwraw1         frames of fwpacket
#      fwlan0  10.9.0.1/24 fd09::1/64  ───────────────────────  fwlan1  10.9.0.2/24 fd09::2/64   sockets
#
# What the tests of `flowwatcher filter` have in common. To be sourced as the first thing, with the
# script's arguments: FLOWWATCHER FWTRAFFIC; fwpacket and fwgoodput lie beside the latter. fwraw0
# and fwlan0 are filtered.
[ $# -ge 2 ] || { echo "usage: ${0##*/} FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
. "$(dirname "$0")/own_namespaces.bash"
fw=$(realpath "$1") tools=$(realpath "$(dirname "$2")")
packet=$tools/fwpacket goodput=$tools/fwgoodput
. "$(dirname "$0")/live_checks.bash"
. "$(dirname "$0")/peer_namespace.bash"
for tool in ip tc nsenter bpftool; do command -v $tool >/dev/null || cannot "needs $tool"; done
"$fw" filter enum --help >/dev/null 2>&1 || cannot "this program filters no adapters"
needs_nothing_loaded
clean_up_more() {
	"$fw" unload >/dev/null 2>&1
	[ -z "${own_bpffs:-}" ] || umount "$own_bpffs" 2>/dev/null
}
here=/proc/$$/ns/net

quiet_device() { # COMMAND-PREFIX NAME: sends nothing by itself
	$1 sh -c "echo 1 >/proc/sys/net/ipv6/conf/$2/disable_ipv6" 2>/dev/null
	$1 ip link set "$2" up arp off
}

make_topology() {
	mount -t bpf none /sys/fs/bpf # where libxdp keeps what it attaches
	make_peer || return 1
	ip link add fwraw0 type veth peer name fwraw1 netns peer || return 1
	quiet_device '' fwraw0 && quiet_device in_peer fwraw1
}

: >"$work/err"

set_list() { "$fw" filter set "$@" >"$work/out" 2>"$work/err"; }

# A field of what an adapter saw in a direction; 0: nothing is known of it.
counter() { # ADAPTER receive|send FIELD
	"$fw" filter stats --json |
		jq -s --arg adapter "$1" --arg hook "$2" \
		"[.[] | select(.type == \"filter_stats\" and .adapter == \$adapter and .hook == \$hook) | .$3] | add // 0"
}
way_of() { # ADAPTER in|out
	"$fw" filter enum --json | jq -r --arg name "$1" "select(.name == \$name) | .$2.hook"
}
# What the prefixes of all lists dropped.
dropped_by_prefixes() { # FIELD
	"$fw" filter get --json |
		jq -s "[.[] | select(.type == \"filter_prefix\") | .$1] | add // 0"
}

# Frames to the filtered device, or from it; the last line of what is found is in $work/frames.
frames_in() { # OPTION...
	"$packet" run --netns $there --device fwraw1 --to-netns "$here" --to-device fwraw0 \
		--side source "$@" \
		>"$work/frames.all" 2>"$work/err"
	frames_end $?
}
frames_out() {
	"$packet" run --netns "$here" --device fwraw0 --to-netns $there --to-device fwraw1 \
		--side destination "$@" \
		>"$work/frames.all" 2>"$work/err"
	frames_end $?
}
frames_end() {
	tail -n 1 "$work/frames.all" >"$work/frames"
	jq -c 'select(.wrong > 0)' "$work/frames.all" >>"$work/err"
	return "$1"
}
found() { jq "$1" "$work/frames"; }

# The kernel's number of the program that is at a device.
program_at() { # DEVICE xdp|ingress|egress
	case $2 in
	xdp) ip -d -j link show dev "$1" |
		jq '.[0].xdp | .prog.id // .attached[0].prog.id // empty' ;;
	*) tc filter show dev "$1" "$2" | sed -nE 's/.*flowwatcher-filter.* id ([0-9]+).*/\1/p' |
		head -n 1 ;;
	esac
}

# The kernel's numbers of what is ours: programs at adapters, and all maps that are pinned.
own_objects() {
	bpftool -j net show | jq -r '.. | objects | select(.devname? and .id?) | "prog \(.id)"'
	find "${FLOWWATCHER_BPFFS:-/sys/fs/bpf}/flowwatcher" -type f | while read -r pin; do
		bpftool -j map show pinned "$pin" 2>/dev/null | jq -r '"map \(.id)"'
	done
}
no_objects() { # FILE
	! while read -r kind id; do bpftool "$kind" show id "$id" 2>/dev/null; done <"$1" | grep .
}
