#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   namespace fwpa$$             namespace fwpb$$
#   fwpa  ──────────────────────  fwpb      MTU 1500 and 9000, no addresses
#
# Usage: packet_check.sh FWPACKET
# That fwpacket sees all of its frames arrive where nothing filters, notices those that do not, and
# judges by lists as it should. Without privilege, what needs it is skipped.
set -u
fwpacket=$1
. "$(dirname "$0")/generator_verdicts.sh"
PATH=$PATH:/usr/sbin:/sbin
pair='10.0.0.1 10.255.255.254 192.0.2.77 2001:db8::1 fe80::ffff'

make_devices() {
	near=fwpa$$ far=fwpb$$
	ip netns add $near && namespaces=$near && ip netns add $far && namespaces="$near $far" ||
		return 1
	ip -n $near link add fwpa type veth peer name fwpb netns $far || return 1
	for name in $near:fwpa $far:fwpb; do
		ip netns exec \
			"${name%:*}" \
			sh -c "echo 1 >/proc/sys/net/ipv6/conf/${name#*:}/disable_ipv6" 2>/dev/null
		ip -n "${name%:*}" link set "${name#*:}" up arp off || return 1
	done
}

addresses() { for address in $pair; do printf ' --address %s' "$address"; done; }

run() { # OPTION...
	# shellcheck disable=SC2046 # options
	"$fwpacket" run --netns /run/netns/$near --device fwpa --to-netns /run/netns/$far \
		--to-device fwpb \
		$(addresses) "$@" >"$work/output" 2>"$work/error"
}
# judge NAME CODE CONDITION: of all lines as an array
judge() {
	if [ "$2" -eq 77 ]; then
		skip "$1" "$(tail -n 1 "$work/error")"
	elif [ "$2" -ne "$3" ]; then
		verdict "$1" \
			"it ended with $2: $(tail -n 3 "$work/error") $(tail -n 1 "$work/output")"
	else
		verdict "$1" "$(jq -es "$4" "$work/output" >"$work/condition" 2>&1 ||
			echo "not so: $4: $(tail -n 1 "$work/output")")"
	fi
}
expect() { # NAME CODE CONDITION OPTION...
	name=$1 want=$2 condition=$3
	shift 3
	run "$@"
	judge "$name" $? "$want" "$condition"
}

names() {
	"$fwpacket" kinds | sort | uniq -d >"$work/twice"
	verdict 'names occur once' "$(cat "$work/twice")"
}

everything_arrives() { # WORDS
	for side in source destination; do
		expect "each frame arrives, $side, $1" 0 \
			'.[-1] | .sent > 100 and .arrived == .sent and .refused == 0 and .listed == 0' --side $side
	done
}

lists() {
	printf '%s\n' '# words' eth0 '10.0.0.0/8 ; ten' '2001:db8::/32' >"$work/list"
	expect 'listed frames that arrive are wrong' 1 \
		'.[-1].listed > 0 and .[-1].wrong == .[-1].listed and (map(select(.kind == ("arp", "llc", "three_tags6", "cut4", "version6", "snap_sap4", "snap_cut6"))) | length == 7 and all(.listed == 0))' \
		--list "$work/list"
	expect 'the other address is not looked at' 0 '.[-1].listed == 0' --list "$work/list" \
		--side destination --other 10.1.1.1 \
		--kinds unknown4,llc
	expect 'of five addresses three are listed' 1 '.[-1].sent == 5 and .[-1].listed == 3' \
		--list "$work/list" \
		--kinds udp4,udp6
	expect 'in IEEE 802.3 frames too' 1 '.[-1].sent == 5 and .[-1].listed == 3' --list "$work/list" \
		--kinds snap4,snap_tag6
}

# What does not arrive is noticed: the far side drops one address.
losses() {
	if ! ip netns exec $far nft -f - 2>"$work/error" <<-END
		table netdev check {
			chain in { type filter hook ingress device fwpb priority 0; ip saddr 10.0.0.1 drop; }
		}
		END
	then
		skip 'frames that do not arrive are noticed' "$(tail -n 1 "$work/error")"
		return
	fi
	expect 'frames that do not arrive are wrong' 1 \
		'.[-1].sent == 5 and .[-1].arrived == 4 and .[-1].wrong == 1' \
		--kinds udp4,udp6
	echo 10.0.0.1 >"$work/list"
	expect 'and right if they are listed' 0 '.[-1].arrived == 4 and .[-1].listed_bytes == 46' \
		--kinds udp4,udp6 \
		--list "$work/list"
	ip netns exec $far nft delete table netdev check
}

counts() {
	"$fwpacket" count --to-netns /run/netns/$far --to-device fwpb \
		>"$work/counted" 2>"$work/error" &
	counter=$!
	tries=0
	while ! grep -q ready "$work/error" && [ $tries -lt 200 ] &&
		kill -0 $counter 2>/dev/null; do
		sleep 0.02
		tries=$((tries + 1))
	done
	"$fwpacket" load --netns /run/netns/$near --device fwpa --address random:10.0.0.0/8:1000 \
		--count 10000 --tag 7 --cpu 0 \
		>"$work/output" 2>>"$work/error"
	kill $counter 2>/dev/null
	wait $counter
	judge 'load is counted by tag' $? 0 \
		".[0].sent == 10000 and $(jq '."7" == 10000' "$work/counted")"
}

refused() { # OPTION...: as bad usage
	"$fwpacket" "$@" >"$work/output" 2>"$work/error"
	code=$?
	finding=
	[ $code -eq 2 ] || finding="it ended with $code"
	[ -s "$work/output" ] && finding="$finding, something on standard output"
	verdict "refused: $*" "$finding"
}

usage() {
	refused
	refused frobnicate
	refused kinds --frobnicate
	for option in list cpu other address kinds to seconds; do refused kinds --$option; done
	refused kinds --to x
	refused kinds --payload 99999
	refused addresses --other random:10.0.0.0/8:0
	refused run
	refused run --device lo
	refused load --address 10.0.0.1
}

names
usage
if ! command -v jq >/dev/null || ! command -v ip >/dev/null; then
	skip 'frames' 'needs ip and jq'
elif ! make_devices 2>"$work/error"; then
	skip 'frames' "no devices of its own here: $(head -n 1 "$work/error")"
else
	everything_arrives 'MTU 1500'
	ip -n "$near" link set fwpa mtu 9000 && ip -n "$far" link set fwpb mtu 9000
	everything_arrives 'MTU 9000'
	lists
	losses
	counts
fi
printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed -eq 0 ]
