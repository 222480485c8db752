# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Input: fwevents' ledger, then the events of its tree, all as one array (jq -s). Output: what
# differs, a line each; nothing if all agrees. $prefix: what the machine's paths have in front of
# the ledger's.

def count(f): map(select(f)) | length;

(map(select(.type == "process"))) as $processes
| (map(select(.type == "image"))) as $images
| (map(select(.type == "sum"))[0]) as $sum
| $sum.pid as $main
| map(select(.sequence)) as $events
| ($events | map(select(.type == "process_create"))) as $creates
| ($events | map(select(.type == "process_exit"))) as $exits

# The sums.
| ([["forks", $sum.processes, ($creates | count(.cause == "fork"))],
    ["execs", $sum.execs, ($creates | count(.cause == "exec"))],
    ["exits", $sum.exits + 1, ($exits | length)],
    ["threads created", $sum.threads_created, ($events | count(.type == "thread_create"))],
    ["threads ended", $sum.threads_exited, ($events | count(.type == "thread_exit"))]][]
  | select(.[1] != .[2]) | "\(.[0]): \(.[1]) made, \(.[2]) told"),

# Each process that has a line.
  ($processes[] | select(.pid != $main) | . as $made
   | ($creates | map(select(.pid == $made.pid))) as $own
   | ($own | map(select(.cause == "exec")) | last) as $exec
   | ($exits | map(select(.pid == $made.pid)) | last) as $exit
   | ([["parent", $made.parent_pid, $own[0].parent_pid],
       ["number of execs", $made.execs, ($own | count(.cause == "exec"))],
       ["number of forks", $made.forks, ($creates | count(.cause == "fork" and .parent_pid == $made.pid))],
       ["threads", $made.threads, ($events | count(.type == "thread_create" and .pid == $made.pid))],
       ["exit code", (if $made.signal > 0 then 128 + $made.signal else $made.exit_code end), $exit.exit_code],
       ["signal", $made.signal, ($exit.signal // 0)]]
      # In a chroot the directory is told as the machine sees it.
      + (["exe", "arguments", "arguments_base64",
          (if $made.exe_inside == $made.exe then "directory" else empty end)]
         | map(select($made[.]) | . as $what
             | [$what, $made[$what],
                ($exec[$what] | if ($what == "exe" or $what == "directory") and . == $prefix + $made[$what]
                 then $made[$what] else . end)])))[]
   | select(.[1] != .[2])
   | "\($made.role): \(.[0]) \(.[1] | tostring[:200]) made, \(.[2] | tostring[:200]) told"),

# Each image.
  ($images[] | . as $made
   | select([$events[] | select(.type == "image_load" and .pid == $made.pid and .path == $made.path
       and .address == $made.address and .size == $made.size and .build_id == $made.build_id)] | length != 1)
   | "image \(.path) is not told once, at \(.address)"),

# Nothing was cut, nothing lost. (perf has room for 4,087 bytes of an image's path.)
  ($events[] | select(.cut and .type != "image_load")
   | select(.cut != ["command_line"] or ([$processes[] | select(.role | contains("claim"))] == [])) | "\(.type) of \(.pid) is cut: \(.cut)"),
  ($events[] | select(.type == "loss") | "lost: \(.lost)")
