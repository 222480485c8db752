#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: filter_lists_test.sh FLOWWATCHER FWTRAFFIC
# The lists of the adapters' filter in this kernel, without adapters: fwlists, which lies beside
# FWTRAFFIC.
set -u
program=$(dirname "$2")/fwlists
if [ "$(id -u)" -ne 0 ]; then
	echo 'lists are made by root'
	exit 77
fi
if [ ! -x "$program" ]; then
	echo 'built without eBPF'
	exit 77
fi
# An emulated processor needs a minute for a list that takes 0.2 s.
size=1000000
[ -n "${FW_IN_VM-}" ] && size=100000
exec "$program" "$size"
