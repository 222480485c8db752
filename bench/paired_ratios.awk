# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Tables of the traffic measurements. First file: names and titles. Second file, a line a
# measurement:
#	round monitor workload operations/s bytes/s CPU-ns/operation monitor-CPU-ns/operation
#	others-percent programs
# show: calm, efficiency, throughput, added, own (added, without the monitor's processes) or process
# (of these alone); monitors, workloads: names in the order of columns and rows.

BEGIN {
	FS = "\t"
	adds = show == "added" || show == "own"
}

NR == FNR {
	title[$1] = $2
	next
}

NF == 9 {
	key = $2 SUBSEP $3 SUBSEP $1
	speed[key] = $4
	cpu[key] = (show == "process" ? 0 : $6) + (show == "own" ? 0 : $7)
	programs[key] = $9
	if (!($2 in fewest) || $9 < fewest[$2])
		fewest[$2] = $9
	if ($1 > rounds)
		rounds = $1
}

function is_clean(monitor, workload, round,    key) {
	key = monitor SUBSEP workload SUBSEP round
	return key in cpu && programs[key] == fewest[monitor] && (monitor != "none" || !programs[key])
}

# Value of one measurement; ratios are against no monitor in the same round.
function value_of(what, monitor, workload, round,    key, base) {
	key = monitor SUBSEP workload SUBSEP round
	base = "none" SUBSEP workload SUBSEP round
	if (what == "efficiency")
		return cpu[base] / cpu[key]
	if (what == "throughput")
		return speed[key] / speed[base]
	return what == "speed" ? speed[key] : cpu[key]
}

# Puts the clean values of one cell into list[1..n], in order; returns n.
function collect(what, monitor, workload,    round, value, n, i) {
	split("", list)
	for (round = 1; round <= rounds; round++) {
		if (!is_clean(monitor, workload, round) || !is_clean("none", workload, round))
			continue
		value = value_of(what, monitor, workload, round)
		for (i = n++; i > 0 && list[i] > value; i--)
			list[i + 1] = list[i]
		list[i + 1] = value
	}
	return n
}

function median(n) {
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# Disturbances only ever add CPU time, so the lower quartile is steadier than the median. 0: no
# values.
function calm_cpu(monitor, workload,    n) {
	n = collect("cpu", monitor, workload)
	return n ? list[int((n + 3) / 4)] : 0
}

function ratio_cell(monitor, workload,    n) {
	n = collect(show, monitor, workload)
	return n ? sprintf("%.3f (%.2f..%.2f)", median(n), list[1], list[n]) : "-"
}

function cell(monitor, workload,    base, watched) {
	if (show == "process")
		return collect("cpu", monitor, workload) ? sprintf("%.0f", calm_cpu(monitor, workload)) : "-"
	if (show != "calm" && !adds)
		return ratio_cell(monitor, workload)
	base = calm_cpu("none", workload)
	watched = calm_cpu(monitor, workload)
	if (!base || !watched)
		return "-"
	return show == "calm" ? sprintf("%.3f", base / watched) : sprintf("%+.0f", watched - base)
}

function row(workload,    i, line) {
	line = "| " title[workload] " |"
	if (adds)
		line = line sprintf(" %.0f | %.0f |", median(collect("speed", "none", workload)),
			calm_cpu("none", workload))
	for (i = 2; i <= columns; i++)
		line = line " " cell(name[i], workload) " |"
	print line
}

END {
	columns = split(monitors, name, " ")
	rows = split(workloads, work, " ")
	line = "| |"
	rule = "|---|"
	if (adds) {
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
