/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Datagrams of the fake transport: sent, received into requests, told of by handlers. */
#include "fake_internal.h"

struct datagram {
	UCHAR data[FAKE_BUFFER * 4];
	UCHAR source[FAKE_ADDRESS_MAX];
	size_t size;
	ULONG source_length;
};

NTSTATUS fake_send_datagram(struct fake_file *address, PIRP irp, PIO_STACK_LOCATION location)
{
	const TDI_REQUEST_KERNEL_SENDDG *request = (void *)&location->Parameters;
	PTDI_CONNECTION_INFORMATION remote = request->SendDatagramInformation;
	NTSTATUS status = STATUS_INVALID_ADDRESS;
	size_t size = request->SendLength;
	UCHAR *data = malloc(size ? size : 1);
	KIRQL irql;

	if (remote && remote->RemoteAddress) {
		size = fake_mdl_get(irp->MdlAddress, 0, data, size);
		status = fake_wire_send_to(address->fd, data, size, remote->RemoteAddress,
			(ULONG)remote->RemoteAddressLength);
	}
	free(data);
	KeAcquireSpinLock(&fake_lock, &irql);
	if (NT_SUCCESS(status))
		fake_totals[address->protocol].sent += size;
	KeReleaseSpinLock(&fake_lock, irql);
	return fake_answer(irp, status, NT_SUCCESS(status) ? size : 0);
}

NTSTATUS fake_receive_datagram(struct fake_file *address, PIRP irp)
{
	KIRQL irql;

	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&fake_lock, &irql);
	fake_queue(&address->receives, irp);
	KeReleaseSpinLock(&fake_lock, irql);
	fake_network_wake();
	return STATUS_PENDING;
}

static void count(struct fake_file *address, size_t delivered, size_t size)
{
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	fake_totals[address->protocol].delivered += delivered;
	fake_totals[address->protocol].left += size - delivered;
	KeReleaseSpinLock(&fake_lock, irql);
}

/* A datagram that is longer than the buffer is cut. */
static void into_request(struct fake_file *address, PIRP irp, const struct datagram *datagram)
{
	const TDI_REQUEST_KERNEL_RECEIVEDG *request =
		(void *)&irp->Tail.Overlay.CurrentStackLocation->Parameters;
	PTDI_CONNECTION_INFORMATION source = request->ReturnDatagramInformation;
	size_t size = datagram->size < request->ReceiveLength ? datagram->size : request->ReceiveLength;

	size = fake_mdl_put(irp->MdlAddress, 0, datagram->data, size);
	if (source && source->RemoteAddress && (ULONG)source->RemoteAddressLength >= datagram->source_length)
		memcpy(source->RemoteAddress, datagram->source, datagram->source_length);
	count(address, size, datagram->size);
	fake_complete(irp, size < datagram->size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, size);
}

static bool tell(struct fake_file *address, const struct datagram *datagram)
{
	bool hide = fake_chance(fake_policy.null_address);
	size_t indicated = datagram->size;
	struct fake_handler handler;
	PIRP irp = NULL;
	ULONG taken = 0;
	NTSTATUS status;
	KIRQL irql;

	if (!fake_handler_enter(address, TDI_EVENT_RECEIVE_DATAGRAM, &handler))
		return false;
	if (indicated > 1 && fake_chance(fake_policy.partial))
		indicated = 1 + fake_random((unsigned)indicated);
	irql = fake_raise();
	status = ((PTDI_IND_RECEIVE_DATAGRAM)handler.function)(handler.context,
		hide ? 0 : (LONG)datagram->source_length, hide ? NULL : (PVOID)datagram->source, 0, NULL,
		TDI_RECEIVE_NORMAL, (ULONG)indicated, (ULONG)datagram->size, &taken, (PVOID)datagram->data, &irp);
	KeLowerIrql(irql);
	if (taken > indicated)
		nt_violation(13, "a datagram handler took %u bytes of %zu", taken, indicated);
	if (status == STATUS_MORE_PROCESSING_REQUIRED) {
		nt_irp_take(irp, "the transport");
		IoMarkIrpPending(irp);
		into_request(address, irp, datagram);
	} else if (status == STATUS_SUCCESS || status == STATUS_DATA_NOT_ACCEPTED)
		count(address, status == STATUS_SUCCESS ? taken : 0, datagram->size);
	else
		nt_violation(13, "a datagram handler returned 0x%x", status);
	fake_handler_leave(address);
	return true;
}

static bool tell_chained(struct fake_file *address, const struct datagram *datagram)
{
	struct fake_handler handler;
	PVOID descriptor;
	NTSTATUS status;
	KIRQL irql;
	PMDL mdl;

	if (!fake_handler_enter(address, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, &handler))
		return false;
	descriptor = fake_chain_new(datagram->data, datagram->size, &mdl);
	irql = fake_raise();
	status = ((PTDI_IND_CHAINED_RECEIVE_DATAGRAM)handler.function)(handler.context,
		(LONG)datagram->source_length, (PVOID)datagram->source, 0, NULL, TDI_RECEIVE_NORMAL,
		(ULONG)datagram->size, 0, mdl, descriptor);
	if (status != STATUS_PENDING)
		TdiReturnChainedReceives(&descriptor, 1);
	KeLowerIrql(irql);
	count(address, NT_SUCCESS(status) ? datagram->size : 0, datagram->size);
	fake_handler_leave(address);
	return true;
}

/* With the lock held: false when there was none after all. */
static bool read_one(struct fake_file *address, struct datagram *datagram)
{
	ssize_t size = fake_wire_receive_from(address->fd, datagram->data, sizeof(datagram->data), datagram->source,
		&datagram->source_length);

	if (size < 0)
		return false;
	datagram->size = (size_t)size;
	fake_totals[address->protocol].received += (uint64_t)size;
	return true;
}

void fake_datagram_came(struct fake_file *address)
{
	struct datagram *datagram = malloc(sizeof(*datagram));
	PIRP irp = NULL;
	bool came;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	came = !address->closing && read_one(address, datagram);
	if (came)
		irp = fake_queue_take(&address->receives);
	KeReleaseSpinLock(&fake_lock, irql);
	if (irp)
		into_request(address, irp, datagram);
	else if (came && !(fake_chance(fake_policy.chained) && datagram->size && tell_chained(address, datagram)) &&
		 !tell(address, datagram))
		count(address, 0, datagram->size);
	free(datagram);
}
