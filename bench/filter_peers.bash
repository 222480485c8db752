# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The filters that are compared: load_TOOL FILE, replace_TOOL FILE, each in the namespace of its
# name. Read by bench/filters_apart.bash.

filter_tools='nothing nothing_again fw_native fw_generic fw_tc nft_ingress nft_input ipset_raw xdp_filter
	nothing_out fw_out nft_out'
filter_names='{"nothing": "nothing", "nothing_again": "nothing, again", "fw_native": "flowwatcher, XDP native",
	"fw_generic": "flowwatcher, XDP generic", "fw_tc": "flowwatcher, tc", "nft_ingress": "nftables, ingress",
	"nft_input": "nftables, input", "ipset_raw": "ipset, raw table", "xdp_filter": "xdp-filter",
	"nothing_out": "nothing", "fw_out": "flowwatcher, tc", "nft_out": "nftables, egress"}'
filter_refusals=''
xdp_filter_most=1000 # one command an address

peers_prepare() {
	local pair

	for pair in nft:nft_ingress:nftables nft:nft_input:nftables nft:nft_out:nftables \
		ipset:ipset_raw:ipset \
		iptables:ipset_raw:iptables xdp-filter:xdp_filter:xdp-tools; do
		command -v "${pair%%:*}" >/dev/null && continue
		pair=${pair#*:}
		filter_tools=$(printf '%s\n' $filter_tools | grep -vx "${pair%:*}")
		filter_refusals+=$'\n'"- ${pair%:*} did not run: apt-get install ${pair#*:}"
	done
	return 0
}

refuse() { # TOOL SIZE
	filter_refusals+=$'\n'"- $1 did not run at $2 prefixes: $(tail -n 1 "$work/err")"
}

load_nothing() { :; }
replace_nothing() { :; }
load_nothing_again() { :; }
replace_nothing_again() { :; }
load_nothing_out() { :; }
replace_nothing_out() { :; }

load_fw_native() {
	in_tool fw_native "$fw" filter set --adapter fwr --direction in --hook native "$1"
}
replace_fw_native() { load_fw_native "$1"; }
load_fw_generic() {
	in_tool fw_generic "$fw" filter set --adapter fwr --direction in --hook generic "$1"
}
replace_fw_generic() { load_fw_generic "$1"; }
load_fw_tc() { in_tool fw_tc "$fw" filter set --adapter fwr --direction in --hook tc "$1"; }
replace_fw_tc() { load_fw_tc "$1"; }
load_fw_out() { in_tool fw_out "$fw" filter set --adapter fwr --direction out "$1"; }
replace_fw_out() { load_fw_out "$1"; }
memory_fw_native() { in_tool fw_native "$fw" filter get --json | head -n 1 | jq .memory_bytes; }

nft_table() { # FAMILY CHAIN FIELD FILE
	echo "table $1 bench {"
	echo ' set bad { type ipv4_addr; flags interval; elements = {'
	sed 's/$/,/' "$4"
	echo " } }"
	echo " chain judge { $2; ip $3 @bad drop; }"
	echo '}'
}
nft_load() { # TOOL FAMILY CHAIN FIELD FILE
	nft_table "$2" "$3" "$4" "$5" | in_tool "$1" nft -f -
}
nft_replace() { # TOOL FAMILY FILE
	{
		echo "flush set $2 bench bad"
		echo "add element $2 bench bad {"
		sed 's/$/,/' "$3"
		echo '}'
	} | in_tool "$1" nft -f -
}
load_nft_ingress() {
	nft_load nft_ingress netdev 'type filter hook ingress device fwr priority 0' saddr "$1"
}
replace_nft_ingress() { nft_replace nft_ingress netdev "$1"; }
load_nft_input() { nft_load nft_input ip 'type filter hook input priority 0' saddr "$1"; }
replace_nft_input() { nft_replace nft_input ip "$1"; }
load_nft_out() {
	nft_load nft_out netdev 'type filter hook egress device fwr priority 0' daddr "$1"
}
replace_nft_out() { nft_replace nft_out netdev "$1"; }

ipset_restore() { # SET FILE
	{
		echo "create $1 hash:net family inet maxelem 2000000"
		sed "s/^/add $1 /" "$2"
	} | in_tool ipset_raw ipset restore
}
load_ipset_raw() {
	ipset_restore bad "$1" &&
		in_tool ipset_raw iptables -t raw -A PREROUTING -m set --match-set bad src -j DROP
}
replace_ipset_raw() {
	ipset_restore next "$1" && in_tool ipset_raw ipset swap next bad &&
		in_tool ipset_raw ipset destroy next
}

# Single addresses only: prefixes of the list are left out, and not sent either.
load_xdp_filter() {
	if [ "$(wc -l <"$1")" -gt $xdp_filter_most ]; then
		echo 'one command an address, and no more than 10,000' >&2
		return 1
	fi
	in_tool xdp_filter xdp-filter load -m native -f ipv4 fwr || return
	grep -v / "$1" | while read -r address; do
		in_tool xdp_filter xdp-filter ip -m src "$address" || return 1
	done
}
remove_xdp_filter() { in_tool xdp_filter xdp-filter unload fwr; }
