# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Tables of the benchmark of filters, behind the functions of bench/limit_tables.jq. Read by
# bench/filters_apart.bash.
def size_name: if . >= 1e6 then "\(. / 1e6 | floor) M" elif . >= 1000 then "\(. / 1e3 | floor) k" else "\(.)" end;
def measured: map(select(.round > 0));
def is_sent: .tool | endswith("_out");
def rows_of(cell): . as $all | ($all | in_order(.size)) as $sizes |
	([""] + [$sizes[] | size_name] | head(1)), ($all | in_order(.tool)[] as $tool |
	[$tools[$tool]] + [$sizes[] as $size | $all | map(select(.tool == $tool and .size == $size)) | cell] | row);
def costs($stream): measured | map(select(.stream == $stream));
def cost_table($stream): costs($stream) | map(select(is_sent | not)) | rows_of(map(.ns) | spread(0));
def sent_table($stream): costs($stream) | map(select(is_sent)) | rows_of(map(.ns) | spread(0));
def added_table: costs("out") | map(select(is_sent | not)) as $all | $all |
	map(. as $one | first($all[] | select(.tool == "nothing" and .round == $one.round and .size == $one.size)) as $other |
		. + { added: (.ns - $other.ns) }) | map(select(.tool != "nothing")) | rows_of(map(.added) | spread(0));
# Beside flowwatcher by native XDP, and for filters that come later than that, by tc.
def ratio_table($stream): costs($stream) | map(select(is_sent | not)) as $all | $all |
	map(. as $one | (if .tool | test("^nft|^ipset|tc$") then "fw_tc" else "fw_native" end) as $base |
		first($all[] | select(.tool == $base and .round == $one.round and .size == $one.size)) as $other |
		. + { ratio: (.ns / $other.ns) }) | rows_of(map(.ratio) | spread(2));
def load_table: . as $all | ($all | in_order(.size)) as $sizes |
	([""] + [$sizes[] | "\(size_name), loaded", "replaced"] | head(1)), ($all | map(select(.tool | startswith("nothing") | not)) |
	in_order(.tool)[] as $tool | [$tools[$tool] + if $tool | endswith("_out") then " (sent)" else "" end] + [$sizes[] as $size |
	first($all[] | select(.tool == $tool and .size == $size)) // { } | (.loaded // "-"), (.replaced // "-")] | row);
# What was not dropped of what should be, or the other way round.
def wrong_table: measured | map(select((.tool | startswith("nothing") | not) and
	((.stream == "in" and .passed > 0.0001) or (.stream == "out" and .passed < 0.9999)))) | group_by([.tool, .size, .stream]) |
	map("- \($tools[.[0].tool]), \(.[0].size | size_name), \(if .[0].stream == "in" then "in" else "not in" end) the list: " +
	"\(map(.passed * 100) | spread(2)) % passed") | .[];
