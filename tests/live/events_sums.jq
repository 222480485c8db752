# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Input: all lines of `events --json` (jq -s). Output: what does not agree, a line each.

(map(select(.type == "events_report"))[0]) as $report
| map(select(.type != "events_report")) as $events
| (if $report then empty else "there is no report" end),

# produced = delivered + lost, for each type.
  ($report | (.produced + .delivered + .lost | keys)[] as $type
   | [(.produced[$type] // 0), (.delivered[$type] // 0), (.lost[$type] // 0)]
   | select(.[0] != .[1] + .[2]) | "\($type): \(.[0]) produced, \(.[1]) delivered, \(.[2]) lost"),

# The losses in the stream are those of the report.
  ([$events[] | select(.type == "loss") | .lost | to_entries[]]
   | reduce .[] as $entry ({}; .[$entry.key] += $entry.value)
   | select(. != $report.lost) | "loss records say \(.), the report \($report.lost)"),

# Sequence numbers, where everything delivered is shown: a loss takes as many as were lost.
  (if ($report.shown == ($report.delivered | add // 0)) then
     (reduce $events[] as $event ({next: 1, bad: []};
        (if $event.sequence != .next then .bad += [$event.sequence] else . end)
        | .next = $event.sequence + (if $event.type == "loss" then ($event.lost | add) else 1 end))
      | .bad[:5][] | "sequence number \(.) is not the next one")
   else empty end),

# Order: within 100 ms.
  (def ns: (.time | .[:19] + "Z" | fromdate) * 1000 + (.time[20:23] | tonumber);
   reduce $events[] as $event ({newest: 0, late: 0};
      ($event | ns) as $at
      | if $at + 100 < .newest then .late += 1 else . end
      | if $at > .newest then .newest = $at else . end)
   | select(.late > 0) | "\(.late) events are more than 100 ms late")
