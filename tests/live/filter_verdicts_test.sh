#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: filter_verdicts_test.sh FLOWWATCHER FWTRAFFIC
# The filter of adapters of both systems, by the same list, on the same frames: captures of sockets and of made frames,
# and frames that were changed at random, are judged by the kernel's own runs of the loaded programs, and by the
# Windows packet filter on its fake kernel (ndis_player, in tests/nt beside the folder of FWTRAFFIC), on every path that
# a frame can take there. The topology is in filter_checks.bash. Needs root, bash, jq, ip, tc and bpftool. Exit: 0 all
# passed, 1 something failed, 77 it cannot run here.
set -u
. "$(dirname "$0")/filter_checks.bash"
player=${FW_NDIS_PLAYER:-$tools/../nt/ndis_player}
[ -x "$player" ] || player=$tools/ndis_player
[ -x "$player" ] || cannot "needs ndis_player: configure with -Dnt=enabled"
traffic=$(realpath "$2")
changed=1500 addresses=12
[ -z "${FW_IN_VM-}" ] || changed=300 addresses=4
seed=${FW_FILTER_SEED:-$RANDOM$RANDOM}

# One end of the sockets' adapters is listed, and many that only made frames have.
make_list() {
	printf '%s\n' 10.9.0.2 fd09::2 10.0.0.0/9 192.0.2.77 198.51.100.0/25 203.0.113.6/31 2001:db8::/32 \
		fd00:1::5 fd00:2:0:4000::/50 fe80::/64 >"$work/plain"
	awk 'BEGIN {
		for (i = 0; i < 2000; i++)
			printf "%d.%d.0.0/%d\n2%03x:%x::/%d\n", 20 + i % 200, int(i / 200) * 8, 13 + i % 4, i, i % 7 * 4096, 20 + i % 10
	}' >>"$work/plain"
	"$packet" prefixes --list "$work/plain" >"$work/prefixes"
}

capture() { # FILE DEVICE COMMAND...
	local file=$1 device=$2 pid
	shift 2
	"$packet" capture --device "$device" >"$file" 2>"$work/ready" &
	pid=$!
	children+=($pid)
	until_true grep -q ready "$work/ready" || return 1
	"$@" >"$work/out" 2>"$work/err"
	kill $pid
	wait $pid
}
sockets() {
	local name
	for name in tcp4 tcp6 udp4 udp6; do
		"$traffic" --scale 0.05 --client-netns "$here" --server-netns $there \
			--address "$([ "${name#???}" = 4 ] && echo 10.9.0.2 || echo fd09::2)" $name
	done
	ping -c 2 -i 0.2 -W 1 10.9.0.2
	ping -c 1 -s 4000 -W 1 10.9.0.2 # fragments
	ping -c 2 -i 0.2 -W 1 fd09::2
	ping -c 1 -s 4000 -W 1 fd09::2
	ip neigh flush dev fwlan0 && ping -c 1 -W 1 10.9.0.2 # ARP, neighbour solicitation
	if ip link add link fwlan0 name fwtag type vlan id 42 && ip addr add 10.42.0.1/24 dev fwtag &&
		ip link set fwtag up; then
		ping -c 1 -W 1 10.42.0.2 # nobody answers
		ip link del fwtag
	fi
	true
}
on_the_wire() { # what a veth takes of all kinds, jumbo frames too
	ip link set fwraw0 mtu 9000 && in_peer ip link set fwraw1 mtu 9000
	local side
	for side in source destination; do
		"$packet" run --netns $there --device fwraw1 --to-netns "$here" --to-device fwraw0 --side $side \
			--address edges:"$work/plain":3 --address 198.18.7.7
	done
	ip link set fwraw0 mtu 1500 && in_peer ip link set fwraw1 mtu 1500
}
make_frames() { # FILE SIDE
	"$packet" frames --side "$2" --seed "$seed" --count $changed --address edges:"$work/plain":$addresses \
		--address random:0.0.0.0/0:$addresses --address random:2000::/4:$addresses >"$1"
}

frames_of() { wc -l <"$1"; }
count_of() { grep -c "^$2" "$1"; }
# Line by line; what the kernel does not run its program on has no verdict of Linux.
same_verdicts() { # LINUX NT
	[ "$(frames_of "$1")" -eq "$(frames_of "$2")" ] || return 1
	paste "$1" "$2" | awk -F '\t' '$1 == "refused" { next }
		$1 != $2 { print "# frame " NR ": Linux " $1 ", NT " $2; wrong++ } END { exit wrong > 0 }' | head -n 10
	return "${PIPESTATUS[1]}"
}
compare() { # WORDS FILE in|out PROGRAM
	local words=$1 file=$2 direction=$3
	"$packet" verdicts --program "$4" --file "$file" >"$work/linux" 2>"$work/err" || { check "$words" false; return; }
	check "$words: the same verdicts" same_verdicts "$work/linux" "$work/nt.$direction"
	echo "# $(frames_of "$work/linux") frames, $(count_of "$work/linux" drop) dropped, $(count_of "$work/linux" refused) not run by the kernel"
	check "  of enough frames of both kinds" test "$(count_of "$work/linux" drop)" -gt 3 -a \
		"$(count_of "$work/linux" pass)" -gt 3 -a \
		"$(count_of "$work/linux" refused)" -le $(($(frames_of "$work/linux") / 10))
}
plays() { # FILE in|out
	"$player" "$work/prefixes" "$2" "$1" >"$work/nt.$2" 2>"$work/err"
}
plays_own() { # the same where packets have no room for the driver
	NT_NO_STACKS=1 "$player" "$work/prefixes" "$2" "$1" >"$work/nt.own" 2>"$work/err" && cmp "$work/nt.$2" "$work/nt.own"
}
play() { # WORDS FILE in|out
	check "$1, $3: every path of the Windows filter agrees" plays "$2" "$3"
	check "  with packets of its own too" plays_own "$2" "$3"
}
compare_all() { # WORDS FILE-FOR-IN FILE-FOR-OUT
	local way id
	play "$1" "$2" in
	play "$1" "$3" out
	for way in native generic tc; do
		set_list --adapter fwraw0 --force --hook $way "$work/plain" || { skip "$1, $way" "$(tail -n 1 "$work/err")"; continue; }
		id=$(program_at fwraw0 "$([ $way = tc ] && echo ingress || echo xdp)")
		compare "$1, $way" "$2" in "$id"
	done
	set_list --adapter fwraw0 --force "$work/plain"
	compare "$1, sent" "$3" out "$(program_at fwraw0 egress)"
	"$fw" filter setdflt >/dev/null
}

make_topology || cannot "no veth pairs here"
make_list
echo "# seed $seed"
capture "$work/sockets" fwlan0 sockets || cannot "no capture here: $(tail -n 1 "$work/ready")"
capture "$work/wire" fwraw0 on_the_wire
make_frames "$work/made_in" source
make_frames "$work/made_out" destination
"$fw" load >"$work/err" 2>&1 || { cat "$work/err"; exit 1; }
compare_all "sockets" "$work/sockets" "$work/sockets"
compare_all "made frames on a wire" "$work/wire" "$work/wire"
compare_all "made and changed frames" "$work/made_in" "$work/made_out"
check "unload" exits 0 "$fw" unload
finish
