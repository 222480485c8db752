/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_event.h"

#include "kernel/windows/limit_receive.h"
#include "kernel/windows/tdi_connection.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_handler.h"
#include "kernel/windows/tdi_judge.h"

static NTSTATUS NTAPI event_connect(void *event_context, LONG remote_length, void *remote_address,
	LONG user_data_length, void *user_data, LONG options_length, void *options,
	CONNECTION_CONTEXT *connection_context, IRP **accept)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	struct fw_tdi_endpoint remote;
	NTSTATUS status = FW_TDI_REFUSED_INCOMING;
	bool known = fw_tdi_endpoint_read(remote_address, remote_length, &remote);

	if (!handler)
		return status;
	if (!fw_tdi_refused(handler->address, known ? &remote : NULL, FW_BLOCKED_ACCEPT, 0)) {
		status = ((PTDI_IND_CONNECT)handler->function)(handler->context, remote_length,
			remote_address, user_data_length, user_data, options_length, options,
			connection_context, accept);
		if (status == STATUS_MORE_PROCESSING_REQUIRED && accept && *accept)
			fw_tdi_accept_returned(
				handler->address->device, *accept, known ? &remote : NULL);
	}
	fw_tdi_handler_put(handler);
	return status;
}

static NTSTATUS NTAPI event_disconnect(void *event_context, CONNECTION_CONTEXT connection_context,
	LONG data_length, void *data, LONG information_length, void *information, ULONG flags)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	struct fw_tdi_object *connection;
	NTSTATUS status = STATUS_SUCCESS;
	bool delays = false;

	if (!handler)
		return STATUS_SUCCESS;
	connection = fw_tdi_object_of_context(handler->address, connection_context);
	if (connection) {
		fw_tdi_flow_ended_by_peer(connection, flags);
		if (flags & TDI_DISCONNECT_ABORT)
			fw_limit_abort_sends(connection, STATUS_CONNECTION_RESET);
		delays = fw_limit_delays_end(connection, flags);
	}
	fw_tdi_object_put(connection);
	if (!delays)
		status = ((PTDI_IND_DISCONNECT)handler->function)(handler->context,
			connection_context, data_length, data, information_length, information,
			flags);
	fw_tdi_handler_put(handler);
	return status;
}

static NTSTATUS NTAPI event_error(void *event_context, NTSTATUS error)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	NTSTATUS status = STATUS_SUCCESS;

	if (handler)
		status = ((PTDI_IND_ERROR)handler->function)(handler->context, error);
	fw_tdi_handler_put(handler);
	return status;
}

static NTSTATUS NTAPI event_error_ex(void *event_context, NTSTATUS error, void *buffer)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	NTSTATUS status = STATUS_SUCCESS;

	if (handler)
		status = ((PTDI_IND_ERROR_EX)handler->function)(handler->context, error, buffer);
	fw_tdi_handler_put(handler);
	return status;
}

static NTSTATUS NTAPI event_send_possible(
	void *event_context, void *connection_context, ULONG available)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	NTSTATUS status = STATUS_SUCCESS;

	if (handler)
		status = ((PTDI_IND_SEND_POSSIBLE)handler->function)(
			handler->context, connection_context, available);
	fw_tdi_handler_put(handler);
	return status;
}

void *fw_tdi_event_function(LONG type)
{
	static void *const functions[] = {
		[TDI_EVENT_CONNECT] = (void *)event_connect,
		[TDI_EVENT_DISCONNECT] = (void *)event_disconnect,
		[TDI_EVENT_ERROR] = (void *)event_error,
		[TDI_EVENT_RECEIVE] = (void *)fw_tdi_event_receive,
		[TDI_EVENT_RECEIVE_DATAGRAM] = (void *)fw_tdi_event_receive_datagram,
		[TDI_EVENT_RECEIVE_EXPEDITED] = (void *)fw_tdi_event_receive,
		[TDI_EVENT_SEND_POSSIBLE] = (void *)event_send_possible,
		[TDI_EVENT_CHAINED_RECEIVE] = (void *)fw_tdi_event_chained_receive,
		[TDI_EVENT_CHAINED_RECEIVE_DATAGRAM] =
			(void *)fw_tdi_event_chained_receive_datagram,
		[TDI_EVENT_CHAINED_RECEIVE_EXPEDITED] = (void *)fw_tdi_event_chained_receive,
		[TDI_EVENT_ERROR_EX] = (void *)event_error_ex,
	};

	return type >= 0 && type < (LONG)FW_ARRAY_SIZE(functions) ? functions[type] : NULL;
}
