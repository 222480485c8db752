# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Tables of the traffic measurements. First file: names and titles. Second file, a line a measurement:
#	round monitor workload operations/s bytes/s CPU-ns/operation monitor-CPU-ns/operation
#	others-percent programs
# show: efficiency, throughput or added; monitors, workloads: names in the order of columns and rows.

BEGIN {
	FS = "\t"
}

NR == FNR {
	title[$1] = $2
	next
}

NF == 9 {
	key = $2 SUBSEP $3 SUBSEP $1
	speed[key] = $4
	cpu[key] = $6 + $7
	programs[key] = $9
	if (!($2 in fewest) || $9 < fewest[$2])
		fewest[$2] = $9
	if ($1 > rounds)
		rounds = $1
}

# Puts the clean values of one cell into list[1..n], in order; returns n.
function collect(monitor, workload,    round, key, base, value, n, i) {
	split("", list)
	for (round = 1; round <= rounds; round++) {
		key = monitor SUBSEP workload SUBSEP round
		base = "none" SUBSEP workload SUBSEP round
		if (!(key in cpu) || !(base in cpu) || programs[base] > 0 ||
		    programs[key] != fewest[monitor])
			continue
		if (show == "efficiency")
			value = cpu[base] / cpu[key]
		else if (show == "throughput")
			value = speed[key] / speed[base]
		else if (show == "speed")
			value = speed[key]
		else if (show == "cpu")
			value = cpu[key]
		else
			value = cpu[key] - cpu[base]
		for (i = n++; i > 0 && list[i] > value; i--)
			list[i + 1] = list[i]
		list[i + 1] = value
	}
	return n
}

function median(n) {
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function ratio_cell(monitor, workload,    n) {
	n = collect(monitor, workload)
	return n ? sprintf("%.3f (%.2f..%.2f)", median(n), list[1], list[n]) : "-"
}

function number_cell(what, monitor, workload, format,    n, kept) {
	kept = show
	show = what
	n = collect(monitor, workload)
	show = kept
	return n ? sprintf(format, median(n)) : "-"
}

function cell(monitor, workload) {
	if (show == "added")
		return number_cell(show, monitor, workload, "%+.0f")
	return ratio_cell(monitor, workload)
}

function row(workload,    i, line) {
	line = "| " title[workload] " |"
	if (show == "added")
		line = line number_cell("speed", "none", workload, " %.0f |") \
			number_cell("cpu", "none", workload, " %.0f |")
	for (i = 2; i <= columns; i++)
		line = line " " cell(name[i], workload) " |"
	print line
}

END {
	columns = split(monitors, name, " ")
	rows = split(workloads, work, " ")
	line = "| |"
	rule = "|---|"
	if (show == "added") {
		line = line " operations/s | CPU ns |"
		rule = rule "---:|---:|"
	}
	for (i = 2; i <= columns; i++) {
		line = line " " title[name[i]] " |"
		rule = rule "---:|"
	}
	print line
	print rule
	for (i = 1; i <= rows; i++)
		row(work[i])
}
