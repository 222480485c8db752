#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: inf_test.sh [SOURCE-TREE]
# Checks the INF files of the packet filter by themselves and against each other, as no Windows is at hand to install
# them; and that each check finds what it is for.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

# verdict NAME FINDINGS: an empty second argument is a pass.
verdict() {
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		printf '%s\n' "$2" | sed 's/^/    /'
	fi
}

# entries FILE: each line as section|key|value, without comments and blanks around; a line without = is a key.
entries() {
	sed -e 's/\r$//' -e 's/^[[:space:]]*;.*//' "$1" | awk '
		function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
		/^[ \t]*\[/ { sub(/^[ \t]*\[/, ""); sub(/\].*/, ""); section = tolower($0); print section "||"; next }
		/[^ \t]/ {
			at = index($0, "=")
			print section "|" trim(at ? substr($0, 1, at - 1) : $0) "|" (at ? trim(substr($0, at + 1)) : "")
		}'
}

# value ENTRIES SECTION KEY
value() {
	awk -F '|' -v section="$2" -v key="$3" '$1 == section && tolower($2) == key { print $3 }' "$1"
}

# Sections that are named and are not there, and files without a disk.
check_references() { # ENTRIES
	awk -F '|' '
		function want(name, by) { if (name != "") wanted[tolower(name)] = by }
		function wants(names, by, count, each, i) {
			gsub(/[ \t]/, "", names)
			count = split(names, each, ",")
			for (i = 1; i <= count; i++)
				want(each[i], by)
		}
		{ there[$1] = 1; key = tolower($2) }
		$1 ~ /^sourcedisksfiles/ && $2 != "" { disks[$1, key] = 1; lists[$1] = 1 }
		key == "addreg" || key == "delfiles" || key == "copyfiles" { wants($3, $2) }
		key == "copyfiles" {
			gsub(/[ \t]/, "", $3)
			count = split(tolower($3), each, ",")
			for (i = 1; i <= count; i++)
				copies[each[i]] = 1
		}
		key == "copyinf" { files[tolower($3)] = 1 }
		key == "addservice" { gsub(/[ \t]/, "", $3); split($3, part, ","); want(part[3], $2); want(part[4], $2) }
		$1 == "destinationdirs" && $2 != "" && key != "defaultdestdir" { want($2, "DestinationDirs") }
		$1 == "manufacturer" && $2 != "" {
			gsub(/[ \t]/, "", $3)
			count = split($3, part, ",")
			want(part[1], $2)
			models[tolower(part[1])] = 1
			for (i = 2; i <= count; i++) {
				want(part[1] "." part[i], $2)
				models[tolower(part[1] "." part[i])] = 1
			}
		}
		{ line[NR] = $0 }
		END {
			for (i = 1; i <= NR; i++) {
				split(line[i], part, "|")
				if (part[1] in models && part[3] != "") { split(part[3], each, ","); want(each[1], part[1]) }
				if (part[1] in copies && part[2] != "") { split(part[2], each, ","); files[tolower(each[1])] = 1 }
			}
			for (name in wanted)
				if (!(name in there))
					print "no section [" name "], which " wanted[name] " names"
			for (file in files)
				for (list in lists)
					if (!((list, file) in disks))
						print file " is copied, and not in [" list "]"
		}' "$1"
}

check_strings() { # ENTRIES
	sed 's/%%//g' "$1" | grep -o '%[A-Za-z_][A-Za-z_0-9]*%' | tr -d '%' | sort -u | while read -r name; do
		[ -n "$(value "$1" strings "$(echo "$name" | tr '[:upper:]' '[:lower:]')")" ] || echo "no string %$name%"
	done
}

# What names the driver: the same everywhere, of both files.
check_service() { # ENTRIES...
	for of; do
		awk -F '|' '
			tolower($2) == "addservice" || tolower($2) == "delservice" { sub(/,.*/, "", $3); print $3 }
			$2 ~ /^HKR, *Ndi, *Service,/ { sub(/.*,[ \t]*/, "", $2); print $2 }
			tolower($2) == "servicebinary" { sub(/.*\\/, "", $3); sub(/\.sys$/, "", $3); print $3 }' "$of"
	done | sort | uniq -c | awk '{ names = names " " $2; count += $1 }
		END { if (NR != 1 || count < 7) print count + 0 " names of the service:" names }'
}

check_pair() { # ENTRIES-OF-THE-PROTOCOL ENTRIES-OF-THE-MINIPORT
	[ "$(value "$1" fwfilter.ndi characteristics)" = 0x4400 ] || echo 'the protocol is no NCF_FILTER | NCF_NDIS_PROTOCOL'
	[ "$(value "$2" fwfilterm.ndi characteristics)" = 0x29 ] || echo 'the miniport is not virtual, hidden and left alone'
	[ "$(value "$1" fwfilter.ndi copyinf)" = fwfilter_m.inf ] || echo 'the INF of the miniport is not brought along'
	id=$(awk -F '|' '$2 ~ /FilterDeviceInfId/ { sub(/.*,[ \t]*/, "", $2); print $2 }' "$1")
	grep -qi "|%miniport%|.*,$id\$" "$2" || echo "the miniport of the filter is $id, and no model of its INF"
}

# check FOLDER: all findings of its two INF files.
check() {
	for name in fwfilter fwfilter_m; do
		entries "$1/$name.inf" >"$folder/$name"
		check_references "$folder/$name"
		check_strings "$folder/$name"
	done
	check_service "$folder/fwfilter" "$folder/fwfilter_m"
	check_pair "$folder/fwfilter" "$folder/fwfilter_m"
}

# finds FILE SED-SCRIPT FINDING
finds() {
	mkdir -p "$folder/wrong"
	cp kernel/windows/filter/*.inf "$folder/wrong"
	sed "$2" "kernel/windows/filter/$1" >"$folder/wrong/$1"
	verdict "found: $3" "$(check "$folder/wrong" | grep -q "$3" || echo "not found in $1 with $2")"
}

verdict 'the INF files of the packet filter' "$(check kernel/windows/filter)"
finds fwfilter.inf 's/^\[FwFilter.Params\]/[Params]/' 'no section \[fwfilter.params\], which AddReg'
finds fwfilter.inf '/^DelFiles/s/$/.Gone/' 'which DelFiles names'
finds fwfilter_m.inf '/^AddService/s/EventLog/Log/' 'which AddService names'
finds fwfilter.inf '/^fwfilter.sys = 1/d' 'fwfilter.sys is copied, and not in'
finds fwfilter.inf '/^Help = /d' 'no string %Help%'
finds fwfilter_m.inf '/Ndi, Service/s/fwfilter/fwfilterm/' 'names of the service'
finds fwfilter.inf 's/0x4400/0x400/' 'NCF_NDIS_PROTOCOL'
finds fwfilter_m.inf 's/fw_fwfilterm/fw_other/' 'no model of its INF'
echo "inf: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
