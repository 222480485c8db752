/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the lower driver calls instead of a client's event handlers. At any IRQL <= DISPATCH_LEVEL;
 * the client is called with no lock held.
 */
#ifndef FW_NT_TDI_EVENT_H
#define FW_NT_TDI_EVENT_H

#include "kernel/windows/ddk/tdi_kernel.h"

/* The function for a type of events; NULL: such events are not ours, their handlers pass as they
 * are. */
void *fw_tdi_event_function(LONG type);

/* In tdi_event_receive.c. */
NTSTATUS NTAPI fw_tdi_event_receive(void *event_context, CONNECTION_CONTEXT connection_context,
	ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data, IRP **irp);
NTSTATUS NTAPI fw_tdi_event_receive_datagram(void *event_context, LONG source_length, void *source,
	LONG options_length, void *options, ULONG flags, ULONG indicated, ULONG available,
	ULONG *taken, void *data, IRP **irp);
NTSTATUS NTAPI fw_tdi_event_chained_receive(void *event_context,
	CONNECTION_CONTEXT connection_context, ULONG flags, ULONG length, ULONG offset, MDL *data,
	void *descriptor);
NTSTATUS NTAPI fw_tdi_event_chained_receive_datagram(void *event_context, LONG source_length,
	void *source, LONG options_length, void *options, ULONG flags, ULONG length, ULONG offset,
	MDL *data, void *descriptor);

#endif
