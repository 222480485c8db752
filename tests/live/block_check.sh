#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: block_check.sh FWBLOCK
# That fwblock moves payload in every scenario when nothing is blocked, and counts none when nothing
# can pass. Without privilege, what needs it is skipped.
set -u
fwblock=$1
. "$(dirname "$0")/generator_verdicts.sh"

judge() { # NAME CODE CONDITION: of the line in $work/output
	grep -v '^ready ' "$work/output" >"$work/line"
	case $2 in
	0) verdict "$1" "$(jq -e "$3" "$work/line" >"$work/condition" 2>&1 ||
		echo "not so: $3: $(cat "$work/line")")" ;;
	77) skip "$1" "$(tail -n 1 "$work/error")" ;;
	*) verdict "$1" "it failed: $(cat "$work/error")" ;;
	esac
}

# Each scenario counts as one test.
every_scenario() {
	"$fwblock" selftest >"$work/output" 2>"$work/error"
	code=$?
	passed=$((passed + $(grep -c '^ok ' "$work/output")))
	failed=$((failed + $(grep -c '^not ok ' "$work/output")))
	skipped=$((skipped + $(grep -c '^SKIP ' "$work/output")))
	grep -v '^{' "$work/output"
	cat "$work/error"
	[ "$(grep -Ec '^(ok|not ok|SKIP) ' "$work/output")" -eq "$("$fwblock" list | wc -l)" ] ||
		code=2
	[ $code -le 1 ] || verdict 'every scenario' "it ended with $code"
}

names() {
	"$fwblock" list | cut -f 1 | sort | uniq -d >"$work/twice"
	verdict 'names occur once' "$(cat "$work/twice")"
}

by_standard_input() { # SCENARIO CONDITION options
	name=$1
	condition=$2
	shift 2
	echo blocked | "$fwblock" run --try 200 "$@" "$name" >"$work/output" 2>"$work/error"
	judge "$name $*" $? "$condition"
}

await_file() {
	tries=0
	while [ ! -s "$1" ] && [ $tries -lt 400 ]; do
		sleep 0.02
		tries=$((tries + 1))
	done
}

by_files() {
	"$fwblock" run --ready "$work/ready" --go "$work/go" tcp_existing4 \
		>"$work/output" 2>"$work/error" &
	pid=$!
	await_file "$work/ready"
	name=$(cat "/proc/$(sed -n 's/^ready //p' "$work/ready")/comm")
	touch "$work/go"
	wait $pid
	judge 'run by files' $? '.reached_peer > 0 and .reached_subject > 0'
	if [ "$name" = fwblock-subject ]; then name=''; else name="it is '$name'"; fi
	verdict 'the subject is announced' "$name"
	rm -f "$work/ready" "$work/go"
}

# The executable of the subject, as a rule on it would find it.
by_program() { # SCENARIO
	cp "$fwblock" "$work/subject"
	rm -f "$work/ready" "$work/go"
	"$fwblock" run --subject-program "$work/subject" --ready "$work/ready" --go "$work/go" \
		"$1" \
		>"$work/output" 2>"$work/error" &
	pid=$!
	await_file "$work/ready"
	[ -s "$work/ready" ] && exe=$(readlink "/proc/$(sed -n 's/^ready //p' "$work/ready")/exe")
	touch "$work/go"
	wait $pid
	judge "$1 with a program of its own" $? '.leaked > 0'
	case $1 in
	*_exec*) [ "$exe" != "$work/subject" ] && exe='' ;; # the parent is not to be blocked
	*) [ "$exe" = "$work/subject" ] && exe='' ;;
	esac
	verdict "$1: the executable of the subject" "$exe"
}

connect_namespaces() {
	for end in a b; do
		ip netns add "fwblock$$$end" 2>"$work/error" || return 1
		namespaces="$namespaces fwblock$$$end"
		# In a plain chroot a namespace can be made but not entered.
		ip -n "fwblock$$$end" link >"$work/links" 2>"$work/error" || return 1
	done
	ip link add fwb0 netns "fwblock$$a" type veth peer name fwb0 netns "fwblock$$b" \
		2>"$work/error" || return 1
	number=1
	for end in a b; do
		ip -n "fwblock$$$end" address add "10.88.0.$number/24" dev fwb0
		ip -n "fwblock$$$end" address add "fd88::$number/64" dev fwb0 nodad
		ip -n "fwblock$$$end" link set fwb0 up
		ip netns exec \
			"fwblock$$$end" \
			sh -c 'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range'
		number=$((number + 1))
	done
}

# LINK up or down: as the subject is said to be blocked, its link is set so.
apart() { # LINK SCENARIO CONDITION
	case $2 in
	*4* | packet_raw*) subject=10.88.0.1 peer=10.88.0.2 ;;
	*) subject=fd88::1 peer=fd88::2 ;;
	esac
	ip -n "fwblock$$a" link set fwb0 up
	rm -f "$work/ready" "$work/go"
	"$fwblock" run --subject-netns "fwblock$$a" --peer-netns "fwblock$$b" \
		--subject-address $subject \
		--peer-address $peer --subject-device fwb0 --peer-device fwb0 \
		--ready "$work/ready" \
		--go "$work/go" "$2" >"$work/output" 2>"$work/error" &
	pid=$!
	await_file "$work/ready"
	ip -n "fwblock$$a" link set fwb0 "$1"
	touch "$work/go"
	wait $pid
	judge "$2 in namespaces, link $1" $? "$3"
}

in_namespaces() {
	if ! connect_namespaces; then
		skip 'in namespaces' "they cannot be made here: $(cat "$work/error")"
		return
	fi
	for name in tcp_existing4 udp4 raw4 packet_raw packet_udp4 tcp_existing6 packet_udp6 \
		raw_icmp6; do
		apart up $name \
			'.reached_peer > 0 and .reached_subject > 0 and .reached_peer_late == 0'
	done
	quiet='.leaked == 0 and .peer_read_queued + .subject_read_queued == 0'
	for name in tcp_existing4 tcp_connect4 uring4 splice4 udp4 raw4 ping4 packet_raw \
		packet_udp4; do
		apart down $name "$quiet"
	done
	apart down tcp_queued_up4 '.leaked == 0 and .peer_read_queued > 0'
	apart down tcp_queued_down4 '.leaked == 0 and .subject_read_queued > 0'
	apart down tcp_closed4 '.leaked == 0 and .peer_read_queued > 0'
	apart down tcp_connect4 '.subject_errors | keys | any(startswith("connect:"))'
}

refused() { # options
	"$fwblock" "$@" </dev/null >"$work/output" 2>&1
	if [ $? -eq 2 ]; then wrong=''; else wrong="no usage error: $(cat "$work/output")"; fi
	verdict "refused: $*" "$wrong"
}

names
every_scenario
by_standard_input tcp_connect4 '.reached_peer > 0 and .reached_subject > 0 and (.existing | not)'
by_standard_input udp_queued_down4 '.subject_read_queued > 0'
by_standard_input tcp_flowing6 '.before_up > 0 and .reached_peer > 0' --try 50
by_files
for name in tcp_existing4 tcp_inherited4 listener_inherited6 tcp_orphan4 tcp_exec4 listener_exec4 \
	tcp_passed4; do
	by_program $name
done
in_namespaces
refused
refused nothing
refused run
refused run nothing
refused selftest nothing
refused run --try 0 tcp_existing4
refused run --no-such-option tcp_existing4
echo "block: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
