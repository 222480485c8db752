/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_receive.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_connection.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_mdl.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_tell.h"
#include "kernel/windows/tdi_transfer.h"

static struct fw_limit_stream *stream_of(const struct fw_limit_lane *lane)
{
	return fw_limit_stream_of(CONTAINING_RECORD(lane, struct fw_limit_file, receive));
}

static void free_buffer(struct fw_limit_stream *stream)
{
	if (stream->mdl)
		IoFreeMdl(stream->mdl);
	fw_free(stream->data);
	stream->mdl = NULL;
	stream->data = NULL;
}

bool fw_limit_stream_prepare(struct fw_limit_stream *stream)
{
	if (stream->data)
		return true;
	stream->data = fw_allocate(FW_LIMIT_PULL_BYTES);
	if (stream->data)
		stream->mdl = IoAllocateMdl(stream->data, FW_LIMIT_PULL_BYTES, FALSE, FALSE, NULL);
	if (stream->mdl) {
		MmBuildMdlForNonPagedPool(stream->mdl);
		return true;
	}
	free_buffer(stream);
	fw_tdi_count_failure();
	return false;
}

void fw_limit_stream_free(struct fw_limit_stream *stream)
{
	if (!stream)
		return;
	free_buffer(stream);
	if (stream->irp)
		IoFreeIrp(stream->irp);
	fw_free(stream);
}

static struct fw_limit_stream *stream_new(const struct fw_tdi_device *device)
{
	struct fw_limit_stream *stream = fw_allocate(sizeof(*stream));

	if (!stream)
		return NULL;
	InitializeListHead(&stream->waiting);
	KeInitializeEvent(&stream->landed, NotificationEvent, TRUE);
	stream->irp = IoAllocateIrp(device->lower->StackSize, FALSE);
	if (stream->irp)
		return stream;
	fw_limit_stream_free(stream);
	return NULL;
}

struct fw_limit_stream *fw_limit_stream_get(struct fw_limit_file *file)
{
	struct fw_limit_stream *stream = fw_limit_stream_of(file), *other;

	if (stream)
		return stream;
	stream = stream_new(file->receive.object->device);
	if (!stream) {
		fw_tdi_count_failure();
		return NULL;
	}
	other = InterlockedCompareExchangePointer((void *volatile *)&file->stream, stream, NULL);
	if (!other)
		return stream;
	fw_limit_stream_free(stream);
	return other;
}

/* With the lock: the peer has thrown away what is not taken, and the client is to hear of it. */
static bool is_aborted_by_peer(const struct fw_limit_stream *stream)
{
	return stream->end_due && stream->end_flags & TDI_DISCONNECT_ABORT;
}

/* With the lock: has the client something to get, or to hear, that need not wait? Not before what
 * is held. What was here when the connection ended is to go, too. */
bool fw_limit_stream_is_pressed(const struct fw_limit_lane *lane)
{
	const struct fw_limit_stream *stream = stream_of(lane);

	if (!stream || stream->flying || !IsListEmpty(&lane->held))
		return false;
	if (stream->length)
		return lane->aborted || !stream->blocked || !IsListEmpty(&stream->waiting) ||
		       is_aborted_by_peer(stream);
	return !stream->due && (!IsListEmpty(&stream->waiting) || stream->end_due);
}

/* In the completion routine, the lane busy. */
static NTSTATUS NTAPI was_pulled(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_limit_lane *lane = context;
	struct fw_limit_stream *stream = stream_of(lane);
	uint64_t bytes = fw_tdi_transferred(irp);
	KIRQL irql;

	if (bytes > FW_LIMIT_PULL_BYTES)
		bytes = FW_LIMIT_PULL_BYTES;
	fw_limit_charge(lane->way, bytes);
	fw_limit_lock(&irql);
	stream->flying = FALSE;
	stream->blocked = FALSE;
	stream->begin = 0;
	stream->length = lane->aborted ? 0 : (uint32_t)bytes;
	/* Its data is still there, and nobody else asks for it. */
	if (irp->IoStatus.Status == STATUS_INSUFFICIENT_RESOURCES && !lane->aborted)
		stream->due = TRUE;
	fw_limit_unlock(irql);
	fw_tdi_request_leave();
	/* Who cleans up may go on: the request is not touched any more, and the lane has the
	 * object. */
	KeSetEvent(&stream->landed, IO_NO_INCREMENT, FALSE);
	fw_limit_receive_done(lane);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

void fw_limit_stream_pull(struct fw_limit_lane *lane)
{
	struct fw_limit_stream *stream = stream_of(lane);
	uint32_t most = fw_limit_piece(lane->way);
	TDI_REQUEST_KERNEL_RECEIVE *request;
	IO_STACK_LOCATION *next;

	if (most > FW_LIMIT_PULL_BYTES)
		most = FW_LIMIT_PULL_BYTES;
	fw_tdi_request_enter();
	stream->irp->MdlAddress = stream->mdl;
	next = IoGetNextIrpStackLocation(stream->irp);
	next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
	next->MinorFunction = TDI_RECEIVE;
	next->DeviceObject = lane->object->device->lower;
	next->FileObject = lane->object->file;
	request = (TDI_REQUEST_KERNEL_RECEIVE *)&next->Parameters;
	request->ReceiveLength = most;
	request->ReceiveFlags = TDI_RECEIVE_NORMAL;
	IoSetCompletionRoutine(stream->irp, was_pulled, lane, TRUE, TRUE, TRUE);
	IoCallDriver(lane->object->device->lower, stream->irp);
}

/* The client took these from the buffer. */
static void consume(struct fw_limit_lane *lane, uint32_t bytes)
{
	struct fw_limit_stream *stream = stream_of(lane);
	KIRQL irql;

	fw_tdi_flow_received(lane->object, bytes);
	fw_limit_lock(&irql);
	stream->begin += bytes;
	stream->length -= bytes;
	fw_limit_unlock(irql);
}

/* Fill a TDI_RECEIVE as the lower driver would. */
static NTSTATUS fill(struct fw_limit_lane *lane, IRP *irp)
{
	struct fw_limit_stream *stream = stream_of(lane);
	const TDI_REQUEST_KERNEL_RECEIVE *request =
		(const TDI_REQUEST_KERNEL_RECEIVE *)&IoGetCurrentIrpStackLocation(irp)->Parameters;
	bool is_peek = request->ReceiveFlags & TDI_RECEIVE_PEEK;
	uint32_t bytes =
		stream->length < request->ReceiveLength ? stream->length : request->ReceiveLength;

	irp->IoStatus.Information = 0;
	if (!fw_tdi_mdl_put(irp->MdlAddress, stream->data + stream->begin, &bytes))
		return STATUS_INSUFFICIENT_RESOURCES;
	irp->IoStatus.Information = bytes;
	if (!is_peek)
		consume(lane, bytes);
	return STATUS_SUCCESS;
}

static void complete(struct fw_limit_lane *lane, IRP *irp, NTSTATUS status)
{
	irp->IoStatus.Status = status;
	IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	fw_tdi_object_put(lane->object);
	fw_tdi_request_leave();
}

/* A request that the handler returned, as if it had been sent to us. It is the only one: others are
 * filled before the handler is called, and those that came meanwhile came later. */
static void put_returned(struct fw_limit_lane *lane, IRP *irp)
{
	struct fw_limit_stream *stream = stream_of(lane);
	bool waits;
	KIRQL irql;

	fw_tdi_object_hold(lane->object);
	fw_tdi_request_enter();
	IoMarkIrpPending(irp);
	fw_limit_lock(&irql);
	waits = !lane->aborted && fw_limit_put_first(lane, &stream->waiting, irp, NULL);
	stream->blocked = FALSE;
	fw_limit_unlock(irql);
	if (!waits)
		fw_limit_receive_fail(lane, irp, STATUS_CANCELLED);
}

/* Without a handler the client will ask. */
static NTSTATUS call_handler(struct fw_limit_lane *lane, ULONG *taken, IRP **returned)
{
	struct fw_limit_stream *stream = stream_of(lane);
	struct fw_tdi_tell tell;
	NTSTATUS status;

	if (!fw_tdi_tell_begin(&tell, lane->object, TDI_EVENT_RECEIVE))
		return STATUS_DATA_NOT_ACCEPTED;
	status = ((PTDI_IND_RECEIVE)tell.handler->function)(tell.handler->context,
		lane->object->context,
		TDI_RECEIVE_NORMAL | TDI_RECEIVE_ENTIRE_MESSAGE | TDI_RECEIVE_AT_DISPATCH_LEVEL,
		stream->length, stream->length, taken, stream->data + stream->begin, returned);
	fw_tdi_tell_end(&tell);
	return status;
}

/* Tell the client of what is here. What it leaves it knows of, and asks for. */
static void tell(struct fw_limit_lane *lane)
{
	struct fw_limit_stream *stream = stream_of(lane);
	uint32_t length = stream->length;
	ULONG taken = 0;
	IRP *returned = NULL;
	NTSTATUS status;
	KIRQL irql;

	/* Before it is told: it may ask while it is. */
	fw_limit_lock(&irql);
	stream->blocked = TRUE;
	fw_limit_unlock(irql);
	status = call_handler(lane, &taken, &returned);
	if (status != STATUS_SUCCESS && status != STATUS_MORE_PROCESSING_REQUIRED)
		taken = 0;
	if (taken > length)
		taken = length;
	consume(lane, taken);
	if (status == STATUS_MORE_PROCESSING_REQUIRED && returned)
		put_returned(lane, returned);
}

/* One that a handler returned may have no location for anybody below us. */
static bool has_room(const IRP *irp)
{
	return irp->CurrentLocation > 1;
}

/* What is next for the client. The lock. */
enum step { OVER, FILL, GO_DOWN, TELL, TELL_END };

static enum step next_step(struct fw_limit_lane *lane, IRP **irp)
{
	struct fw_limit_stream *stream = stream_of(lane);

	if (lane->aborted)
		stream->length = 0;
	if (!fw_limit_stream_is_pressed(lane))
		return OVER;
	*irp = fw_limit_take(&stream->waiting);
	/* What it left and does not ask for would keep the end from it. */
	if (!*irp && stream->blocked && is_aborted_by_peer(stream))
		stream->length = 0;
	if (stream->length)
		return *irp ? FILL : TELL;
	if (*irp) {
		stream->below += has_room(*irp);
		return GO_DOWN;
	}
	if (!stream->end_due)
		return OVER;
	stream->end_due = FALSE;
	return TELL_END;
}

/* Without room it goes in the location it has, and is not counted. */
static void go_down(struct fw_tdi_object *object, IRP *irp)
{
	if (has_room(irp)) {
		fw_tdi_receive_on(object, irp);
		return;
	}
	fw_tdi_count_failure();
	fw_tdi_pass(object->device, irp);
	fw_tdi_object_put(object);
}

static void take_step(struct fw_limit_lane *lane, enum step step, IRP *irp, ULONG end_flags)
{
	switch (step) {
	case FILL:
		complete(lane, irp, fill(lane, irp));
		break;
	case GO_DOWN:
		go_down(lane->object, irp);
		fw_tdi_request_leave();
		break;
	case TELL:
		tell(lane);
		break;
	case TELL_END:
		fw_tdi_connection_tell_end(lane->object, end_flags);
		break;
	case OVER:
		break;
	}
}

void fw_limit_stream_serve(struct fw_limit_lane *lane)
{
	struct fw_limit_stream *stream = stream_of(lane);
	enum step step = stream ? TELL : OVER;
	bool is_empty = false;
	ULONG end_flags;
	IRP *irp;
	KIRQL irql;

	while (step != OVER) {
		fw_limit_lock(&irql);
		irp = NULL;
		step = next_step(lane, &irp);
		end_flags = stream->end_flags;
		is_empty = !stream->length;
		fw_limit_unlock(irql);
		take_step(lane, step, irp, end_flags);
	}
	/* Thousands of connections may have one after the other what needs it. */
	if (is_empty)
		free_buffer(stream);
}
