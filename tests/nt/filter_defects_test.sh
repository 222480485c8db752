#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: filter_defects_test.sh [SOURCE-TREE]
# As tdi_defects_test.sh, for the packet filter: defects that intermediate drivers are known for are put into copies of its
# sources, one at a time, and the test that is named for each is expected to fail. Takes about a minute. CC: the compiler.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
compiler=${CC:-cc}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
flags="-std=gnu11 -g -O0 -w -fshort-wchar -fno-strict-aliasing -fsanitize=address,undefined"
flags="$flags -fno-sanitize-recover=undefined -D_GNU_SOURCE -Itests/nt -isystem tests/nt/include -Ikernel/windows/ddk -I."
passed=0
failed=0
tested=packet

object() { # SOURCE OUTPUT
	# shellcheck disable=SC2086 # several flags
	$compiler $flags -c "$1" -o "$2"
}

# objects FOLDER SOURCE...: those that are no tests.
objects() {
	into=$folder/$1
	mkdir -p "$into"
	shift
	for source; do
		case $source in
		*_test.c | */nt_layouts.c | */nt_ndis_layouts.c | */ndis_player.c | */ndis_through.c) continue ;;
		esac
		object "$source" "$into/$(basename "$source" .c).o" || return 1
	done
}

program() { # OBJECTS...
	# shellcheck disable=SC2086
	$compiler $flags -o "$folder/program" "$folder/test/$tested.o" "$@" "$folder"/rest/*.o -lpthread
}

verdict() { # CODE NAME WHY
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "not ok $2: $3"
	fi
}

# defect NAME TEST FILE SED-SCRIPT: the test, of which a part of the name is given, is to fail.
defect() {
	rm -rf "$folder/defect"
	cp -r "$folder/filter" "$folder/defect"
	sed -e "$4" "kernel/windows/filter/$3.c" >"$folder/defect/$3.c"
	if cmp -s "kernel/windows/filter/$3.c" "$folder/defect/$3.c"; then
		verdict 1 "$1" "the source has changed, the defect cannot be put back"
	elif ! object "$folder/defect/$3.c" "$folder/defect/$3.o" || ! program "$folder"/defect/*.o; then
		verdict 1 "$1" "does not compile"
	else
		NT_SEEDS=${seeds:-20} timeout 60 "$folder/program" "$2" >"$folder/output" 2>&1
		[ $? -ne 0 ]
		verdict $? "$1" "filter_${tested}_test \"$2\" passes with it"
	fi
}

objects filter kernel/windows/filter/*.c && objects rest kernel/windows/control_security.c kernel/windows/irp_queue.c \
	kernel/windows/nt_optional.c kernel/windows/nt_text.c tests/nt/nt_*.c tests/nt/fake_*.c tests/nt/ndis_*.c \
	tests/nt/filter_stack.c || exit 1
mkdir "$folder/test"
for tested in bind control packet; do
	object "tests/nt/filter_${tested}_test.c" "$folder/test/$tested.o" || exit 1
	program "$folder"/filter/*.o && NT_SEEDS=5 timeout 120 "$folder/program" >"$folder/output" 2>&1
	verdict $? "filter_${tested}_test without a defect" 'it fails'
done

defect 'NT-29: a packet is handed on whether it has room or not' 'NT-29: without room' im_send \
	's/if (!has_room)/if (0)/'
defect 'NT-29: per-packet information stays behind' 'NT-29: without room' im_send '/NdisIMCopySendPerPacketInfo/d'
defect 'NT-29: the VLAN tag of a received packet stays behind' 'NT-29: without room' im_receive \
	's/^\t\tIeee8021QInfo };/\t\tIpSecPacketInfo };/'
defect 'NT-29: media specific information stays behind' 'NT-29: without room' im_receive \
	'/NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO/s/NDIS_SET.*/;/'
defect 'NT-30: a dropped send is not completed' 'NT-30: a dropped send' im_send \
	'/NdisMSendComplete(adapter->miniport, packet, NDIS_STATUS_SUCCESS)/d'
defect 'NT-30: a dropped send is completed as a failure' 'NT-30: a dropped send' im_send \
	's/\(packet, NDIS_STATUS_\)SUCCESS/\1FAILURE/'
defect 'NT-30: a dropped packet is kept' 'NT-30: a dropped packet' im_receive \
	'/fw_im_judge_drops/{
n
s/return 0/return 1/
}'
defect 'NT-30: a packet without resources is kept' 'NT-30: packets without resources' im_receive \
	's/return status != NDIS_STATUS_RESOURCES ? 1 : 0/return 1/'
defect 'NT-30: the status is read when the packet is given away' 'NT-30: a dropped packet' im_receive \
	's/return status != NDIS_STATUS_RESOURCES ? 1 : 0/return NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES/'
defect 'NT-30: a packet of its own is not freed' 'NT-30: packets without resources' im_receive \
	'/return 1;/{
n
/NdisFreePacket/d
}'
defect 'NT-31: a header is read from the first buffer only' 'NT-31: a header is judged alike' im_judge \
	's/buffer; buffer = buffer->Next/buffer; buffer = NULL/'
defect 'NT-31: what is not seen at once passes' 'NT-31: pieces of any length' im_lookahead 's/if (!seen)/if (0)/'
defect 'NT-32: a list is changed in two steps' 'NT-32: lists are replaced' im_list \
	's/^\(static void change_bindings.*\)$/static void enforce_all(void);\n\1/
s/^\t\tchange_bindings(changes, count, &made, &gone);/\t\tLIST_ENTRY all = lists.bindings; if (!IsListEmpty(\&lists.bindings)) { PLIST_ENTRY f = lists.bindings.Flink, l = lists.bindings.Blink; InitializeListHead(\&lists.bindings); enforce_all(); lists.bindings.Flink = f; lists.bindings.Blink = l; } (void)all;\n&/'
tested=bind
seeds=120
defect 'a miniport that NDIS has not come to is left to it' 'initialised late' im_bind 's/if (!adapter->initializes)/if (1)/'
seeds=20
defect 'a packet pool stays' 'it is bound, and' im_bind '/NdisFreePacketPool(adapter->receive_pool)/d'
defect 'NT-23: nobody is told that an adapter leaves' 'NT-23: who has a handle' im_list '/FW_ADAPTER_VANISHED/s/.*/;/'
defect 'NT-23: a handle asks an adapter that has left' 'NT-23: who has a handle' im_handle \
	's/adapter->leaves ? STATUS_DEVICE_REMOVED/0 ? STATUS_DEVICE_REMOVED/
s/if (adapter->leaves)/if (0)/'
defect 'a list goes with its adapter' 'NT-32: lists survive' im_bind \
	's/^\tfw_im_list_remove(adapter);/&\n\tfw_im_lists_done();\n\tfw_im_lists_init();/'
defect 'sends go down to an adapter that sleeps' 'sleeps and wakes' im_adapter \
	's/ && adapter->below == NdisDeviceStateD0//'
defect 'a request that waited is forgotten' 'sleeps and wakes' im_power 's/fw_im_request_resume(adapter);/;/'
defect 'loopback is done twice' 'requests and resets' im_request '/NDIS_MAC_OPTION_NO_LOOPBACK/s/.*/\t\t;/'
defect 'a reset is never completed' 'requests and resets' im_power '/NdisMResetComplete/d'
tested=control
defect 'NT-24: anybody may open the device' 'NT-24: who may open' im_control \
	's/fw_control_security_check(irp)/STATUS_SUCCESS/'
defect 'NT-24: the count of prefixes is believed' 'NT-24: counts are' im_handle \
	's/(uint64_t)append.count \* sizeof(struct fw_filter_prefix) > request->in - append.size/0/'
defect 'NT-24: anybody may set lists by WMI' 'WMI reads' im_wmi \
	's/ANY_SIZE, fNDIS_GUID_TO_OID }/ANY_SIZE, fNDIS_GUID_TO_OID | fNDIS_GUID_ALLOW_WRITE }/'
defect 'NT-32: prefixes that are not in order are left out' 'NT-32: lists that are not' im_draft \
	's/return STATUS_DATA_ERROR;/continue;/'
defect 'NT-32: an update replaces whatever is there' 'NT-32: commits' im_list \
	's/return STATUS_OBJECT_NAME_COLLISION;/return STATUS_SUCCESS;/'
defect 'NT-32: a list of nobody stays' 'NT-32: lists are replaced' im_list 's/^\tfree_all(&gone);//'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
