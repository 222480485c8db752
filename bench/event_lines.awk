# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# How many of the events that one process and its children made are in what a monitor printed.
# monitor: its name; pid: of the process; kind: threads or processes.

function is_ours(number) {
	return number in ours
}

function adopt(number) {
	ours[number] = 1
	count++
}

# The number behind a key of one JSON object or audit record, before the key of another: 0 if there
# is none.
function number_of(key,    place) {
	place = index($0, key)
	return place ? substr($0, place + length(key)) + 0 : 0
}

BEGIN {
	threads = kind == "threads"
}

monitor == "events_json" && threads {
	count += /"type":"thread_(create|exit)"/ && number_of("\"pid\":") == pid
}

monitor == "events_json" && !threads {
	if (/"type":"process_create"/ && number_of("\"parent_pid\":") == pid)
		adopt(number_of("\"pid\":"))
	else if (/"type":"process_exit"/ && number_of("\"parent_pid\":") == pid)
		count++
}

# HH:MM:SS.mmm: Thread TID Created in process PID / Process PID Created. Command line: ...
monitor == "events_classic" && threads {
	count += $2 == "Thread" && $NF == pid
}

monitor == "events_classic" && !threads && $2 == "Process" {
	if ($4 == "Created." && $3 != pid && /fwevents/)
		adopt($3)
	else if ($4 == "Exited." && is_ours($3))
		count++
}

# time clone|fork PID parent ... followed by the line of the new one. What is gone again when
# forkstat looks into /proc it calls a fork by process 0, threads as well; that counts as told.
monitor == "forkstat" {
	if (($2 == "clone" || $2 == "fork") && $4 != "parent" && (parent == pid || parent == 0))
		adopt($3)
	else if (($2 == "exit" || $2 == "exec") && is_ours($3))
		count++
	if ($3 != "PID" && NF) # headings are repeated at any place
		parent = $4 == "parent" ? $3 : -1
}

monitor == "bpftrace" && threads {
	count += ($1 == "thread" && $2 == pid) || ($1 == "exit" && $2 == pid && $3 != pid)
}

monitor == "bpftrace" && !threads {
	if ($1 == "fork" && $2 == pid)
		adopt($3)
	else if (($1 == "exec" || $1 == "exit") && is_ours($2))
		count++
}

# PCOMM PID PPID RET ARGS
monitor == "execsnoop" {
	count += $3 == pid
}

# clone 56, fork 57, vfork 58, execve 59, exit 60, exit_group 231, clone3 435 of x86-64
monitor == "auditd" && /^type=SYSCALL/ {
	call = number_of(" syscall=")
	caller = number_of(" pid=")
	parent = number_of(" ppid=")
	if (call == 56 || call == 57 || call == 58 || call == 435)
		count += caller == pid
	else if (call == 60)
		count += threads && caller == pid
	else if (call == 59 || call == 231)
		count += !threads && parent == pid
}

END {
	print count + 0
}
