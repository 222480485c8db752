/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_receive.h"
#include "kernel/windows/limit_send.h"
#include "kernel/windows/tdi_event.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_handler.h"
#include "kernel/windows/tdi_judge.h"
#include "kernel/windows/tdi_transfer.h"

/* Nobody takes the data; the lower driver keeps it, or drops a datagram. */
static NTSTATUS not_accepted(ULONG *taken)
{
	if (taken)
		*taken = 0;
	return STATUS_DATA_NOT_ACCEPTED;
}

/* The client took bytes at once, and may have given a request for more, which is counted when it
 * completes. */
static void count_taken(struct fw_tdi_object *object, NTSTATUS status, const ULONG *taken,
	IRP **irp, bool could_wait)
{
	if (status != STATUS_SUCCESS && status != STATUS_MORE_PROCESSING_REQUIRED)
		return;
	if (taken) {
		fw_tdi_flow_received(object, *taken);
		fw_limit_charge_received(object, *taken, could_wait);
	}
	if (status == STATUS_MORE_PROCESSING_REQUIRED && irp && *irp)
		fw_tdi_receive_returned(object->device, *irp);
}

/* Whose data it is: without a context that tells connections apart, that of their address. A
 * reference. */
static struct fw_tdi_object *receiver(struct fw_tdi_handler *handler, CONNECTION_CONTEXT context)
{
	struct fw_tdi_object *connection = fw_tdi_object_of_context(handler->address, context);

	if (connection)
		return connection;
	fw_tdi_object_hold(handler->address);
	return handler->address;
}

/* Some transports tell of urgent data by the handler of all data. */
static bool is_urgent(const struct fw_tdi_handler *handler, ULONG flags)
{
	return handler->type == TDI_EVENT_RECEIVE_EXPEDITED ||
	       handler->type == TDI_EVENT_CHAINED_RECEIVE_EXPEDITED ||
	       (flags & TDI_RECEIVE_EXPEDITED && !(flags & TDI_RECEIVE_NORMAL));
}

/* Of connections that cannot be told apart nothing is refused. */
static bool can_wait(
	const struct fw_tdi_handler *handler, const struct fw_tdi_object *object, ULONG flags)
{
	return object->kind == FW_TDI_CONNECTION && !is_urgent(handler, flags);
}

/* Is the event to be refused, as the limit has no tokens? Urgent data does not wait. */
static bool must_wait(
	const struct fw_tdi_handler *handler, struct fw_tdi_object *object, ULONG flags)
{
	return !is_urgent(handler, flags) && fw_limit_concerns(object) &&
	       fw_limit_refuses_event(object);
}

/* How much of what is there a limit lets the client see at once; the rest it asks for. */
static ULONG seen(struct fw_tdi_object *object, ULONG indicated)
{
	uint32_t most = fw_limit_concerns(object) ? fw_limit_most_received(object) : 0;

	return most && indicated > most ? most : indicated;
}

NTSTATUS NTAPI fw_tdi_event_receive(void *event_context, CONNECTION_CONTEXT connection_context,
	ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data, IRP **irp)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	struct fw_tdi_object *object;
	NTSTATUS status;

	if (!handler)
		return not_accepted(taken);
	object = receiver(handler, connection_context);
	if (must_wait(handler, object, flags)) {
		status = not_accepted(taken);
	} else {
		status = ((PTDI_IND_RECEIVE)handler->function)(handler->context, connection_context,
			flags, seen(object, indicated), available, taken, data, irp);
		count_taken(object, status, taken, irp, can_wait(handler, object, flags));
	}
	fw_tdi_object_put(object);
	fw_tdi_handler_put(handler);
	return status;
}

/* Data that was refused is given to the handler of the other kind, as only the lower driver can
 * make descriptors; a client without one is never refused, what it takes overdraws the bucket, and
 * what was held goes before it. */
static bool can_be_told(struct fw_tdi_handler *chained, struct fw_tdi_object *object, LONG type)
{
	struct fw_tdi_handler *handler =
		fw_limit_concerns(object) ? fw_tdi_handler_find(chained->address, type) : NULL;

	fw_tdi_handler_put(handler);
	return handler != NULL;
}

/* The client that answers with STATUS_PENDING has taken the data all the same, and gives the
 * descriptor back later. */
static void count_chained(
	struct fw_tdi_object *object, NTSTATUS status, ULONG length, bool could_wait)
{
	if (status != STATUS_SUCCESS && status != STATUS_PENDING)
		return;
	fw_tdi_flow_received(object, length);
	fw_limit_charge_received(object, length, could_wait);
}

NTSTATUS NTAPI fw_tdi_event_chained_receive(void *event_context,
	CONNECTION_CONTEXT connection_context, ULONG flags, ULONG length, ULONG offset, MDL *data,
	void *descriptor)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	struct fw_tdi_object *object;
	NTSTATUS status;
	bool is_told;

	if (!handler)
		return STATUS_DATA_NOT_ACCEPTED;
	object = receiver(handler, connection_context);
	status = STATUS_DATA_NOT_ACCEPTED;
	is_told = can_be_told(handler, object, TDI_EVENT_RECEIVE);
	if (!is_told && !is_urgent(handler, flags))
		fw_limit_rush_received(object);
	if (!is_told || !must_wait(handler, object, flags)) {
		status = ((PTDI_IND_CHAINED_RECEIVE)handler->function)(handler->context,
			connection_context, flags, length, offset, data, descriptor);
		count_chained(object, status, length, is_told && can_wait(handler, object, flags));
	}
	fw_tdi_object_put(object);
	fw_tdi_handler_put(handler);
	return status;
}

static bool is_refused(
	struct fw_tdi_handler *handler, const void *source, LONG source_length, ULONG length)
{
	struct fw_tdi_endpoint remote;
	bool known = fw_tdi_endpoint_read(source, source_length, &remote) ||
		     fw_tdi_flow_remote(handler->address, &remote);

	return fw_tdi_refused(handler->address, known ? &remote : NULL, FW_BLOCKED_RECEIVE, length);
}

NTSTATUS NTAPI fw_tdi_event_receive_datagram(void *event_context, LONG source_length, void *source,
	LONG options_length, void *options, ULONG flags, ULONG indicated, ULONG available,
	ULONG *taken, void *data, IRP **irp)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	const struct fw_limit_datagram datagram = { source, source_length, options, options_length,
		flags, indicated, available, data, NULL, 0 };
	NTSTATUS status;

	if (!handler)
		return not_accepted(taken);
	if (is_refused(handler, source, source_length, available) ||
		(fw_limit_concerns(handler->address) &&
			fw_limit_takes_datagram(handler->address, &datagram))) {
		status = not_accepted(taken);
	} else {
		status = ((PTDI_IND_RECEIVE_DATAGRAM)handler->function)(handler->context,
			source_length, source, options_length, options, flags, indicated, available,
			taken, data, irp);
		count_taken(handler->address, status, taken, irp, true);
	}
	fw_tdi_handler_put(handler);
	return status;
}

NTSTATUS NTAPI fw_tdi_event_chained_receive_datagram(void *event_context, LONG source_length,
	void *source, LONG options_length, void *options, ULONG flags, ULONG length, ULONG offset,
	MDL *data, void *descriptor)
{
	struct fw_tdi_handler *handler = fw_tdi_handler_get(event_context);
	const struct fw_limit_datagram datagram = { source, source_length, options, options_length,
		flags, length, length, NULL, data, offset };
	NTSTATUS status = STATUS_DATA_NOT_ACCEPTED;

	if (handler && !is_refused(handler, source, source_length, length) &&
		!(can_be_told(handler, handler->address, TDI_EVENT_RECEIVE_DATAGRAM) &&
			fw_limit_takes_datagram(handler->address, &datagram))) {
		status = ((PTDI_IND_CHAINED_RECEIVE_DATAGRAM)handler->function)(handler->context,
			source_length, source, options_length, options, flags, length, offset, data,
			descriptor);
		count_chained(handler->address, status, length,
			can_be_told(handler, handler->address, TDI_EVENT_RECEIVE_DATAGRAM));
	}
	fw_tdi_handler_put(handler);
	return status;
}
