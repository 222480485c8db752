#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: tdi_defects_test.sh [SOURCE-TREE]
# Puts the known defects of filters of this kind back into the TDI filter; see defects.sh. Takes about half a minute.
# CC: the compiler.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
tests=tdi
sources=kernel/windows
around='*'
. tests/nt/defects.sh
libraries="-lcmocka $libraries"
needs_cmocka

# shellcheck disable=SC2086 # several patterns
# shellcheck disable=SC2086 # several patterns
objects whole kernel/windows/tdi_*.c kernel/windows/limit_*.c &&
	objects rest $fake tests/nt/tdi_client.c tests/nt/tdi_doubles.c tests/nt/tdi_lower.c || exit 1
without_defects attach block connection event object transfer

# The seven of the connection-level filter (the second is of the control device's queues, not of these files).
defect 'system 2, defect 1: a change of a port is not told' object 'system 2, defect 1' tdi_port \
	's/^\t\ttell(address, FW_RECORD_PORT_RELEASED);/\t\t;/'
defect 'system 2, defect 3: a removed handler is still called' event 'system 2, defect 3' tdi_handler \
	's/^\t\tunlink_before(address, request->EventType.*/\t\t(void)request;/'
defect 'system 2, defect 3: a removed handler is dereferenced' event 'system 2, defect 3' tdi_handler \
	's/(void \*)(uintptr_t)handler->by_id.key/handler/
	s/^\tnode = fw_object_table_find(&handlers.by_id, .*/\tnode = \&((struct fw_tdi_handler *)event_context)->by_id;/'
defect 'NT-11, system 2, defect 4: objects end before the lower driver is done' object 'system 2, defect 4' tdi_create \
	'/^NTSTATUS fw_tdi_cleanup/,/^}/s/^\treturn fw_tdi_watch/\tretire(object);\n&/'
defect 'system 2, defect 5: chained receives are refused' event 'system 2, defect 5' tdi_event_receive \
	'/^NTSTATUS NTAPI fw_tdi_event_chained_receive(/,/^}/s/if (!handler)/if (1)/'
defect 'NT-11, system 2, defect 6: memory is left of a failed create' object 'system 2, defect 6' tdi_create \
	'/^NTSTATUS fw_tdi_create/,/^}/s/^\tfw_tdi_object_put(object);/\tif (NT_SUCCESS(status))\n&/'
defect 'system 2, defect 7: the local end is asked for after a failed connect' connection 'system 2, defect 7' tdi_connection \
	'/NTAPI was_connected(/,/^}/s/if (NT_SUCCESS(irp->IoStatus.Status))/if (1)/'

# Those of the traffic dump.
defect 'NT-4, system 1: only some of the transports' attach 'NT-4, system 1: TCP, UDP and raw IP' tdi_attach \
	's/^#define DEVICES 6/#define DEVICES 3/'
defect 'system 1: data of receive handlers is not counted' event 'system 1: bytes taken in receive handlers' tdi_event_receive \
	'/^static void count_taken/,/^}/s/if (taken)/if (0)/'
defect 'system 1: counted is what was asked for' transfer 'system 1: counted is what was transferred' tdi_transfer \
	'/NTAPI was_sent/,/^}/s/fw_tdi_transferred(irp)/((const TDI_REQUEST_KERNEL_SEND *)parameters(irp))->SendLength/'
defect 'system 1: counters are read, unlocked, and stored' transfer 'system 1: counters of threads' tdi_flow \
	's/^\tobject->sent += bytes;/\tuint64_t old = object->sent;\n\tKeReleaseSpinLock(\&object->lock, irql);\n\tKeAcquireSpinLock(\&object->lock, \&irql);\n\tobject->sent = old + bytes;/'
defect 'system 1: requests of user mode are not mapped' attach 'system 1: requests of user mode' tdi_dispatch \
	's/code >> 16 != FILE_DEVICE_TRANSPORT/1/'
defect 'NT-2, system 1: flags of the lower device are not copied' attach 'system 1: looks like the device below' tdi_attach \
	's/^\tself->Flags |= device->lower->Flags.*//'
defect 'NT-2, system 1: earlier attaches are left after a failed one' attach 'system 1: a failed attach undoes' tdi_attach \
	's/NT_SUCCESS(fw_tdi_detach(&now))/1/'

# Rules.
defect 'NT-1: what is not known is refused' attach 'NT-1: what is not ours' tdi_dispatch \
	'/^static NTSTATUS internal_control/,/^}/s/return fw_tdi_pass(device, irp)/return fw_tdi_refuse(irp, STATUS_NOT_IMPLEMENTED)/'
defect 'NT-3: a location skipped and with a completion routine' transfer 'NT-3, NT-19' tdi_request \
	'/^NTSTATUS fw_tdi_watch(/,/^}/s/IoCopyCurrentIrpStackLocationToNext/IoSkipCurrentIrpStackLocation/'
defect 'NT-5: direct sends are let through' attach 'NT-5' tdi_dispatch \
	'/^static NTSTATUS device_control/,/^}/s/if (is_direct_query(location))/if (0)/'
defect 'NT-6: mapped at DISPATCH_LEVEL' attach 'NT-6: mapped at PASSIVE_LEVEL only' tdi_dispatch \
	's/KeGetCurrentIrql() != PASSIVE_LEVEL/0/'
defect 'NT-7: lengths of attributes are believed' object 'NT-7: lengths' tdi_create \
	's/if (name + value > length - EA_NAME)/if (0)/'
defect 'NT-7: the context is read aligned' object 'NT-7: kinds' tdi_create \
	's/^\t\tRtlCopyMemory(context, value, sizeof(\*context));.*/\t\t*context = *(void *const *)value;/'
defect 'NT-8: the first connection of a context is taken' event 'NT-8' tdi_object \
	's/ && !(next && next->key == key)//'
defect 'NT-9: a handle is referenced as the kernel' object 'NT-9: the handle is' tdi_connection \
	's/FW_FILE_OBJECT_TYPE, irp->RequestorMode/FW_FILE_OBJECT_TYPE, KernelMode/'
defect 'NT-10: the port is what was asked for' object 'ports taken and released' tdi_create \
	's/^\t\tfw_tdi_query_local(object->device, file, &found);/\t\t;/'
defect 'NT-11: a close without a cleanup leaves what it had' object 'NT-11: a close' tdi_create \
	'/NTAPI was_closed(/,/^}/s/^\tretire(object);.*/\t;/'
defect 'NT-12: a set that failed is published' event 'NT-12: a set that fails' tdi_handler \
	'/NTAPI was_set/,/^}/s/if (NT_SUCCESS(irp->IoStatus.Status))/if (1)/'
defect 'NT-12: a handler is published when the answer comes' event 'NT-12: an event before' tdi_handler \
	'/^struct fw_tdi_handler \*fw_tdi_handler_get/,/^}/s/if (node)/if (node \&\& fw_object_of(node, struct fw_tdi_handler, by_id)->accepted)/'
defect 'NT-13: bytes are taken by nobody' event 'NT-13' tdi_event_receive \
	's/^\t\t\*taken = 0;/\t\t;/'
defect 'NT-14: chained data that is returned later is not counted' event 'NT-14' tdi_event_receive \
	's/status != STATUS_SUCCESS \&\& status != STATUS_PENDING/status != STATUS_SUCCESS/'
defect 'NT-15: peeked data is counted' transfer 'NT-15: peeked' tdi_transfer \
	'/^static bool is_peek/,/^}/s/return /return 0 \& /'
defect 'NT-15: failed transfers are counted' transfer 'errors transfer nothing' tdi_transfer \
	'/^uint64_t fw_tdi_transferred/,/^}/s/return /return 1 ? irp->IoStatus.Information : /'
defect 'NT-15: returned requests are not counted' event 'NT-15: requests that handlers return' tdi_event_receive \
	's/^\t\tfw_tdi_receive_returned.*/\t\t;/'
defect 'NT-16: an address is read that is not there' event 'NT-16: datagrams without address' tdi_endpoint \
	's/if (!address || /if (/'
defect 'NT-16: information is read that is not there' transfer 'NT-16' tdi_connection \
	'/^bool fw_tdi_information_read/,/^}/s/ && information &&/ \&\&/'
defect 'NT-17: who completes is charged' transfer 'NT-17: the creator' tdi_flow \
	's/^\tfw_process_sent(object->payer, bytes);/\tfw_process_sent(fw_process_current_get(), bytes);/'
defect 'NT-18: a request that is kept back was not marked pending' block 'NT-18' tdi_request \
	'/^NTSTATUS fw_tdi_watch_pending/,/^}/s/^\tIoMarkIrpPending(irp);//'
defect 'NT-19: pending is not handed on' transfer 'NT-19' tdi_request \
	'/^NTSTATUS fw_tdi_watched/,/^}/s/if (irp->PendingReturned)/if (0)/'
defect 'NT-22: a client is called with a lock held' connection 'system 2: states' tdi_event \
	'/NTAPI event_disconnect/,/^}/s/^\tif (!delays)/\tKIRQL irql;\n\tfw_tdi_tables_lock(\&irql);\n\tfw_tdi_endpoint_read(NULL, 0, NULL);\n\tstatus = /'
defect 'NT-23: detaches while it is in use' attach 'NT-23' tdi_attach \
	'/^NTSTATUS fw_tdi_detach/,/^}/{
	s/if (in_use(status))/if (0)/
	s/if (!in_use(status))/if (1)/
	}'
defect 'NT-23: detaches from below another filter' attach 'NT-23: stays while another' tdi_attach \
	's/ && filter.devices\[i\]->AttachedDevice/ \&\& 0/'

defects_end
