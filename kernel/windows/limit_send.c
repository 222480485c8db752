/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_send.h"

#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_optional.h"
#include "kernel/windows/rule_table.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_connection.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_transfer.h"

#define DATAGRAM_MOST 65535u /* bytes, whatever the protocol */

/*
 * A send that is larger than what may go at once goes down in pieces, one after the other, each a
 * descriptor of a part of the client's memory in the client's own request, which comes back to us
 * after each.
 */
struct split {
	struct fw_limit_lane *lane;
	MDL *whole; /* the client's */
	MDL *at;    /* the descriptor of it that the next piece begins in, and where there */
	uint32_t offset;
	MDL *piece; /* while one is below */
	uint32_t asked;
	uint32_t sent;
	uint32_t left;
};

bool fw_limit_concerns(const struct fw_tdi_object *object)
{
	return fw_limit_file_of(object) || fw_rules_have_limits();
}

/* Requests of all kinds say their length, and streams their flags, at the same place. */
static const TDI_REQUEST_KERNEL_SEND *request_of(IRP *irp)
{
	return (const TDI_REQUEST_KERNEL_SEND *)&IoGetCurrentIrpStackLocation(irp)->Parameters;
}

static uint8_t minor_of(IRP *irp)
{
	return IoGetCurrentIrpStackLocation(irp)->MinorFunction;
}

static bool is_datagram(IRP *irp)
{
	return minor_of(irp) == TDI_SEND_DATAGRAM || minor_of(irp) == TDI_DIRECT_SEND_DATAGRAM;
}

static NTSTATUS pass_on(struct fw_tdi_object *object, IRP *irp)
{
	if (minor_of(irp) == TDI_DISCONNECT)
		return fw_tdi_disconnect_on(object, irp);
	return fw_tdi_send_on(object, irp);
}

/* Do the descriptors hold what the request says? */
static bool is_described(const MDL *mdl, uint32_t length)
{
	uint64_t room = 0;

	for (; mdl && room < length; mdl = mdl->Next)
		room += MmGetMdlByteCount(mdl);
	return room >= length;
}

/* The lower driver refuses what is longer than it can be, and nothing of it goes: others do not
 * wait for long for that. */
static void charge(struct fw_limit_way *way, IRP *irp)
{
	uint32_t length = request_of(irp)->SendLength;

	if (is_datagram(irp) ? length <= DATAGRAM_MOST : is_described(irp->MdlAddress, length))
		fw_limit_charge(way, length);
	else
		fw_limit_charge_past(way, length);
}

/* NULL: it goes as a whole. */
static struct split *split_new(struct fw_limit_lane *lane, const struct fw_limit_way *way, IRP *irp)
{
	uint32_t length = request_of(irp)->SendLength;
	struct split *split;

	if (!way || is_datagram(irp) || length <= fw_limit_piece(way) ||
		!fw_nt_has_partial_mdls() || !is_described(irp->MdlAddress, length))
		return NULL;
	split = fw_allocate(sizeof(*split));
	if (!split) {
		fw_tdi_count_failure();
		return NULL;
	}
	split->lane = lane;
	split->whole = irp->MdlAddress;
	split->at = irp->MdlAddress;
	split->left = length;
	return split;
}

/* With the lock. False: it was cancelled, and the caller ends it. */
static bool hold(
	struct fw_limit_lane *lane, struct fw_limit_way *way, IRP *irp, struct split *split)
{
	IoMarkIrpPending(irp); /* NT-18: before anybody else can see it */
	if (!fw_limit_put_last(lane, &lane->held, irp, split))
		return false;
	fw_limit_lane_wait(lane, way);
	return true;
}

enum course { GOES, WAITS, WAITS_WITHOUT_TOKENS, ENDS };

static enum course decide(
	struct fw_limit_file *file, struct fw_limit_way *way, IRP *irp, struct split *split)
{
	struct fw_limit_lane *lane = &file->send;
	enum course course = GOES;
	bool is_open;
	KIRQL irql;

	fw_limit_lock(&irql);
	is_open = fw_limit_lane_is_open(lane, way);
	if (!lane->object->stopped && (lane->way || (way && (split || !is_open)))) {
		fw_tdi_request_enter();
		course = !hold(lane, way, irp, split) ? ENDS
			 : is_open		      ? WAITS
						      : WAITS_WITHOUT_TOKENS;
	}
	fw_limit_unlock(irql);
	return course;
}

static NTSTATUS send_by(struct fw_tdi_object *object, struct fw_limit_file *file,
	struct fw_limit_way *way, IRP *irp)
{
	uint32_t length = request_of(irp)->SendLength;
	struct split *split = split_new(&file->send, way, irp);

	switch (decide(file, way, irp, split)) {
	case GOES:
		fw_free(split);
		if (way)
			charge(way, irp);
		return pass_on(object, irp);
	case ENDS:
		irp->Tail.Overlay.DriverContext[FW_LIMIT_WORD_OWNER] = split;
		fw_limit_send_fail(&file->send, irp, STATUS_CANCELLED);
		break;
	case WAITS:
		fw_limit_turns_of(way, 1); /* its first piece */
		break;
	case WAITS_WITHOUT_TOKENS:
		if (way)
			fw_limit_count_hit(way, length, false);
	}
	return STATUS_PENDING;
}

NTSTATUS fw_limit_send(struct fw_tdi_object *object, IRP *irp)
{
	struct fw_limit *limit =
		fw_tdi_bypassed() ? NULL : fw_rules_limit(object->payer, FW_LIMIT_SEND);
	struct fw_limit_way *way = limit ? &limit->ways[FW_LIMIT_SEND] : NULL;
	bool is_urgent = !is_datagram(irp) && request_of(irp)->SendFlags & TDI_SEND_EXPEDITED;
	struct fw_limit_file *file = fw_limit_file_of(object);
	NTSTATUS status;

	if (way && !file && !is_urgent)
		file = fw_limit_file_get(object);
	if (file && !is_urgent) {
		status = send_by(object, file, way, irp);
	} else {
		if (way)
			fw_limit_charge_past(way, request_of(irp)->SendLength);
		status = pass_on(object, irp);
	}
	fw_limit_put(limit);
	return status;
}

NTSTATUS fw_limit_disconnect(struct fw_tdi_object *object, IRP *irp)
{
	struct fw_limit_file *file = fw_limit_file_of(object);

	return file ? send_by(object, file, NULL, irp) : pass_on(object, irp);
}

/* The request as the client made it, with what it sent. */
static void restore(struct split *split, IRP *irp)
{
	irp->MdlAddress = split->whole;
	irp->IoStatus.Information = split->sent;
	fw_free(split);
}

void fw_limit_send_fail(struct fw_limit_lane *lane, IRP *irp, NTSTATUS status)
{
	struct split *split = irp->Tail.Overlay.DriverContext[FW_LIMIT_WORD_OWNER];

	irp->IoStatus.Information = 0;
	if (split)
		restore(split, irp);
	irp->IoStatus.Status = status;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	fw_tdi_object_put(lane->object);
	fw_tdi_request_leave();
}

static void done(struct fw_limit_lane *lane)
{
	while (!fw_limit_lane_done(lane))
		;
}

/* With what the lower driver said of the last piece. */
static void advance(struct split *split, uint64_t bytes)
{
	split->sent += (uint32_t)bytes;
	split->left -= (uint32_t)bytes;
	split->offset += (uint32_t)bytes;
	while (split->at && split->offset >= MmGetMdlByteCount(split->at)) {
		split->offset -= MmGetMdlByteCount(split->at);
		split->at = split->at->Next;
	}
}

/* Wait for the next piece's turn, before all that came later. Returns what ends it, or
 * STATUS_PENDING. */
static NTSTATUS wait_again(struct split *split, IRP *irp)
{
	struct fw_limit_lane *lane = split->lane;
	NTSTATUS status = STATUS_CONNECTION_ABORTED;
	KIRQL irql;

	fw_limit_lock(&irql);
	if (!lane->aborted && !lane->object->stopped)
		status = fw_limit_put_first(lane, &lane->held, irp, split) ? STATUS_PENDING
									   : STATUS_CANCELLED;
	fw_limit_unlock(irql);
	return status;
}

/* The lane is busy meanwhile. A piece that went in part ends the send: so does the lower driver,
 * for clients that do not want to wait. */
static NTSTATUS NTAPI piece_was_sent(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct split *split = context;
	struct fw_limit_lane *lane = split->lane;
	struct fw_tdi_object *object = lane->object;
	NTSTATUS status = irp->IoStatus.Status;
	uint64_t bytes = NT_SUCCESS(status) ? irp->IoStatus.Information : 0;

	IoFreeMdl(split->piece);
	split->piece = NULL;
	irp->MdlAddress = split->whole;
	if (bytes > split->asked)
		bytes = split->asked;
	fw_tdi_flow_sent(object, bytes);
	advance(split, bytes);
	if (NT_SUCCESS(status) && bytes == split->asked && split->left) {
		status = wait_again(split, irp);
		if (status == STATUS_PENDING) {
			done(lane);
			return STATUS_MORE_PROCESSING_REQUIRED;
		}
	}
	irp->IoStatus.Status = status;
	restore(split, irp);
	done(lane);
	fw_tdi_object_put(object);
	fw_tdi_request_leave(); /* marked pending when it was held */
	return STATUS_SUCCESS;
}

/* The next piece; without a limit any more all that its descriptor has. */
static bool make_piece(struct split *split)
{
	struct fw_limit_way *way = split->lane->way;
	uint32_t most = MmGetMdlByteCount(split->at) - split->offset;
	char *address = (char *)MmGetMdlVirtualAddress(split->at) + split->offset;
	bool is_free = fw_tdi_bypassed() || fw_limit_is_retired(way->limit);

	if (most > split->left)
		most = split->left;
	split->asked = is_free || most < fw_limit_piece(way) ? most : fw_limit_piece(way);
	split->piece = IoAllocateMdl(address, split->asked, FALSE, FALSE, NULL);
	if (!split->piece)
		return false;
	fw_nt_mdl_part(split->at, split->piece, address, split->asked);
	return true;
}

/* False: no memory. */
static bool send_piece(struct split *split, IRP *irp)
{
	struct fw_limit_lane *lane = split->lane;
	TDI_REQUEST_KERNEL_SEND *request;

	if (split->at && !MmGetMdlByteCount(split->at))
		advance(split, 0);
	if (!make_piece(split)) {
		/* Nothing is lost by another tick, and then there may be memory. */
		NTSTATUS status = wait_again(split, irp);

		fw_tdi_count_failure();
		if (status != STATUS_PENDING)
			fw_limit_send_fail(lane, irp, status);
		done(lane);
		return false;
	}
	fw_limit_charge(lane->way, split->asked);
	irp->MdlAddress = split->piece;
	IoCopyCurrentIrpStackLocationToNext(irp);
	request = (TDI_REQUEST_KERNEL_SEND *)&IoGetNextIrpStackLocation(irp)->Parameters;
	request->SendLength = split->asked;
	if (split->asked < split->left)
		request->SendFlags &= ~(ULONG)TDI_SEND_AND_DISCONNECT;
	IoSetCompletionRoutine(irp, piece_was_sent, split, TRUE, TRUE, TRUE);
	IoCallDriver(lane->object->device->lower, irp);
	return true;
}

bool fw_limit_send_run(struct fw_limit_lane *lane)
{
	struct split *split;
	KIRQL irql;
	IRP *irp;

	fw_limit_lock(&irql);
	irp = fw_limit_take(&lane->held);
	lane->aborted = FALSE; /* that was about one before */
	fw_limit_unlock(irql);
	split = irp ? irp->Tail.Overlay.DriverContext[FW_LIMIT_WORD_OWNER] : NULL;
	if (split)
		return send_piece(split, irp);
	if (irp) {
		if (minor_of(irp) != TDI_DISCONNECT)
			charge(lane->way, irp);
		pass_on(lane->object, irp);
		fw_tdi_request_leave();
	}
	done(lane);
	return true;
}
