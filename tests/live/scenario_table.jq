# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Compares what scenarios did (expected, fwtraffic's rows) with what was reported, in each object of the input:
# {layer, label, source, expected, reported}, label being for what has nothing to compare.
# Prints tab-separated rows: layer, scenario, verdict, who, expected sent, received, reported sent, received.
#   source    stat, stat_connections: the whole of the report belongs to the scenario
#             watch, conns: the report is of the machine, only the scenario's processes are looked at
#   $peers    scenarios, separated by spaces, whose connections have both ends among their processes

def moved: map(select(.sent + .received > 0));

def reported_rows($source; $reported):
  if $source == "stat" then [$reported[] | .processes[]]
  elif $source == "stat_connections" then [$reported[] | .connections[]]
  elif $source == "conns" then [$reported[] | select(.type == "connection")]
  else
    [$reported[] | select(.type == "usage")] | group_by([.pid, .start_ns])
    | map({pid: .[0].pid, comm: .[0].comm, sent: (map(.sent) | add),
        received: (map(.received) | add)})
  end;

def by_pid: reduce .[] as $row ({}; .[$row.pid | tostring] += [$row]);

def padded($rows; $count): ($rows | sort_by([.sent, .received])) as $sorted
  | [range($count) | $sorted[.] // {sent: 0, received: 0}];

# One row for each process; several of one pid are matched in the order of their bytes.
def compared($mine; $theirs):
  ([$mine, $theirs] | map(keys) | add | unique)[] as $pid
  | ($mine[$pid] // []) as $m | ($theirs[$pid] // []) as $t
  | ([$m, $t] | map(length) | max) as $count
  | padded($m; $count) as $m | padded($t; $count) as $t
  | range($count)
  | {who: ($m[.].role // "unexpected: \($t[.].comm // "?") \($pid)"), want: $m[.], got: $t[.]};

def total_row($rows; $reported):
  {who: "total", want: {sent: ($rows | map(.sent) | add // 0), received: ($rows | map(.received) | add // 0)},
    got: {sent: ($reported[0].sent // 0), received: ($reported[0].received // 0)}};

# The other end of each of the scenario's connections must have the mirrored bytes.
def unmirrored($theirs; $all):
  $theirs | map(. as $c | select(
    [$all[] | select(.local_address == $c.remote_address and .local_port == $c.remote_port
      and .remote_port == $c.local_port and .sent == $c.received and .received == $c.sent)]
    | length == 0))[]
  | {who: "no mirrored peer: \(.local_address) \(.local_port)", want: {sent: .received, received: .sent},
      got: {sent: 0, received: 0}};

def exact: .want.sent == .got.sent and .want.received == .got.received;

def summed($name):
  {who: $name, want: {sent: (map(.want.sent) | add), received: (map(.want.received) | add)},
    got: {sent: (map(.got.sent) | add), received: (map(.got.received) | add)}};

# Few rows are all printed; of many, those that differ.
def condensed:
  map(select(exact | not)) as $bad
  | if length <= 4 then .
    elif $bad == [] then [summed("\(length) processes")]
    else $bad[:8] + [summed("all \(length) processes, \($bad | length) differ")]
    end;

def line($layer; $scenario): [$layer, $scenario, (if exact then "yes" else "NO" end), .who, .want.sent, .want.received,
  .got.sent, .got.received] | @tsv;

def compared_case($layer; $source; $expected; $reported):
  (reported_rows($source; $reported) | moved) as $all
  | ($expected | moved | group_by(.scenario))[]
  | . as $rows | $rows[0].scenario as $scenario | ($rows | by_pid) as $mine
  | ($all | if $source == "watch" or $source == "conns" then map(select($mine[.pid | tostring])) else . end) as $theirs
  | ([compared($mine; $theirs | by_pid)]
     + (if $source == "stat" then [total_row($rows; $reported)] | map(select(exact | not)) else [] end)
     + (if ($peers | split(" ") | index($scenario)) and $source != "stat" and $source != "watch"
        then [unmirrored($theirs; $all)] else [] end))
  | condensed[] | line($layer; $scenario);

. as $case | [compared_case(.layer; .source; .expected; .reported)]
| if . == [] then [$case.layer, $case.label, "NO", "nothing to compare", 0, 0, 0, 0] | @tsv else .[] end
