/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Download limits: what completes late, what is refused and pulled, in which order it comes, and
 * how it ends at every point of its life. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RATE 100000u /* bytes a second */
#define PIECE (RATE / 10)
#define REQUESTS 6
#define CONTEXT ((void *)0x11)
#define SAID 64

static struct tdi_request requests[REQUESTS];
static UCHAR buffers[REQUESTS][2 * PIECE];
static MDL *mdls[REQUESTS];
static PFILE_OBJECT address, connection;
static UCHAR stream[4 * PIECE];
static uint32_t pulled; /* of the stream, by requests to the transport */

/* What the client saw, in order: bytes of the stream, and its end. */
static struct {
	uint32_t bytes; /* by its handler */
	unsigned calls, ends, end_after;
	NTSTATUS status; /* that it returns */
	ULONG most;	 /* that it takes */
	IRP *irp;
	unsigned urgent;
	unsigned datagrams;
} client;

static NTSTATUS on_receive(void *context, CONNECTION_CONTEXT who, ULONG flags, ULONG indicated,
	ULONG available, ULONG *taken, void *data, PIRP *irp)
{
	ULONG take = indicated < client.most ? indicated : client.most;

	client.calls++;
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

static struct nt_options seeded;

static void start(void)
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
	tdi_doubles.limit = fw_limit_new(0, RATE);
	address = tdi_open_address(TDI_TCP, 80);
	connection = tdi_open_connection(TDI_TCP, CONTEXT);
	tdi_associate(connection, address);
	tdi_connect(connection, 80);
	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &client);
	tdi_set_handler(address, TDI_EVENT_RECEIVE_EXPEDITED, on_receive, &client);
	tdi_set_handler(address, TDI_EVENT_DISCONNECT, on_end, &client);
	nt_failures_resume();
}

static void remove_limit(void)
{
	struct fw_limit *limit = tdi_doubles.limit;

	tdi_doubles.limit = NULL;
	fw_limit_retire(limit);
	fw_tdi_let_go();
}

static void stop(void)
{
	tdi_lower.hold[TDI_RECEIVE] = false;
	tdi_close(connection);
	tdi_close(address);
	remove_limit();
	tdi_world_stop();
}

/* The bucket is overdrawn by `ms` from now on. */
static void overdraw(uint32_t ms)
{
	fw_limit_charge(&tdi_doubles.limit->ways[FW_LIMIT_RECEIVE], RATE / 1000 * (ms + 50));
}

static uint64_t now_ms(void)
{
	return KeQueryInterruptTime() / 10000;
}

static void begin(unsigned n, uint32_t length, uint32_t flags)
{
	TDI_REQUEST_KERNEL_RECEIVE parameters = { length, flags };

	nt_failures_pause();
	mdls[n] = IoAllocateMdl(buffers[n], length, FALSE, FALSE, NULL);
	nt_failures_resume();
	MmBuildMdlForNonPagedPool(mdls[n]);
	tdi_begin_with(
		&requests[n], connection, TDI_RECEIVE, &parameters, sizeof(parameters), mdls[n]);
}

static NTSTATUS end(unsigned n)
{
	NTSTATUS status = tdi_end(&requests[n]);

	IoFreeMdl(mdls[n]);
	return status;
}

/* The transport fills the oldest receive that it has from the stream. */
static void fill(uint32_t bytes)
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

static NTSTATUS indicate(LONG type, uint32_t bytes, ULONG *taken)
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

static void refuse(uint32_t bytes)
{
	ULONG taken;

	tdi_lower.hold[TDI_RECEIVE] = true;
	assert_int_equal(indicate(TDI_EVENT_RECEIVE, bytes, &taken), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(taken, 0);
}

static void peer_ends(ULONG flags)
{
	TDI_RAISE(PTDI_IND_DISCONNECT, TDI_EVENT_DISCONNECT, CONTEXT, 0, NULL, 0, NULL, flags);
}

static uint64_t received(void)
{
	return tdi_doubles.received[TDI_CLIENT_PID / 100];
}

static struct fw_rule_counters counters(void)
{
	struct fw_rule_counters counters;

	fw_limit_counters(tdi_doubles.limit, &counters);
	return counters;
}

static void a_receive_completes_late(void **state)
{
	uint64_t began;

	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	began = now_ms();
	begin(0, 2 * PIECE, TDI_RECEIVE_NORMAL);
	begin(1, 100, TDI_RECEIVE_NORMAL);
	fill(PIECE); /* is the most that it asked for */
	assert_true(requests[0].done);
	fill(100);
	assert_false(requests[1].done);
	assert_int_equal(end(1), STATUS_SUCCESS);
	assert_in_range(now_ms() - began, 45, 75);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(requests[0].information, PIECE);
	assert_memory_equal(buffers[0], stream, PIECE);
	assert_memory_equal(buffers[1], stream + PIECE, 100);
	assert_int_equal(received(), PIECE + 100);
	assert_int_equal(counters().received, PIECE + 100);
	assert_int_equal(counters().hits, 1);
	stop();
}

/* The request went down with no more than a piece. */
static void receives_are_shortened(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 2 * PIECE, TDI_RECEIVE_NORMAL);
	assert_int_equal(
		((TDI_REQUEST_KERNEL_RECEIVE *)&IoGetCurrentIrpStackLocation(tdi_lower.held[0])
				->Parameters)
			->ReceiveLength,
		PIECE);
	fill(10);
	assert_int_equal(end(0), STATUS_SUCCESS);
	stop();
}

static void keeps_the_rate(void **state)
{
	uint64_t until;

	start();
	until = now_ms() + 10000;
	while (now_ms() < until)
		tdi_transfer(connection, TDI_RECEIVE, 1460, TDI_RECEIVE_NORMAL);
	assert_in_range(counters().received, RATE * 10 * 97 / 100, RATE * 10 * 103 / 100);
	stop();
}

static void events_keep_the_rate(void **state)
{
	uint64_t until;
	ULONG taken;

	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	until = now_ms() + 10000;
	while (now_ms() < until) {
		pulled = client.bytes = 0;
		if (indicate(TDI_EVENT_RECEIVE, 1460, &taken) == STATUS_SUCCESS)
			continue;
		while (!tdi_lower_holds(TDI_RECEIVE) && now_ms() < until)
			nt_sleep_ms(1);
		if (tdi_lower_holds(TDI_RECEIVE))
			fill(1460);
	}
	assert_in_range(counters().received, RATE * 10 * 97 / 100, RATE * 10 * 103 / 100);
	assert_int_equal(counters().received, received());
	if (tdi_lower_holds(TDI_RECEIVE))
		fill(0);
	stop();
}

static void cancelled_while_it_waits(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	begin(1, 100, TDI_RECEIVE_NORMAL);
	begin(2, 100, TDI_RECEIVE_NORMAL);
	overdraw(1000);
	fill(100);
	fill(50);
	fill(100);
	assert_false(requests[0].done);
	/* Its data is there, and comes after that of the one before it. */
	IoCancelIrp(requests[1].irp);
	assert_true(requests[0].done && requests[1].done);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(end(1), STATUS_SUCCESS);
	assert_int_equal(requests[1].information, 50);
	assert_int_equal(end(2), STATUS_SUCCESS);
	stop();
}

static void what_is_refused_is_pulled(void **state)
{
	ULONG taken;

	start();
	assert_int_equal(indicate(TDI_EVENT_RECEIVE, 300, &taken), STATUS_SUCCESS);
	assert_int_equal(taken, 300);
	overdraw(100);
	refuse(400);
	assert_int_equal(client.calls, 1);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	fill(400);
	assert_int_equal(client.calls, 2);
	assert_int_equal(client.bytes, 700);
	assert_int_equal(received(), 700);
	stop();
}

static void urgent_data_goes_past(void **state)
{
	ULONG taken;

	start();
	overdraw(100);
	refuse(400);
	assert_int_equal(indicate(TDI_EVENT_RECEIVE_EXPEDITED, 1, &taken), STATUS_SUCCESS);
	assert_int_equal(client.urgent, 1);
	fill(400);
	stop();
}

/* The client takes a part, asks for some, then for the rest. */
static void the_client_takes_parts(void **state)
{
	start();
	overdraw(50);
	client.most = 10;
	refuse(400);
	fill(400);
	assert_int_equal(client.bytes, 10);
	begin(0, 100, TDI_RECEIVE_PEEK | TDI_RECEIVE_NORMAL);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream + 10, 100);
	assert_int_equal(client.calls, 1);
	client.most = 0;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream + 10, 100);
	assert_int_equal(received(), 110);
	assert_int_equal(client.calls, 2); /* it had asked, so it is told of the rest */
	begin(1, 1000, TDI_RECEIVE_NORMAL);
	assert_int_equal(end(1), STATUS_SUCCESS);
	assert_int_equal(requests[1].information, 290);
	assert_memory_equal(buffers[1], stream + 110, 290);
	assert_int_equal(received(), 400);
	stop();
}

static void the_client_asks_while_it_is_pulled(void **state)
{
	start();
	overdraw(50);
	client.most = 0;
	refuse(400);
	begin(0, 300, TDI_RECEIVE_NORMAL);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	fill(400);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream, 300);
	assert_int_equal(client.calls, 1); /* of the rest */
	assert_int_equal(received(), 300);
	stop();
}

/* Only one comes: the other one goes down and waits there. */
static void more_requests_than_data(void **state)
{
	start();
	overdraw(50);
	refuse(100);
	begin(0, 300, TDI_RECEIVE_NORMAL);
	begin(1, 300, TDI_RECEIVE_NORMAL);
	fill(100);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(requests[0].information, 100);
	fill(50);
	assert_int_equal(end(1), STATUS_SUCCESS);
	assert_memory_equal(buffers[1], stream + 100, 50);
	assert_int_equal(client.calls, 0);
	stop();
}

static void cancelled_while_it_waits_for_data(void **state)
{
	start();
	overdraw(50);
	refuse(400);
	begin(0, 300, TDI_RECEIVE_NORMAL);
	IoCancelIrp(requests[0].irp);
	assert_int_equal(end(0), STATUS_CANCELLED);
	fill(400);
	assert_int_equal(client.bytes, 400);
	stop();
}

static void the_handler_returns_a_request(void **state)
{
	TDI_REQUEST_KERNEL_RECEIVE parameters = { 300, TDI_RECEIVE_NORMAL };

	start();
	overdraw(50);
	client.most = 50;
	client.irp = tdi_returned(
		&requests[0], connection, TDI_RECEIVE, &parameters, sizeof(parameters));
	mdls[0] = IoAllocateMdl(buffers[0], 300, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdls[0]);
	client.irp->MdlAddress = mdls[0];
	refuse(150);
	fill(150);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(requests[0].information, 100);
	assert_memory_equal(buffers[0], stream + 50, 100);
	assert_int_equal(received(), 150);
	stop();
}

static void the_end_comes_after_the_data(void **state)
{
	start();
	overdraw(100);
	refuse(400);
	peer_ends(TDI_DISCONNECT_RELEASE);
	assert_int_equal(client.ends, 0);
	fill(400);
	assert_int_equal(client.ends, 1);
	assert_int_equal(client.end_after, 400);
	stop();
}

static void the_end_comes_after_what_waits(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(100);
	fill(100);
	peer_ends(TDI_DISCONNECT_RELEASE);
	assert_int_equal(client.ends, 0);
	assert_int_equal(end(0), STATUS_SUCCESS);
	nt_sleep_ms(20);
	assert_int_equal(client.ends, 1);
	stop();
}

static void the_peer_aborts(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(10000);
	fill(100);
	refuse(50);
	peer_ends(TDI_DISCONNECT_ABORT);
	assert_true(requests[0].done);
	assert_int_equal(client.ends, 1);
	assert_int_equal(end(0), STATUS_SUCCESS);
	stop();
}

static void the_client_aborts(void **state)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_ABORT };

	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(10000);
	fill(100);
	refuse(50);
	begin(1, 100, TDI_RECEIVE_NORMAL);
	tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(end(1), STATUS_CONNECTION_ABORTED);
	assert_int_equal(client.calls, 0);
	stop();
}

static void cleaned_up_while_it_waits(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(10000);
	fill(100);
	refuse(50);
	begin(1, 100, TDI_RECEIVE_NORMAL);
	tdi_close(connection);
	connection = NULL;
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(end(1), STATUS_CANCELLED);
	stop();
}

static void what_waits_goes_without_its_rule(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(10000);
	fill(100);
	client.bytes = 100;
	refuse(50);
	remove_limit();
	assert_true(requests[0].done);
	assert_true(tdi_lower_holds(TDI_RECEIVE));
	fill(50);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_int_equal(client.calls, 1);
	tdi_doubles.limit = fw_limit_new(0, RATE);
	stop();
}

static void what_waits_goes_when_stopped(void **state)
{
	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(10000);
	fill(100);
	client.bytes = 100;
	refuse(50);
	fw_tdi_bypass(true);
	assert_true(requests[0].done);
	fill(50);
	assert_int_equal(end(0), STATUS_SUCCESS);
	fw_tdi_bypass(false);
	stop();
}

static NTSTATUS on_datagram(void *context, LONG source_length, void *source, LONG options_length,
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

static NTSTATUS raise_datagram(PFILE_OBJECT udp, uint32_t indicated, uint32_t available, unsigned n)
{
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	ULONG taken = 0;
	PIRP irp = NULL;

	return TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, length, source, 0,
		NULL, 0, indicated, available, &taken, stream + n, &irp);
}

static void datagrams_wait(void **state)
{
	PFILE_OBJECT udp;
	uint64_t began;

	start();
	udp = tdi_open_address(TDI_UDP, 53);
	tdi_set_handler(udp, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, &client);
	began = now_ms();
	overdraw(100);
	assert_int_equal(raise_datagram(udp, 1000, 1000, 0), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(raise_datagram(udp, 500, 500, 1), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(client.datagrams, 0);
	while (client.datagrams < 2)
		nt_sleep_ms(5);
	assert_in_range(now_ms() - began, 95, 150);
	assert_int_equal(received(), 1500);
	/* In part only it cannot be kept; and no more than a buffer has room for. */
	overdraw(100000);
	raise_datagram(udp, 10, 20, 0);
	assert_int_equal(counters().dropped, 1);
	raise_datagram(udp, 20000, 20000, 2);
	raise_datagram(udp, 20000, 20000, 3);
	raise_datagram(udp, 20000, 20000, 4);
	raise_datagram(udp, 20000, 20000, 5);
	assert_int_equal(counters().dropped, 2);
	tdi_close(udp);
	assert_int_equal(client.datagrams, 2);
	stop();
}

static void chained_datagrams_wait(void **state)
{
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	PFILE_OBJECT udp;
	MDL *mdl;

	start();
	udp = tdi_open_address(TDI_UDP, 53);
	tdi_set_handler(udp, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, &client);
	tdi_set_handler(udp, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, on_datagram, &client);
	mdl = IoAllocateMdl(stream, 500, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdl);
	overdraw(50);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_CHAINED_RECEIVE_DATAGRAM, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM,
			length, source, 0, NULL, 0, 500, 0, mdl, NULL),
		STATUS_DATA_NOT_ACCEPTED);
	IoFreeMdl(mdl);
	while (!client.datagrams)
		nt_sleep_ms(5);
	assert_int_equal(received(), 500);
	tdi_close(udp);
	stop();
}

static void fail_once(void *context)
{
	ULONG taken;
	NTSTATUS status;

	start();
	nt_failures_pause();
	tdi_lower.hold[TDI_RECEIVE] = true;
	overdraw(50);
	nt_failures_resume();
	status = indicate(TDI_EVENT_RECEIVE, 100, &taken);
	nt_failures_pause();
	/* Without memory it is not limited. */
	if (status == STATUS_SUCCESS)
		assert_int_equal(client.bytes, 100);
	else
		fill(100);
	assert_int_equal(client.bytes, 100);
	nt_failures_resume();
	stop();
}

static void each_failure(void **state)
{
	assert_true(nt_each_failure(fail_once, NULL) >= 4);
}

/* When their turn comes. */
static void canceller(void *context)
{
	nt_sleep_ms(20 + (unsigned)(nt_seed() % 3) * 5);
	IoCancelIrp(context);
}

/* Cancelled and cleaned up at any moment: data comes in its order, and once. */
static void cancelled_at_any_moment(void **state)
{
	PETHREAD threads[3];
	unsigned i;

	for (nt_seeds_begin(1, 60); nt_seeds_next(&seeded.seed);) {
		start();
		tdi_lower.hold[TDI_RECEIVE] = true;
		for (i = 0; i < 3; i++)
			begin(i, 100, TDI_RECEIVE_NORMAL);
		overdraw(20);
		for (i = 0; i < 3; i++) {
			fill(100);
			threads[i] = nt_thread_start("canceller", NULL, canceller, requests[i].irp);
		}
		if (seeded.seed % 3 == 0) {
			nt_sleep_ms(20);
			tdi_close(connection);
			connection = NULL;
		}
		for (i = 0; i < 3; i++)
			nt_thread_join(threads[i]);
		for (i = 0; i < 3; i++) {
			assert_int_equal(end(i), STATUS_SUCCESS);
			assert_int_equal(requests[i].information, 100);
		}
		assert_int_equal(received(), 300);
		stop();
	}
}

#define TEST(name, function)                                                                       \
	{                                                                                          \
		name, function, NULL, nt_seeds_tell, NULL                                          \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("NT-20: a receive completes late", a_receive_completes_late),
		TEST("NT-20: receives ask for no more than a piece", receives_are_shortened),
		TEST("NT-20: receives keep the rate within 3 % over 10 s", keeps_the_rate),
		TEST("NT-20: events keep the rate within 3 % over 10 s", events_keep_the_rate),
		TEST("NT-20: a complete receive is cancelled", cancelled_while_it_waits),
		TEST("NT-20: what is refused is pulled", what_is_refused_is_pulled),
		TEST("NT-20: urgent data goes past", urgent_data_goes_past),
		TEST("NT-20: the client takes parts of what was pulled", the_client_takes_parts),
		TEST("NT-20: the client asks while it is pulled",
			the_client_asks_while_it_is_pulled),
		TEST("NT-20: more requests than data", more_requests_than_data),
		TEST("NT-20: cancelled while it waits for data", cancelled_while_it_waits_for_data),
		TEST("NT-15, NT-20: the handler returns a request", the_handler_returns_a_request),
		TEST("NT-20: the end comes after the data", the_end_comes_after_the_data),
		TEST("NT-20: the end comes after what waits", the_end_comes_after_what_waits),
		TEST("NT-20: the peer aborts", the_peer_aborts),
		TEST("NT-20: the client aborts", the_client_aborts),
		TEST("NT-20: cleaned up while it waits", cleaned_up_while_it_waits),
		TEST("NT-20: what waits goes when its rule does", what_waits_goes_without_its_rule),
		TEST("NT-20, NT-23: what waits goes when the driver stops",
			what_waits_goes_when_stopped),
		TEST("NT-16, NT-21: datagrams wait, so many", datagrams_wait),
		TEST("NT-14, NT-20: chained datagrams wait", chained_datagrams_wait),
		TEST("NT-20: without memory nothing is lost", each_failure),
		TEST("NT-20: receives are cancelled at any moment", cancelled_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
