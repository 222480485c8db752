/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_receive.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_mdl.h"
#include "kernel/windows/tdi_tell.h"

/* As a socket's buffer: what nothing can slow down is dropped beyond it. What keeps a datagram
 * counts as it does, or empty ones would take all memory; one of any size finds room where nothing
 * waits. */
#define BYTES_MOST 65536u
#define NAMES_MOST 1024u /* a source and options */

struct held_datagram {
	LIST_ENTRY entry;
	LONG source_length;
	LONG options_length;
	ULONG flags;
	uint32_t bytes;
	uint32_t size;	/* of all of it */
	uint8_t data[]; /* the bytes, the source, the options */
};

static struct fw_limit_file *file_of(struct fw_limit_lane *lane)
{
	return CONTAINING_RECORD(lane, struct fw_limit_file, receive);
}

static uint32_t length_of(const void *name, LONG length)
{
	return name && length > 0 ? (uint32_t)length : 0;
}

/* NULL: no memory for it, or it cannot be read. */
static struct held_datagram *copy(const struct fw_limit_datagram *datagram)
{
	uint32_t bytes = datagram->available;
	uint32_t source = length_of(datagram->source, datagram->source_length);
	uint32_t options = length_of(datagram->options, datagram->options_length);
	struct held_datagram *held;
	bool whole = true;

	if (source > NAMES_MOST || options > NAMES_MOST || bytes > BYTES_MOST)
		return NULL;
	held = fw_allocate(sizeof(*held) + bytes + source + options);
	if (!held)
		return NULL;
	held->bytes = bytes;
	held->size = (uint32_t)sizeof(*held) + bytes + source + options;
	held->source_length = (LONG)source;
	held->options_length = (LONG)options;
	held->flags = datagram->flags;
	if (datagram->chain)
		whole = fw_tdi_mdl_get(datagram->chain, datagram->offset, held->data, bytes);
	else
		RtlCopyMemory(held->data, datagram->data, bytes);
	if (source)
		RtlCopyMemory(held->data + bytes, datagram->source, source);
	if (options)
		RtlCopyMemory(held->data + bytes + source, datagram->options, options);
	if (whole)
		return held;
	fw_free(held);
	return NULL;
}

enum fate { PASSES, WAITS, DROPPED };

/* With the lock, of one that would take so much. */
static enum fate decide(struct fw_limit_file *file, struct fw_limit_way *way, uint32_t size)
{
	if (file->receive.object->stopped || fw_limit_lane_is_open(&file->receive, way))
		return PASSES;
	return file->datagram_bytes && file->datagram_bytes + size > BYTES_MOST ? DROPPED : WAITS;
}

/* Before anything is copied. */
static enum fate decide_first(struct fw_limit_file *file, struct fw_limit_way *way,
	const struct fw_limit_datagram *datagram)
{
	enum fate fate;
	KIRQL irql;

	fw_limit_lock(&irql);
	fate = decide(file, way, (uint32_t)sizeof(struct held_datagram) + datagram->available);
	fw_limit_unlock(irql);
	/* What the lower driver shows in part only it would have to be asked for, which it can be
	 * in this very moment only. */
	return fate == WAITS && datagram->indicated < datagram->available ? DROPPED : fate;
}

/* Others came meanwhile, the limit may have gone: only WAITS has taken it. */
static enum fate put(
	struct fw_limit_file *file, struct fw_limit_way *way, struct held_datagram *held)
{
	enum fate fate;
	KIRQL irql;

	fw_limit_lock(&irql);
	fate = decide(file, way, held->size);
	if (fate == WAITS) {
		InsertTailList(&file->datagrams, &held->entry);
		file->datagram_bytes += held->size;
		fw_limit_lane_wait(&file->receive, way);
	}
	fw_limit_unlock(irql);
	return fate;
}

static bool take(struct fw_limit_file *file, struct fw_limit_way *way,
	const struct fw_limit_datagram *datagram)
{
	enum fate fate = decide_first(file, way, datagram);
	struct held_datagram *held;

	if (fate == WAITS) {
		held = copy(datagram);
		if (!held) {
			fw_tdi_count_failure();
			return false;
		}
		fate = put(file, way, held);
		if (fate != WAITS)
			fw_free(held);
	}
	if (fate == PASSES)
		return false;
	fw_limit_count_hit(way, datagram->available, fate == DROPPED);
	return true;
}

bool fw_limit_takes_datagram(
	struct fw_tdi_object *address, const struct fw_limit_datagram *datagram)
{
	struct fw_limit *limit = fw_limit_of_receiver(address);
	struct fw_limit_file *file = limit ? fw_limit_file_get(address) : NULL;
	bool takes = file && take(file, &limit->ways[FW_LIMIT_RECEIVE], datagram);

	fw_limit_put(limit);
	return takes;
}

/* As much of it as the client's request has room for. */
static void fill(const struct held_datagram *held, uint32_t taken, IRP *irp)
{
	const TDI_REQUEST_KERNEL_RECEIVEDG *request =
		(const TDI_REQUEST_KERNEL_RECEIVEDG *)&IoGetCurrentIrpStackLocation(irp)
			->Parameters;
	TDI_CONNECTION_INFORMATION *information = request->ReturnDatagramInformation;
	uint32_t rest = held->bytes - taken, bytes = rest;
	NTSTATUS status = STATUS_SUCCESS;

	if (bytes > request->ReceiveLength)
		bytes = request->ReceiveLength;
	if (bytes && !fw_tdi_mdl_put(irp->MdlAddress, held->data + taken, &bytes))
		bytes = 0;
	if (bytes < rest)
		status = STATUS_BUFFER_OVERFLOW;
	if (information && information->RemoteAddress && held->source_length &&
		information->RemoteAddressLength >= held->source_length) {
		RtlCopyMemory(information->RemoteAddress, held->data + held->bytes,
			(uint32_t)held->source_length);
		information->RemoteAddressLength = held->source_length;
	}
	IoMarkIrpPending(irp);
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
}

static void tell(struct fw_tdi_object *address, struct held_datagram *held)
{
	uint8_t *source = held->data + held->bytes;
	struct fw_tdi_tell tell;
	NTSTATUS status;
	ULONG taken = 0;
	IRP *irp = NULL;

	if (!fw_tdi_tell_begin(&tell, address, TDI_EVENT_RECEIVE_DATAGRAM))
		return;
	status = ((PTDI_IND_RECEIVE_DATAGRAM)tell.handler->function)(tell.handler->context,
		held->source_length, held->source_length ? source : NULL, held->options_length,
		held->options_length ? source + held->source_length : NULL, held->flags,
		held->bytes, held->bytes, &taken, held->data, &irp);
	if (taken > held->bytes)
		taken = held->bytes;
	if (status == STATUS_SUCCESS || status == STATUS_MORE_PROCESSING_REQUIRED)
		fw_tdi_flow_received(address, taken);
	if (status == STATUS_MORE_PROCESSING_REQUIRED && irp) {
		fill(held, taken, irp);
		fw_tdi_flow_received(address, irp->IoStatus.Information);
		IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	}
	fw_tdi_tell_end(&tell);
}

static struct held_datagram *oldest(struct fw_limit_file *file)
{
	struct held_datagram *held = NULL;
	KIRQL irql;

	fw_limit_lock(&irql);
	if (!IsListEmpty(&file->datagrams)) {
		held = CONTAINING_RECORD(
			RemoveHeadList(&file->datagrams), struct held_datagram, entry);
		file->datagram_bytes -= held->size;
	}
	fw_limit_unlock(irql);
	return held;
}

bool fw_limit_datagram_run(struct fw_limit_lane *lane)
{
	struct held_datagram *held = oldest(file_of(lane));

	if (!held)
		return false;
	fw_limit_charge(lane->way, held->bytes);
	tell(lane->object, held);
	fw_free(held);
	return true;
}

void fw_limit_datagrams_drop(struct fw_limit_lane *lane)
{
	struct held_datagram *held;

	while ((held = oldest(file_of(lane))) != NULL)
		fw_free(held);
}
