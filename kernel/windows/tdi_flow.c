/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_flow.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_handler.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_worker.h"

/* With the object's lock, but for what names its processes, which does not change. */
static void describe(const struct fw_tdi_object *object, struct fw_connection *row)
{
	row->id = object->flow;
	row->opened_ns = object->opened_ns;
	row->counters.sent = object->sent;
	row->counters.received = object->received;
	RtlCopyMemory(row->local_address, object->local.address, sizeof(row->local_address));
	RtlCopyMemory(row->remote_address, object->remote.address, sizeof(row->remote_address));
	row->local_port = object->local.port;
	row->remote_port = object->remote.port;
	row->protocol = object->protocol;
	row->family = object->remote.family ? object->remote.family : object->local.family;
	if (!row->family)
		row->family = object->device->family;
	row->state = object->state;
}

static void describe_processes(const struct fw_tdi_object *object, struct fw_connection *row)
{
	char comm[FW_COMM_SIZE];

	row->uid = UINT32_MAX;
	if (object->process)
		fw_process_describe(
			object->process, &row->creator_pid, &row->creator_start_ns, comm);
	if (object->payer)
		fw_process_describe(
			object->payer, &row->owner_pid, &row->owner_start_ns, row->comm);
}

static void tell(struct fw_connection_record *record, enum fw_record_type type)
{
	if (!fw_event_wanted(type))
		return;
	RtlZeroMemory(&record->header, sizeof(record->header));
	record->header.size = sizeof(*record);
	record->header.type = (uint16_t)type;
	fw_event_publish(&record->header);
}

static void tell_end(struct fw_connection_record *record, uint64_t now_ns)
{
	record->connection.closed_ns = now_ns;
	record->connection.state = FW_STATE_CLOSED;
	tell(record, FW_RECORD_CONNECTION_CLOSE);
}

void fw_tdi_flow_over(struct fw_tdi_object *connection)
{
	struct fw_connection_record record;
	uint64_t now_ns = fw_time_boot_ns();
	bool opened, unknown, later;
	KIRQL irql;

	RtlZeroMemory(&record, sizeof(record));
	describe_processes(connection, &record.connection);
	KeAcquireSpinLock(&connection->lock, &irql);
	describe(connection, &record.connection);
	opened = connection->opened_ns != 0;
	unknown = opened && connection->to_announce;
	/* Somebody is telling its beginning just now: the end comes after that. */
	later = opened && connection->announcing && !connection->end_due && !unknown;
	if (later) {
		connection->ended = record.connection;
		connection->ended.closed_ns = now_ns;
		connection->end_due = TRUE;
	}
	connection->to_announce = FALSE;
	connection->opened_ns = 0;
	connection->state = FW_STATE_CLOSED;
	connection->sent = 0;
	connection->received = 0;
	KeReleaseSpinLock(&connection->lock, irql);
	if (unknown)
		tell(&record, FW_RECORD_CONNECTION_OPEN);
	if (opened && !later)
		tell_end(&record, now_ns);
}

void fw_tdi_flow_local(struct fw_tdi_object *connection, struct fw_tdi_object *address)
{
	struct fw_tdi_endpoint local;
	KIRQL irql;

	KeAcquireSpinLock(&address->lock, &irql);
	local = address->local;
	KeReleaseSpinLock(&address->lock, irql);
	KeAcquireSpinLock(&connection->lock, &irql);
	connection->local = local;
	KeReleaseSpinLock(&connection->lock, irql);
}

void fw_tdi_flow_begin(struct fw_tdi_object *connection, const struct fw_tdi_endpoint *remote,
	enum fw_tcp_state state)
{
	struct fw_tdi_object *address = fw_tdi_object_address(connection);
	uint64_t flow = fw_tdi_number_new();
	KIRQL irql;

	fw_tdi_flow_over(connection);
	if (address)
		fw_tdi_flow_local(connection, address);
	KeAcquireSpinLock(&connection->lock, &irql);
	connection->flow = flow;
	connection->state = (uint8_t)state;
	connection->remote = remote ? *remote : (struct fw_tdi_endpoint){ 0 };
	KeReleaseSpinLock(&connection->lock, irql);
	fw_tdi_object_put(address);
}

void fw_tdi_flow_established(struct fw_tdi_object *connection)
{
	uint64_t now_ns = fw_time_boot_ns();
	bool first;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	first = !connection->opened_ns;
	if (first) {
		connection->opened_ns = now_ns;
		connection->to_announce = TRUE;
		/* The peer may have sent its end before we heard of the beginning. */
		if (connection->state == FW_STATE_SYN_SENT ||
			connection->state == FW_STATE_SYN_RECEIVED)
			connection->state = FW_STATE_ESTABLISHED;
	}
	KeReleaseSpinLock(&connection->lock, irql);
	if (first)
		fw_tdi_worker_announce(connection);
}

void fw_tdi_flow_failed(struct fw_tdi_object *connection)
{
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	if (!connection->opened_ns)
		connection->state = FW_STATE_CLOSED;
	KeReleaseSpinLock(&connection->lock, irql);
}

void fw_tdi_flow_ended_by_peer(struct fw_tdi_object *connection, ULONG flags)
{
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	if (flags & TDI_DISCONNECT_ABORT)
		connection->state = FW_STATE_CLOSED;
	else if (connection->state == FW_STATE_FIN_WAIT_1)
		connection->state = FW_STATE_TIME_WAIT;
	else if (connection->state != FW_STATE_CLOSED)
		connection->state = FW_STATE_CLOSE_WAIT;
	KeReleaseSpinLock(&connection->lock, irql);
}

void fw_tdi_flow_ended_here(struct fw_tdi_object *connection, ULONG flags)
{
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	if (flags & TDI_DISCONNECT_ABORT)
		connection->state = FW_STATE_CLOSED;
	else if (connection->state == FW_STATE_CLOSE_WAIT)
		connection->state = FW_STATE_LAST_ACK;
	else if (connection->state == FW_STATE_ESTABLISHED)
		connection->state = FW_STATE_FIN_WAIT_1;
	KeReleaseSpinLock(&connection->lock, irql);
}

bool fw_tdi_flow_remote(struct fw_tdi_object *object, struct fw_tdi_endpoint *remote)
{
	KIRQL irql;

	KeAcquireSpinLock(&object->lock, &irql);
	*remote = object->remote;
	KeReleaseSpinLock(&object->lock, irql);
	return remote->family != FW_FAMILY_NONE;
}

void fw_tdi_flow_sent(struct fw_tdi_object *object, uint64_t bytes)
{
	KIRQL irql;

	if (!bytes || fw_tdi_bypassed())
		return;
	KeAcquireSpinLock(&object->lock, &irql);
	object->sent += bytes;
	KeReleaseSpinLock(&object->lock, irql);
	fw_process_sent(object->payer, bytes);
}

void fw_tdi_flow_received(struct fw_tdi_object *object, uint64_t bytes)
{
	KIRQL irql;

	if (!bytes || fw_tdi_bypassed())
		return;
	KeAcquireSpinLock(&object->lock, &irql);
	object->received += bytes;
	KeReleaseSpinLock(&object->lock, irql);
	fw_process_received(object->payer, bytes);
}

/* The local end is asked for without a lock; meanwhile the connection may have ended, and another
 * begun. */
static bool begin_telling(struct fw_tdi_object *connection, uint64_t flow,
	const struct fw_tdi_endpoint *local, struct fw_connection_record *record)
{
	bool mine;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	mine = connection->to_announce && connection->flow == flow;
	if (mine) {
		if (local)
			connection->local = *local;
		connection->to_announce = FALSE;
		connection->announcing = TRUE;
		describe(connection, &record->connection);
	}
	KeReleaseSpinLock(&connection->lock, irql);
	return mine;
}

static void end_telling(struct fw_tdi_object *connection, struct fw_connection_record *record)
{
	bool due;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	due = connection->end_due;
	record->connection = connection->ended;
	connection->end_due = FALSE;
	connection->announcing = FALSE;
	KeReleaseSpinLock(&connection->lock, irql);
	if (due)
		tell_end(record, record->connection.closed_ns);
}

void fw_tdi_flow_announce(struct fw_tdi_object *connection)
{
	struct fw_connection_record record;
	struct fw_tdi_endpoint local;
	FILE_OBJECT *file = fw_tdi_object_file(connection);
	NTSTATUS status = STATUS_INVALID_HANDLE;
	uint64_t flow;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	flow = connection->flow;
	KeReleaseSpinLock(&connection->lock, irql);
	if (file) {
		status = fw_tdi_query_local(connection->device, file, &local);
		ObDereferenceObject(file);
	}
	RtlZeroMemory(&record, sizeof(record));
	describe_processes(connection, &record.connection);
	if (!begin_telling(connection, flow, NT_SUCCESS(status) ? &local : NULL, &record))
		return;
	tell(&record, FW_RECORD_CONNECTION_OPEN);
	end_telling(connection, &record);
}

/* Addresses of TCP are rows when they listen, those of other protocols always. */
static bool is_row(struct fw_tdi_object *object, struct fw_connection *row)
{
	struct fw_tdi_handler *handler;

	if (object->kind == FW_TDI_CONNECTION)
		return row->state != FW_STATE_NONE && row->state != FW_STATE_CLOSED;
	if (object->kind != FW_TDI_ADDRESS || object->protocol != FW_TDI_PROTOCOL_TCP)
		return object->kind == FW_TDI_ADDRESS;
	handler = fw_tdi_handler_find(object, TDI_EVENT_CONNECT);
	if (handler)
		row->state = FW_STATE_LISTEN;
	fw_tdi_handler_put(handler);
	return row->state == FW_STATE_LISTEN;
}

bool fw_tdi_flow_row(struct fw_tdi_object *object, struct fw_connection *row)
{
	KIRQL irql;

	RtlZeroMemory(row, sizeof(*row));
	KeAcquireSpinLock(&object->lock, &irql);
	describe(object, row);
	KeReleaseSpinLock(&object->lock, irql);
	describe_processes(object, row);
	return is_row(object, row);
}
