#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: rate_check.sh FWRATE
# That fwrate, with nothing limited, moves what it is asked to and counts it as it says. No
# privilege needed; what needs it is skipped.
set -u
fwrate=$1
. "$(dirname "$0")/generator_verdicts.sh"

# What must hold of any run; prints what does not.
# shellcheck disable=SC2016 # names of jq
consistent='
if (.bins | length) != .seconds then "not a bin for each second" else empty end,
if (.flow_bytes | length) != .flows then "not a number for each flow" else empty end,
if (.bins | add) != .received then "the bins are not what was received" else empty end,
if (.bins[.warmup:] | add) != (.flow_bytes | add) then "the flows are not the bins" else empty end,
if .received > .sent then "more was received than sent" else empty end,
if .flow_bytes | any(. == 0) then "a flow got nothing" else empty end,
if .send_errors > 0 then "sends failed: \(.send_error)" else empty end,
if .protocol == "tcp" and .segments_retransmitted * 200 > .segments_sent + 2000 then "too much was sent again" else empty end'

judge() { # NAME CODE CONDITION: of the line in $work/line
	case $2 in
	0) verdict "$1" "$(
		jq -r "$consistent" "$work/line" 2>&1
		jq -e "$3" "$work/line" >"$work/condition" 2>&1 ||
			echo "not so: $3: $(cat "$work/line")"
	)" ;;
	77) skip "$1" "$(tail -n 1 "$work/error")" ;;
	*) verdict "$1" "it failed: $(cat "$work/error")" ;;
	esac
}

run() { # CONDITION, options
	condition=$1
	shift
	"$fwrate" --seconds 2 "$@" >"$work/line" 2>"$work/error"
	judge "$*" $? "$condition"
}

latency() { # options
	"$fwrate" --latency --seconds 1 "$@" >"$work/line" 2>"$work/error"
	case $? in
	0) verdict "latency $*" "$(jq -r 'if .requests > 10 and .p50_ns > 0 and .p50_ns <= .p99_ns and .p99_ns <= .p100_ns
		then empty else "impossible: \(.)" end' "$work/line" 2>&1)" ;;
	77) skip "latency $*" "$(tail -n 1 "$work/error")" ;;
	*) verdict "latency $*" "it failed: $(cat "$work/error")" ;;
	esac
}

refused() { # options
	"$fwrate" "$@" >"$work/output" 2>&1
	if [ $? -eq 2 ]; then wrong=''; else wrong="no usage error: $(cat "$work/output")"; fi
	verdict "refused: $*" "$wrong"
}

# The pid that is announced is that of the process that does the I/O, and the run awaits its file.
waits() {
	"$fwrate" --seconds 1 --warmup 0 --offered 1MB --existing --limited-pid-file "$work/pid" \
		--go-file "$work/go" >"$work/line" 2>"$work/error" &
	pid=$!
	tries=0
	while [ ! -e "$work/pid" ] && [ $tries -lt 200 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	name=$(cat "/proc/$(cat "$work/pid")/comm")
	[ ! -s "$work/line" ] || name='nobody: it did not wait'
	touch "$work/go"
	wait $pid
	judge 'waits for a file' $? '.existing'
	if [ "$name" = fwrate-limited ]; then name=''; else name="it is $name"; fi
	verdict 'announces the limited side' "$name"
}

apart() {
	if ! ip netns add "fwrate$$a" 2>"$work/error"; then
		skip 'sides in namespaces of their own' \
			"no namespace can be made here: $(cat "$work/error")"
		return
	fi
	namespaces="fwrate$$a"
	# In a plain chroot a namespace can be made but not entered.
	if ! ip -n "fwrate$$a" link >"$work/links" 2>"$work/error"; then
		skip 'sides in namespaces of their own' \
			"no namespace can be entered here: $(cat "$work/error")"
		return
	fi
	ip netns add "fwrate$$b" && namespaces="$namespaces fwrate$$b"
	ip link add fwr0 netns "fwrate$$a" type veth peer name fwr0 netns "fwrate$$b" \
		2>"$work/error" || {
		skip 'sides in namespaces of their own' "no veth here: $(cat "$work/error")"
		return
	}
	for end in a b; do
		[ $end = a ] && number=1 || number=2
		ip -n "fwrate$$$end" address add "10.87.0.$number/24" dev fwr0
		ip -n "fwrate$$$end" link set fwr0 up
	done
	for direction in up down; do
		run '.received > 1000000' --direction $direction --offered 5MB \
			--limited-netns "fwrate$$a" \
			--free-netns "fwrate$$b" --connect 10.87.0.2
	done
	# 5 MB/s on the link, of which headers take 3 to 5 %.
	if ! ip netns exec "fwrate$$a" tc qdisc add dev fwr0 root tbf rate 40mbit burst 64kb limit \
		8mb \
		2>"$work/error"; then
		skip 'a slow link' "no tbf here: $(cat "$work/error")"
		return
	fi
	for protocol in tcp udp; do
		run '.percent > 75 and .percent < 102' --protocol $protocol --target 5MB \
			--seconds 3 \
			--limited-netns "fwrate$$a" --free-netns "fwrate$$b" --connect 10.87.0.2
	done
}

paced='.goodput > 1500000 and .goodput < 2500000'
for family in 4 6; do
	for direction in up down; do
		run "$paced and .jain > 0.9" --family $family --direction $direction --flows 8 \
			--size 8KiB --offered 2MB
		run "$paced and .datagrams_received * .size == .received" --family $family \
			--direction $direction --protocol udp --offered 2MB
	done
	latency --family $family
	latency --family $family --protocol udp --size 64
done
run '.goodput > 1000000' --flows 64 --processes 4 --size 4KiB --offered 8MB
run ".datagrams_received * .size == .received" --protocol udp --size 64 --flows 2
run '.datagrams_received * .size == .received' --protocol udp --size 32000 --offered 20MB
run '.percent > 70 and .percent < 130 and .lowest_percent <= .percent' --size 8KiB --offered 2MB \
	--target 2MB
run '.uring' --uring --flows 2
run '.uring' --uring --flows 2 --direction down --protocol udp --offered 10MB
run "$paced" --listener limited --direction down --size 8KiB --offered 2MB --processes 2 --flows 4 \
	--existing
waits
apart
refused --protocol sctp
refused --flows 0
refused --seconds 2 --warmup 2
refused --protocol udp --size 64KiB
refused --offered 0
refused --processes 2
refused nothing
echo "rate: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
