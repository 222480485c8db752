/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "limit_receiver.h"

struct tdi_request requests[REQUESTS];
UCHAR buffers[REQUESTS][2 * PIECE];
MDL *mdls[REQUESTS];
PFILE_OBJECT address, connection;
UCHAR stream[4 * PIECE];
uint32_t pulled;
struct limit_client client;
struct nt_options seeded;

static NTSTATUS on_receive(void *context, CONNECTION_CONTEXT who, ULONG flags, ULONG indicated,
	ULONG available, ULONG *taken, void *data, PIRP *irp)
{
	ULONG take = indicated < client.most ? indicated : client.most;

	client.calls++;
	if (client.in_call)
		client.in_call();
	if (flags & TDI_RECEIVE_EXPEDITED) {
		client.urgent += indicated;
		*taken = indicated;
		return STATUS_SUCCESS;
	}
	if (data)
		assert_memory_equal(data, stream + client.bytes, take);
	client.bytes += take;
	*taken = take;
	if (client.irp) {
		*irp = client.irp;
		client.irp = NULL;
		return STATUS_MORE_PROCESSING_REQUIRED;
	}
	return take ? STATUS_SUCCESS : client.status;
}

static NTSTATUS on_end(void *context, CONNECTION_CONTEXT who, LONG data_length, void *data,
	LONG length, void *information, ULONG flags)
{
	client.ends++;
	client.end_after = client.bytes;
	return STATUS_SUCCESS;
}

void start(void)
{
	size_t i;

	memset(&client, 0, sizeof(client));
	client.most = ~0u;
	client.status = STATUS_DATA_NOT_ACCEPTED;
	pulled = 0;
	for (i = 0; i < sizeof(stream); i++)
		stream[i] = (UCHAR)(i * 7 + i / 256);
	tdi_world_start_with(TDI_ALL4, seeded.seed ? &seeded : NULL);
	nt_failures_pause();
	tdi_doubles.limit = tdi_limit_new(0, RATE);
	address = tdi_open_address(TDI_TCP, 80);
	connection = tdi_open_connection(TDI_TCP, CONTEXT);
	tdi_associate(connection, address);
	tdi_connect(connection, 80);
	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &client);
	tdi_set_handler(address, TDI_EVENT_RECEIVE_EXPEDITED, on_receive, &client);
	tdi_set_handler(address, TDI_EVENT_DISCONNECT, on_end, &client);
	nt_failures_resume();
}

void remove_limit(void)
{
	struct fw_limit *limit = tdi_doubles.limit;

	tdi_doubles.limit = NULL;
	fw_limit_retire(limit);
	fw_tdi_let_go();
}

void stop(void)
{
	tdi_lower.hold[TDI_RECEIVE] = false;
	tdi_close(connection);
	tdi_close(address);
	remove_limit();
	tdi_world_stop();
}

void overdraw(uint32_t ms)
{
	fw_limit_charge(&tdi_doubles.limit->ways[FW_LIMIT_RECEIVE], RATE / 1000 * (ms + 50));
}

uint64_t now_ms(void)
{
	return KeQueryInterruptTime() / 10000;
}

void begin(unsigned n, uint32_t length, uint32_t flags)
{
	TDI_REQUEST_KERNEL_RECEIVE parameters = { length, flags };

	nt_failures_pause();
	mdls[n] = IoAllocateMdl(buffers[n], length, FALSE, FALSE, NULL);
	nt_failures_resume();
	MmBuildMdlForNonPagedPool(mdls[n]);
	tdi_begin_with(
		&requests[n], connection, TDI_RECEIVE, &parameters, sizeof(parameters), mdls[n]);
}

NTSTATUS end(unsigned n)
{
	NTSTATUS status = tdi_end(&requests[n]);

	IoFreeMdl(mdls[n]);
	return status;
}

void fill(uint32_t bytes)
{
	IRP *irp = NULL;
	unsigned i;

	for (i = 0; i < 1000 && !tdi_lower_holds(TDI_RECEIVE); i++)
		nt_sleep_ms(1);
	for (i = 0; !irp; i++)
		if (IoGetCurrentIrpStackLocation(tdi_lower.held[i])->MinorFunction == TDI_RECEIVE)
			irp = tdi_lower.held[i];
	memcpy(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority), stream + pulled,
		bytes);
	pulled += bytes;
	tdi_lower_complete(TDI_RECEIVE, STATUS_SUCCESS, bytes);
}

NTSTATUS indicate(LONG type, uint32_t bytes, ULONG *taken)
{
	ULONG flags = type == TDI_EVENT_RECEIVE ? TDI_RECEIVE_NORMAL : TDI_RECEIVE_EXPEDITED;
	PIRP irp = NULL;
	NTSTATUS status;
	KIRQL irql;

	*taken = 99;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	status = TDI_RAISE(
		PTDI_IND_RECEIVE, type, CONTEXT, flags, bytes, bytes, taken, stream + pulled, &irp);
	KeLowerIrql(irql);
	if (status == STATUS_SUCCESS && type == TDI_EVENT_RECEIVE)
		pulled += *taken;
	return status;
}

void refuse(uint32_t bytes)
{
	ULONG taken;

	tdi_lower.hold[TDI_RECEIVE] = true;
	assert_int_equal(indicate(TDI_EVENT_RECEIVE, bytes, &taken), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(taken, 0);
}

void peer_ends(ULONG flags)
{
	TDI_RAISE(PTDI_IND_DISCONNECT, TDI_EVENT_DISCONNECT, CONTEXT, 0, NULL, 0, NULL, flags);
}

uint64_t received(void)
{
	return tdi_doubles.received[TDI_CLIENT_PID / 100];
}

struct fw_rule_counters counters(void)
{
	struct fw_rule_counters counters;

	fw_limit_counters(tdi_doubles.limit, &counters);
	return counters;
}

NTSTATUS on_datagram(void *context, LONG source_length, void *source, LONG options_length,
	void *options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data,
	PIRP *irp)
{
	assert_int_equal(source_length, 22);
	assert_int_equal(((UCHAR *)source)[9], 99);
	assert_memory_equal(data, stream + client.datagrams, indicated);
	client.datagrams++;
	*taken = indicated;
	return STATUS_SUCCESS;
}

NTSTATUS raise_datagram(uint32_t indicated, uint32_t available, unsigned n)
{
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	ULONG taken = 0;
	PIRP irp = NULL;

	return TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, length, source, 0,
		NULL, 0, indicated, available, &taken, stream + n, &irp);
}
