#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: filter_defects_test.sh [SOURCE-TREE]
# Puts defects that intermediate drivers are known for into the packet filter; see defects.sh. Takes about a minute.
# CC: the compiler.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
tests=filter
sources=kernel/windows/filter
around=
. tests/nt/defects.sh

# shellcheck disable=SC2086 # several patterns
objects whole kernel/windows/filter/*.c kernel/windows/control_file.c && objects rest kernel/windows/control_request.c kernel/windows/control_security.c \
	kernel/windows/irp_queue.c kernel/windows/nt_optional.c kernel/windows/nt_text.c $fake tests/nt/filter_client.c || exit 1
without_defects bind control packet power

defect 'NT-29: a packet is handed on whether it has room or not' packet 'NT-29: without room' im_send \
	's/if (!has_room)/if (0)/'
defect 'NT-29: per-packet information stays behind' packet 'NT-29: without room' im_send '/NdisIMCopySendPerPacketInfo/d'
defect 'NT-29: the VLAN tag of a received packet stays behind' packet 'NT-29: without room' im_receive \
	's/Ieee8021QInfo }/}/'
defect 'NT-29: media specific information stays behind' packet 'NT-29: without room' im_receive \
	'/NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO/s/NDIS_SET.*/;/'
defect 'NT-30: a dropped send is not completed' packet 'NT-30: a dropped send' im_send \
	'/NdisMSendComplete(adapter->miniport, packet, NDIS_STATUS_SUCCESS)/d'
defect 'NT-30: a dropped send is completed as a failure' packet 'NT-30: a dropped send' im_send \
	's/\(packet, NDIS_STATUS_\)SUCCESS/\1FAILURE/'
defect 'NT-30: a dropped packet is kept' packet 'NT-30: a dropped packet' im_receive \
	'/fw_im_judge_drops/{
n
s/return 0/return 1/
}'
defect 'NT-30: a packet without resources is kept' packet 'NT-30: packets without resources' im_receive \
	's/return status != NDIS_STATUS_RESOURCES ? 1 : 0/return 1/'
defect 'NT-30: the status is read when the packet is given away' packet 'NT-30: a dropped packet' im_receive \
	's/return status != NDIS_STATUS_RESOURCES ? 1 : 0/return NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES/'
defect 'NT-30: a packet of its own is not freed' packet 'NT-30: packets without resources' im_receive \
	'/return 1;/{
n
/NdisFreePacket/d
}'
defect 'NT-30: the halt leaves packets that are above' packet 'NT-30: packets in flight' im_bind \
	's/fw_im_adapter_wait_lent(adapter);//'
defect 'NT-31: a header is read from the first buffer only' packet 'NT-31: a header is judged alike' im_judge \
	's/buffer; buffer = buffer->Next/buffer; buffer = NULL/'
core_defect 'NT-31: IP in IEEE 802.3 frames passes' packet 'NT-31: IP in IEEE 802.3' frame_address \
	's/fw_frame_has_snap(frame, offset, type)/0/' im_judge
core_defect 'NT-31: too little of a frame is looked at for it' packet 'NT-31: IP in IEEE 802.3' frame_address \
	's/ + FW_FRAME_SNAP + 40/ + 40/' im_judge
defect 'NT-31: what is not seen at once passes' packet 'NT-31: pieces of any length' im_lookahead 's/if (!seen)/if (0)/'
defect 'NT-31: a part of a packet is used that the adapter below has' packet 'NT-31: pieces of any length' im_lookahead \
	's/->ProtocolReserved/->MiniportReserved/'
defect 'NT-29: a copy goes up in two buffers' packet 'NT-31: pieces of any length' im_lookahead \
	's/header_bytes + rest_bytes, FALSE/header_bytes, FALSE/
/^static bool indicate_copy/,/^}/s/unchain(packet);//'
defect 'NT-32: a list is changed in two steps' packet 'NT-32: lists are replaced' im_list \
	's/^\(static void change_bindings.*\)$/static void enforce_all(void);\n\1/
s/^\t\tchange_bindings(changes, count, &made, &gone);/\t\tLIST_ENTRY all = lists.bindings; if (!IsListEmpty(\&lists.bindings)) { PLIST_ENTRY f = lists.bindings.Flink, l = lists.bindings.Blink; InitializeListHead(\&lists.bindings); enforce_all(); lists.bindings.Flink = f; lists.bindings.Blink = l; } (void)all;\n&/'

seeds=120
defect 'a miniport that NDIS has not come to is left to it' bind 'initialised late' im_bind 's/if (!adapter->initializes)/if (1)/'
seeds=
defect 'a miniport that NDIS fails later is taken down twice' bind 'each failure of a load' im_bind \
	's/adapter->is_halted = true;//'
seeds=200
defect 'NT-23: a halt and an unbind both close the binding' bind 'halted while it is unbound' im_bind \
	's/if (!claim_close(adapter))/if (0)/'
defect 'NT-23: an unbind drops a reference that a halt has dropped' bind 'halted while it is unbound' im_bind \
	's/if (!had)/if (!adapter->miniport)/'
defect 'NT-23: an unbind takes what NDIS says for the end' bind 'halted while it is unbound' im_bind \
	's/(void)NdisIMDeInitializeDeviceInstance(miniport);/if (!NdisIMDeInitializeDeviceInstance(miniport)) { fw_im_adapter_put(adapter); return; }/
	s/adapter->closes ? NULL : adapter->miniport/adapter->miniport/'
defect 'NT-23: an unbind takes an adapter that a halt has freed' bind 'halted while it is unbound' im_bind \
	's/= fw_im_adapter_known(context);/= context; fw_im_adapter_get(adapter);/'
seeds=
defect 'the unload routine is registered before the miniport' bind 'it is bound, and' im_driver \
	's/^\tstatus = register_miniport();/\tNdisMRegisterUnloadHandler(driver.wrapper, unload);\n&/'
defect 'a packet pool stays' bind 'it is bound, and' im_bind '/NdisFreePacketPool(adapter->receive_pool)/d'
defect 'NT-23: a list keeps the device of what is uninstalled' bind 'NT-23: uninstalled' im_driver \
	'/^static void NTAPI unload_protocol/,/^}/s/fw_im_lists_done();//'
defect 'NT-23: lists come to what is uninstalled' bind 'NT-23: uninstalled' im_list 's/lists.is_over ? STATUS_DEVICE_REMOVED : //'
defect 'NT-23: the last handle leaves the device' bind 'NT-23: its device' im_control \
	'/^static void close_handle/,/^}/s/update_without_handles();//'
defect 'NT-23: nobody is told that an adapter leaves' bind 'NT-23: who has a handle' im_list '/FW_ADAPTER_VANISHED/s/.*/;/'
defect 'NT-23: a handle asks an adapter that has left' bind 'NT-23: who has a handle' im_handle \
	's/adapter->leaves ? STATUS_DEVICE_REMOVED/0 ? STATUS_DEVICE_REMOVED/
s/if (adapter->leaves)/if (0)/'
defect 'a list goes with its adapter' bind 'NT-32: lists survive' im_bind \
	's/^\tfw_im_list_remove(adapter);/&\n\tfw_im_lists_done();\n\tfw_im_lists_init();/'
defect 'sends go down to an adapter that sleeps' power 'sleeps and wakes' im_adapter \
	's/ && adapter->below == NdisDeviceStateD0//'
defect 'a request waits for an adapter that falls asleep' power 'keeps our miniport awake' im_request 's/ && !adapter->stands_by//'
defect 'a request waits for an adapter that sleeps on' power 'adapter that wakes up' im_power 's/fw_im_request_fail(adapter);/;/'
defect 'a request that waited is forgotten' power 'adapter that wakes up' im_power 's/fw_im_request_resume(adapter);/;/'
defect 'a cable is forgotten when our miniport wakes up last' power 'cable pulled while it sleeps' im_power \
	'/fw_im_set_power/,/^}/s/fw_im_status_resume(adapter);/;/'
defect 'a cable is forgotten when the adapter wakes up last' power 'cable pulled while it sleeps' im_power \
	'/on_set_power/,/^}/s/fw_im_status_resume(adapter);//'
seeds=600
defect 'two tell of a cable' power 'is told in order' im_status 's/ || !adapter->is_telling/ || 1/'
seeds=
defect 'an old answer about a cable is kept' power 'while the adapter is asked' im_request \
	's/if (adapter->media_heard != heard)/if (0)/'
defect 'those above are not asked before a removal' power 'events of plug and play' im_power \
	's/return notify_above(context, event)/return NDIS_STATUS_SUCCESS/'
defect 'those above do not hear of power' power 'events of plug and play' im_power 's/(void)notify_above(adapter, event)//'
defect 'loopback is done twice' bind 'requests and resets' im_request '/NDIS_MAC_OPTION_NO_LOOPBACK/s/.*/\t\t;/'
defect 'a reset is never completed' bind 'requests and resets' im_power '/NdisMResetComplete/d'

defect 'NT-24: anybody may open the device' control 'NT-24: who may open' control_file \
	's/fw_control_security_check(irp)/STATUS_SUCCESS/'
defect 'NT-24: the count of prefixes is believed' control 'NT-24: counts are' im_handle \
	's/(uint64_t)append.count \* sizeof(struct fw_filter_prefix) > request->data.in - append.size/0/'
defect 'NT-24: anybody may set lists by WMI' control 'WMI reads' im_wmi \
	's/ANY_SIZE, fNDIS_GUID_TO_OID }/ANY_SIZE, fNDIS_GUID_TO_OID | fNDIS_GUID_ALLOW_WRITE }/'
defect 'NT-24: a prefix of no family is left out' control 'WMI reads' im_wmi \
	's/if (ipv4 + ipv6 != count)/if (0)/
s/goto set_put;/break;/'
defect 'NT-32: prefixes that are not in order are left out' control 'NT-32: lists that are not' im_draft \
	's/return STATUS_DATA_ERROR;/continue;/'
defect 'NT-32: an update replaces whatever is there' control 'NT-32: commits' im_list \
	's/return STATUS_OBJECT_NAME_COLLISION;/return STATUS_SUCCESS;/'
defect 'NT-32: a list of nobody stays' control 'NT-32: lists are replaced' im_list 's/^\tfree_all(&gone);//'

defects_end
