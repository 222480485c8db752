/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Download limits: what completes late, what is refused and pulled, in which order it comes, and
 * how it ends at every point of its life. */
#include "limit_receiver.h"

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
	tdi_doubles.limit = tdi_limit_new(0, RATE);
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

static void datagrams_wait(void **state)
{
	struct fw_control_status status = { 0 };
	PFILE_OBJECT udp;
	uint64_t began;

	start();
	udp = tdi_open_address(TDI_UDP, 53);
	tdi_set_handler(udp, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, &client);
	began = now_ms();
	overdraw(100);
	assert_int_equal(raise_datagram(1000, 1000, 0), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(raise_datagram(500, 500, 1), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(client.datagrams, 0);
	while (client.datagrams < 2)
		nt_sleep_ms(5);
	assert_in_range(now_ms() - began, 95, 150);
	assert_int_equal(received(), 1500);
	/* In part only it cannot be kept; and no more than a buffer has room for. */
	overdraw(100000);
	raise_datagram(10, 20, 0);
	assert_int_equal(counters().dropped, 1);
	raise_datagram(20000, 20000, 2);
	raise_datagram(20000, 20000, 3);
	raise_datagram(20000, 20000, 4);
	raise_datagram(20000, 20000, 5);
	assert_int_equal(counters().dropped, 2);
	tdi_close(udp);
	assert_int_equal(client.datagrams, 2);
	fw_tdi_status(&status);
	assert_int_equal(status.requests, 0);
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
