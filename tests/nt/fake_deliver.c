/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Data of a connection on its way to the client: into a request that waits, else told of by a handler, which takes a
 * part, gives a request for the rest, or asks later. Runs in the network thread only.
 */
#include <errno.h>
#include <sys/socket.h>

#include "fake_internal.h"

static void consume(struct fake_file *connection, size_t count)
{
	connection->begin += count;
	connection->length -= count;
	if (!connection->length)
		connection->begin = 0;
	fake_totals[connection->protocol].delivered += count;
}

static const TDI_REQUEST_KERNEL_RECEIVE *parameters(PIRP irp)
{
	return (const TDI_REQUEST_KERNEL_RECEIVE *)&irp->Tail.Overlay.CurrentStackLocation->Parameters;
}

/* With the lock held: bytes into the request. */
static size_t fill(struct fake_file *connection, PIRP irp)
{
	size_t wanted = parameters(irp)->ReceiveLength, count;

	if (wanted > connection->length)
		wanted = connection->length;
	count = fake_mdl_put(irp->MdlAddress, 0, connection->data + connection->begin, wanted);
	if (!(parameters(irp)->ReceiveFlags & TDI_RECEIVE_PEEK))
		consume(connection, count);
	return count;
}

/* A request that waits gets what there is; false: there is none. */
static bool serve(struct fake_file *connection)
{
	size_t count = 0;
	KIRQL irql;
	PIRP irp;

	KeAcquireSpinLock(&fake_lock, &irql);
	irp = connection->length ? fake_queue_take(&connection->receives) : NULL;
	if (irp) {
		count = fill(connection, irp);
		connection->blocked = false;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (irp)
		fake_complete(irp, STATUS_SUCCESS, count);
	return irp;
}

static void take_returned(struct fake_file *connection, PIRP irp)
{
	if (!irp)
		nt_violation(13, "a receive handler returned STATUS_MORE_PROCESSING_REQUIRED without a request");
	nt_irp_take(irp, "the transport");
	fake_receive_posted(connection, irp);
}

static ULONG normal_flags(void)
{
	return TDI_RECEIVE_NORMAL | TDI_RECEIVE_ENTIRE_MESSAGE |
	       (KeGetCurrentIrql() == DISPATCH_LEVEL ? TDI_RECEIVE_AT_DISPATCH_LEVEL : 0);
}

static void after_handler(struct fake_file *connection, NTSTATUS status, size_t indicated, size_t available,
	size_t taken, PIRP irp)
{
	KIRQL irql;

	if (taken > indicated)
		nt_violation(13, "a receive handler took %zu bytes of %zu", taken, indicated);
	if (status != STATUS_SUCCESS && status != STATUS_MORE_PROCESSING_REQUIRED &&
		status != STATUS_DATA_NOT_ACCEPTED)
		nt_violation(13, "a receive handler returned 0x%x", status);
	if (status == STATUS_DATA_NOT_ACCEPTED && taken)
		nt_violation(13, "a receive handler took %zu bytes and did not accept them", taken);
	KeAcquireSpinLock(&fake_lock, &irql);
	consume(connection, taken);
	/* What is left, it will ask for; unless it did while it ran. */
	connection->blocked = status != STATUS_MORE_PROCESSING_REQUIRED && taken < available;
	KeReleaseSpinLock(&fake_lock, irql);
	if (status == STATUS_MORE_PROCESSING_REQUIRED)
		take_returned(connection, irp);
}

static bool tell(struct fake_file *connection, size_t available)
{
	size_t indicated = available;
	struct fake_handler handler;
	PIRP returned = NULL;
	NTSTATUS status;
	ULONG taken = 0;
	KIRQL irql;

	if (fake_chance(fake_policy.partial))
		indicated = 1 + fake_random((unsigned)available);
	if (!fake_handler_enter(connection->told, TDI_EVENT_RECEIVE, &handler))
		return false;
	irql = fake_raise();
	status = ((PTDI_IND_RECEIVE)handler.function)(handler.context, connection->context, normal_flags(),
		(ULONG)indicated, (ULONG)available, &taken, connection->data + connection->begin, &returned);
	KeLowerIrql(irql);
	after_handler(connection, status, indicated, available, taken, returned);
	fake_handler_leave(connection->told);
	return true;
}

static bool tell_chained(struct fake_file *connection, size_t size)
{
	struct fake_handler handler;
	PVOID descriptor;
	NTSTATUS status;
	KIRQL irql;
	PMDL mdl;

	if (!fake_handler_enter(connection->told, TDI_EVENT_CHAINED_RECEIVE, &handler))
		return false;
	descriptor = fake_chain_new(connection->data + connection->begin, size, &mdl);
	irql = fake_raise();
	status = ((PTDI_IND_CHAINED_RECEIVE)handler.function)(handler.context, connection->context, normal_flags(),
		(ULONG)size, 0, mdl, descriptor);
	if (status != STATUS_PENDING)
		TdiReturnChainedReceives(&descriptor, 1);
	KeLowerIrql(irql);
	if (status != STATUS_PENDING && status != STATUS_SUCCESS && status != STATUS_DATA_NOT_ACCEPTED)
		nt_violation(14, "a chained receive handler returned 0x%x", status);
	KeAcquireSpinLock(&fake_lock, &irql);
	if (status == STATUS_DATA_NOT_ACCEPTED)
		connection->blocked = true;
	else
		consume(connection, size);
	KeReleaseSpinLock(&fake_lock, irql);
	fake_handler_leave(connection->told);
	return true;
}

static void receive_more(struct fake_file *connection)
{
	size_t most = fake_chance(fake_policy.partial * 2) ? 1 + fake_random(2000) : FAKE_BUFFER;
	ssize_t count;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	if (!connection->length && connection->fd >= 0 && connection->connected && !connection->end) {
		count = recv(connection->fd, connection->data, most, 0);
		if (count > 0) {
			connection->length = (size_t)count;
			fake_totals[connection->protocol].received += (uint64_t)count;
		} else if (!count || errno != EAGAIN) {
			connection->end = true;
			connection->end_status = count ? fake_wire_status(errno) : STATUS_GRACEFUL_DISCONNECT;
		}
	}
	KeReleaseSpinLock(&fake_lock, irql);
}

/* What is left to be told of; an aborted connection's is thrown away. */
static size_t waiting(struct fake_file *connection)
{
	size_t length;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	if (connection->discard) {
		fake_totals[connection->protocol].left += connection->length;
		connection->length = connection->begin = 0;
	}
	length = connection->closing ? 0 : connection->length;
	KeReleaseSpinLock(&fake_lock, irql);
	return length;
}

static bool is_blocked(struct fake_file *connection)
{
	bool blocked;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	blocked = connection->blocked;
	KeReleaseSpinLock(&fake_lock, irql);
	return blocked;
}

/* Nobody wants to be told: until a request comes. */
static void block(struct fake_file *connection)
{
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	connection->blocked = IsListEmpty(&connection->receives);
	KeReleaseSpinLock(&fake_lock, irql);
}

static void ended(struct fake_file *connection)
{
	NTSTATUS status;
	bool end;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	end = connection->end && !connection->length;
	status = connection->end_status;
	KeReleaseSpinLock(&fake_lock, irql);
	if (end)
		fake_disconnected(connection, status);
}

void fake_deliver(struct fake_file *connection)
{
	size_t length;

	receive_more(connection);
	while ((length = waiting(connection)) != 0) {
		if (serve(connection))
			continue;
		if (is_blocked(connection))
			break;
		if (fake_chance(fake_policy.chained) && tell_chained(connection, length))
			continue;
		if (!tell(connection, length) && !tell_chained(connection, length)) {
			block(connection);
			break;
		}
	}
	ended(connection);
}

void fake_receive_posted(struct fake_file *connection, PIRP irp)
{
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	IoMarkIrpPending(irp);
	if (fake_queue(&connection->receives, irp))
		connection->blocked = false;
	KeReleaseSpinLock(&fake_lock, irql);
	fake_network_wake();
}

static bool tell_urgent(struct fake_file *connection, UCHAR *byte)
{
	struct fake_handler handler;
	PIRP returned = NULL;
	NTSTATUS status;
	ULONG taken = 0;
	KIRQL irql;

	if (!fake_handler_enter(connection->told, TDI_EVENT_RECEIVE_EXPEDITED, &handler))
		return false;
	irql = fake_raise();
	status = ((PTDI_IND_RECEIVE_EXPEDITED)handler.function)(handler.context, connection->context,
		TDI_RECEIVE_EXPEDITED, 1, 1, &taken, byte, &returned);
	KeLowerIrql(irql);
	fake_handler_leave(connection->told);
	return status == STATUS_SUCCESS && taken == 1;
}

static bool tell_urgent_chained(struct fake_file *connection, const UCHAR *byte)
{
	struct fake_handler handler;
	PVOID descriptor;
	NTSTATUS status;
	KIRQL irql;
	PMDL mdl;

	if (!fake_handler_enter(connection->told, TDI_EVENT_CHAINED_RECEIVE_EXPEDITED, &handler))
		return false;
	descriptor = fake_chain_new(byte, 1, &mdl);
	irql = fake_raise();
	status = ((PTDI_IND_CHAINED_RECEIVE)handler.function)(handler.context, connection->context,
		TDI_RECEIVE_EXPEDITED, 1, 0, mdl, descriptor);
	if (status != STATUS_PENDING)
		TdiReturnChainedReceives(&descriptor, 1);
	KeLowerIrql(irql);
	fake_handler_leave(connection->told);
	return status == STATUS_PENDING || status == STATUS_SUCCESS;
}

void fake_urgent_came(struct fake_file *connection)
{
	bool taken;
	UCHAR byte;
	KIRQL irql;

	if (recv(connection->fd, &byte, 1, MSG_OOB) != 1)
		return;
	taken = (fake_chance(fake_policy.chained) && tell_urgent_chained(connection, &byte)) ||
		tell_urgent(connection, &byte);
	KeAcquireSpinLock(&fake_lock, &irql);
	fake_totals[connection->protocol].received++;
	if (taken)
		fake_totals[connection->protocol].delivered++;
	else
		fake_totals[connection->protocol].left++;
	KeReleaseSpinLock(&fake_lock, irql);
}
