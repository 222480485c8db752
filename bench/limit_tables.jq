# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Tables of the benchmark of limits, from its measurements as one array. Read by
# bench/limits_apart.bash.
def round_to(digits): if . == null then "-" else
	(. * pow(10; digits) | round) as $n | if digits == 0 then "\($n)" else
	($n | fabs | tostring | if length <= digits then "0" * (digits + 1 - length) + . else . end) as $text |
	(if $n < 0 then "-" else "" end) + $text[:-digits] + "." + $text[-digits:] end end;
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def spread(digits): if length == 0 then "-" elif length == 1 then .[0] | round_to(digits) else
	"\(median | round_to(digits)) (\(min | round_to(digits))..\(max | round_to(digits)))" end;
def row: "| " + (map(tostring) | join(" | ")) + " |";
def head(left): row, "|" + ([range(length) | if . < left then "---|" else "---:|" end] | add);
def in_order(f): reduce .[] as $one ([]; ($one | f) as $f | if index($f) then . else . + [$f] end);
def bytes: if . >= 1e6 then "\(. / 1e6) MB/s" else "\(. / 1e3) kB/s" end;

# Goodput against target.
def within: (.percent - 100 | fabs) <= 3 and (.worst - 100 | fabs) <= 10 and .resent < 0.5;
def cell_row: [(.rate | bytes), .protocol, .direction, .family, .flows] + (
	if .reach then ["the machine reaches \(.reach / 1e6 | round) MB/s without a limit", "", "", "", ""]
	elif .failed then ["failed", "", "", "", ""] else
	[(.percent | round_to(2)), (.worst | round_to(1)), (.jain | round_to(3)),
	if .protocol == "tcp" then .resent | round_to(2) else "" end, (.dropped | round_to(2))] end);
def cell_table: (["rate", "", "", "IP", "flows", "goodput, %", "worst second, %", "Jain", "sent again, %",
	"dropped, %"] | head(3)), (map(select(.topology == $topology)) | sort_by(.rate) | .[] | cell_row | row);
def cell_summary: map(select(.percent)) as $all | ($all | map(select(within)) | length) as $good |
	"Of \($all | length) cells \($good) are within ±3 % in all, ±10 % in every second, and below 0.5 % sent again;" +
	"\nthe goodput furthest from its rate: \($all | max_by(.percent - 100 | fabs).percent | round_to(2)) %, " +
	"the second: \($all | max_by(.worst - 100 | fabs).worst | round_to(1)) %.";

# One figure of several tools: rows are cells, columns tools.
def tool_table(what; digits): . as $all | $tools | keys_unsorted as $names |
	([""] + [$names[] | $tools[.]] | head(1)), ($all | in_order(.cell)[] as $cell |
	[$cell] + [$names[] as $tool | $all | map(select(.cell == $cell and .tool == $tool)) |
	if any(.note) then .[0].note else map(what | values) | spread(digits) end] | row);

# Ratio to a state of the same round and place.
def paired(what; base): . as $all | [.[] | select($all[0].place)] | .[] | . as $one |
	first($all[] | select(.round == $one.round and .place == $one.place and .state == base)) as $base |
	. + { ratio: (($one | what) / ($base | what)) };
def state_table(what; base): [paired(what; base)] as $ratios | . as $all | in_order(.place) as $places |
	(["beside it"] + [$places[] | "\(.), µs", "\(.), ratio"] | head(1)), (in_order(.state)[] as $state |
	[$state] + [$places[] as $place | ($all | map(select(.state == $state and .place == $place) | what / 1000) |
	median | round_to(0)), ($ratios | map(select(.state == $state and .place == $place).ratio) | spread(2))] | row);

def unlimited_table: . as $all | (["", "MB/s", "machine, s/GB", "processes, s/GB"] | head(1)),
	(in_order(.cell)[] as $cell | $all | map(select(.cell == $cell)) |
	[$cell, (map(.goodput) | spread(0)), (map(.machine) | spread(2)), (map(.own) | spread(2))] | row);
