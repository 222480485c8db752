#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: filter_load_test.sh FLOWWATCHER FWTRAFFIC
# The filter of adapters under load: lists that are exchanged while packets come, a million
# prefixes, and frames that were changed at random, judged by the kernel's own runs of the programs.
# The topology is in filter_checks.bash. Needs root, bash, jq, ip, tc and bpftool. Exit: 0 all
# passed, 1 something failed, 77 it cannot run here.
set -u
. "$(dirname "$0")/filter_checks.bash"
flip_seconds=6 fuzz_runs=60000 most4=1000000 most6=100000
[ -z "${FW_IN_VM-}" ] || fuzz_runs=10000 # emulated processors
seed=${FW_FILTER_SEED:-$RANDOM$RANDOM}

# --- two lists that have the same addresses, in other prefixes
make_flip_lists() {
	printf '%s\n' 10.0.0.0/9 10.128.0.0/9 2001:db8::/33 2001:db8:8000::/33 >"$work/few"
	awk 'BEGIN {
		for (i = 0; i < 65536; i++)
			printf "10.%d.%d.0/24\n", int(i / 256), i % 256
		for (i = 0; i < 65536; i++)
			printf "2001:db8:%x::/48\n", i
	}' >"$work/many"
}

load_from() { # CPU SECONDS: listed ones have tag 12, others 11
	"$packet" load --netns $there --device fwraw1 --cpu "$1" --seconds "$2" --tag 11 \
		--list "$work/few" --kinds "$3" \
		--address "$4" --address "$5" --seed "$seed$1" >"$work/load.$1" 2>>"$work/err" &
	loads+=($!)
	children+=($!)
}
lost_by_veth() {
	echo $(($(ip -j -s link show dev fwraw0 | jq ".[0].stats64.rx.dropped") + $(in_peer ip -j -s link show dev fwraw1 | jq ".[0].stats64.tx.dropped")))
}
all_of() { jq -s "map($1) | add" "$work"/load.[01]; }
processors=$(nproc)

flip() { # WAY
	local flips=0 lost counter end
	loads=()
	set_list --adapter fwraw0 --direction in --hook "$1" "$work/few" ||
		{ skip "flips, $1" "$(tail -n 1 "$work/err")"; return; }
	rm -f "$work"/load.*
	: >"$work/err"
	"$packet" count --to-netns "$here" --to-device fwraw0 >"$work/counted" 2>"$work/ready" &
	counter=$!
	children+=($counter)
	until_true grep -q ready "$work/ready"
	lost=$(lost_by_veth)
	load_from 0 $flip_seconds udp4 random:10.0.0.0/8:3000 random:172.16.0.0/12:1000
	load_from $((processors > 1)) $flip_seconds udp6 random:2001:db8::/32:3000 \
		random:2001:db9::/32:1000
	[ "$processors" -gt 1 ] || wait "${loads[0]}"
	end=$((SECONDS + flip_seconds))
	while [ $SECONDS -lt $end ]; do
		"$fw" filter set --adapter fwraw0 --direction in --hook "$1" "$work/many" \
			>/dev/null 2>>"$work/err" &&
			"$fw" filter set --adapter fwraw0 --direction in --hook "$1" "$work/few" \
			>/dev/null 2>>"$work/err" || break
		flips=$((flips + 2))
	done
	wait "${loads[@]}"
	# What was sent last is judged before the next command has answered.
	"$fw" filter get --json >/dev/null
	kill $counter && wait $counter
	lost=$(($(lost_by_veth) - lost))
	echo "# $flips flips, $(all_of .sent) sent, $(all_of .sent_listed) of them listed; $(cat "$work/counted") arrived, veth lost $lost"
	check "$1: lists are exchanged under load" \
		test $flips -ge 2 -a "$(all_of .sent_listed)" -gt 10000
	check "  and nothing that both have arrives" test "$(jq '."12" // 0' "$work/counted")" -eq 0
	check "  everything that neither has does" test \
		$(("$(all_of '.sent - .sent_listed')" - $(jq '."11" // 0' "$work/counted"))) -ge 0 \
		-a $(("$(all_of '.sent - .sent_listed')" - $(jq '."11" // 0' "$work/counted"))) -le "$lost"
	check "  what was seen was judged" test "$(counter fwraw0 receive dropped_packets)" -gt 0
	"$fw" filter setdflt >/dev/null
}

# --- a million
make_many() { # no two of them meet
	awk -v most4=$most4 -v most6=$most6 'BEGIN {
		for (i = 0; i < most4; i++) {
			a = 16777216 + i * 4200 + (i * 31) % 97; length_ = 32
			if (i % 4 == 0) { a -= a % 256; length_ = 24 } else if (i % 4 == 1) { a -= a % 16; length_ = 28 }
			printf "%d.%d.%d.%d/%d\n", int(a / 16777216), int(a / 65536) % 256, int(a / 256) % 256, a % 256, length_
		}
		for (i = 0; i < most6; i++)
			printf "%x:%x:%x::/48\n", 10752 + int(i / 65536), i % 65536, (i * 7919) % 65536
	}' >"$work/million"
}
seconds_of() { # COMMAND...: leaves its time in $elapsed
	local began=${EPOCHREALTIME/[.,]/}
	"$@"
	local result=$?
	elapsed=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	return $result
}
kept() { "$fw" filter get --json | head -n 1 | jq ".$1"; }
scale() {
	make_many
	seconds_of set_list --adapter fwraw0 "$work/million"
	check "$most4 IPv4 and $most6 IPv6 prefixes are set" test $? -eq 0
	echo "# in $elapsed ms"
	check "  all of them" test "$(kept ipv4) $(kept ipv6)" = "$most4 $most6"
	echo "# $(kept memory_bytes) bytes; by bpftool: $(bpftool -j map show | jq '[.[] | select(.name | startswith("fw_filter_list"))] | map(.bytes_memlock) | max')"
	check "  in less than 100 MB" test "$(kept memory_bytes)" -lt 100000000
	check "  as bpftool sees it, too" test \
		"$(bpftool -j map show | jq '[.[] | select(.name | startswith("fw_filter_list"))] | map(.bytes_memlock) | add')" -lt 110000000
	check "  thousands of addresses in and beside them are judged rightly" frames_in \
		--list "$work/million" --seed "$seed" \
		--kinds udp4,udp6 --address edges:"$work/million":1000 \
		--address random:0.0.0.0/0:500 --address random:2a00::/15:500
	check "  and where they are sent" frames_out --list "$work/million" --seed "$seed" \
		--kinds udp4,udp6 --address edges:"$work/million":500 --address random:0.0.0.0/0:200
	seconds_of set_list --adapter fwraw0 "$work/million"
	check "  are replaced" test $? -eq 0
	echo "# in $elapsed ms"
	seconds_of "$fw" filter setdflt >/dev/null
	check "  and taken away" test $? -eq 0
	echo "# in $elapsed ms"
}

# --- changed frames
make_fuzz_list() {
	awk 'BEGIN {
		for (i = 0; i < 3000; i++)
			printf "%d.%d.0.0/%d\n", 1 + i % 223, int(i / 223) * 8, 13 + i % 4
		for (i = 0; i < 3000; i++)
			printf "2%03x:%x::/%d\n", i, i % 7 * 4096, 20 + i % 10
		print "0.0.0.0/12"
	}' >"$work/fuzz"
}
judged() { # DIRECTION ID
	local hook=receive before
	[ "$1" = in ] || hook=send
	before=$(counter fwraw0 $hook dropped_packets)
	"$packet" fuzz --program "$2" --list "$work/fuzz" \
		--side "$([ "$1" = in ] && echo source || echo destination)" \
		--count $fuzz_runs --seed "$seed" --address edges:"$work/fuzz":200 \
		--address random:0.0.0.0/0:200 --address random:2000::/4:200 \
		>"$work/fuzzed" 2>"$work/err"
	local code=$?
	echo "# $(cat "$work/fuzzed")"
	[ $code -eq 0 ] && [ "$(jq .dropped "$work/fuzzed")" -gt $((fuzz_runs / 20)) ] &&
		[ $(($(counter fwraw0 $hook dropped_packets) - before)) -eq "$(jq .dropped "$work/fuzzed")" ]
}
fuzz() {
	local way id
	make_fuzz_list
	for way in native generic tc; do
		if ! set_list --adapter fwraw0 --force --hook $way "$work/fuzz"; then
			skip "changed frames, $way" "$(tail -n 1 "$work/err")"
			continue
		fi
		id=$(program_at fwraw0 "$([ $way = tc ] && echo ingress || echo xdp)")
		check "$way: $fuzz_runs changed frames are judged rightly, and counted" judged \
			in "$id"
	done
	id=$(program_at fwraw0 egress)
	check "sent: $fuzz_runs changed frames are judged rightly, and counted" judged out "$id"
	"$fw" filter setdflt >/dev/null
}

make_topology || cannot "no veth pairs here"
make_flip_lists
"$fw" load >"$work/err" 2>&1 || { cat "$work/err"; exit 1; }
echo "# seed $seed"
for way in native generic tc; do
	flip $way
done
fuzz
scale
check "unload" exits 0 "$fw" unload
finish
