/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_port.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_flow.h"

/* Raw IP has no ports. */
static bool has_port(const struct fw_tdi_object *address)
{
	return address->kind == FW_TDI_ADDRESS && address->local.port &&
	       (address->protocol == FW_TDI_PROTOCOL_TCP ||
		       address->protocol == FW_TDI_PROTOCOL_UDP);
}

bool fw_tdi_port_row(struct fw_tdi_object *address, struct fw_port *row)
{
	struct fw_connection socket;

	if (!has_port(address))
		return false;
	fw_tdi_flow_row(address, &socket);
	RtlZeroMemory(row, sizeof(*row));
	row->connection_id = socket.id;
	row->owner_start_ns = socket.owner_start_ns;
	row->since_ns = socket.opened_ns;
	row->owner_pid = socket.owner_pid;
	row->uid = socket.uid;
	row->protocol = socket.protocol;
	row->port = socket.local_port;
	row->family = socket.family;
	row->state = socket.state;
	RtlCopyMemory(row->address, socket.local_address, sizeof(row->address));
	RtlCopyMemory(row->comm, socket.comm, sizeof(row->comm));
	return true;
}

static void tell(struct fw_tdi_object *address, enum fw_record_type type)
{
	struct fw_port_record record;

	if (!fw_event_wanted(type) || !fw_tdi_port_row(address, &record.port))
		return;
	RtlZeroMemory(&record.header, sizeof(record.header));
	record.header.size = sizeof(record);
	record.header.type = (uint16_t)type;
	fw_event_publish(&record.header);
}

void fw_tdi_port_taken(struct fw_tdi_object *address, const struct fw_tdi_endpoint *local)
{
	bool taken;
	KIRQL irql;

	KeAcquireSpinLock(&address->lock, &irql);
	address->local = *local;
	taken = has_port(address);
	address->port_taken = taken;
	KeReleaseSpinLock(&address->lock, irql);
	if (taken)
		tell(address, FW_RECORD_PORT_TAKEN);
}

void fw_tdi_port_released(struct fw_tdi_object *address)
{
	BOOLEAN taken;
	KIRQL irql;

	KeAcquireSpinLock(&address->lock, &irql);
	taken = address->port_taken;
	address->port_taken = FALSE;
	KeReleaseSpinLock(&address->lock, irql);
	if (taken)
		tell(address, FW_RECORD_PORT_RELEASED);
}
