/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What must not outlive its cause: a limit that is not the one any more, a request that was
 * cancelled, a connection that another one follows on its file, memory that is not there. */
#include "limit_receiver.h"

#include "kernel/windows/limit_receive.h"
#include "kernel/windows/tdi_connection.h"

static struct fw_limit *replace_limit(uint64_t sent, uint64_t received)
{
	struct fw_limit *before = tdi_doubles.limit;

	tdi_doubles.limit = tdi_limit_new(sent, received);
	return before;
}

/* 400 bytes are here of which the client knows, and has taken `most`. */
static void leave(ULONG most)
{
	client.most = most;
	overdraw(50);
	refuse(400);
	fill(400);
	assert_int_equal(client.bytes, most);
}

/* Its reader always leaves something, so there is always something that waits. */
static void a_replaced_limit_does_not_linger(void **state)
{
	struct fw_limit *before;

	start();
	leave(10);
	before = replace_limit(0, RATE);
	fw_limit_retire(before);
	fw_tdi_let_go();
	overdraw(1000);
	refuse(50);
	begin(0, 390, TDI_RECEIVE_NORMAL);
	assert_int_equal(end(0), STATUS_SUCCESS);
	nt_sleep_ms(500);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	client.bytes = 400; /* of the stream */
	fill(50);
	assert_int_equal(counters().received, RATE / 1000 * 1050 + 50);
	stop();
}

/* A more specific rule does not limit this direction; the former one stays, for others. */
static void what_waits_goes_when_no_limit_counts(void **state)
{
	struct fw_limit *before;
	unsigned i;

	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	for (i = 0; i < 4; i++)
		begin(i, PIECE, TDI_RECEIVE_NORMAL);
	for (i = 0; i < 4; i++)
		fill(PIECE); /* 0.1 s each */
	before = tdi_doubles.limit;
	tdi_doubles.limit = NULL;
	nt_sleep_ms(120);
	for (i = 0; i < 4; i++)
		assert_true(requests[i].done);
	for (i = 0; i < 4; i++)
		assert_int_equal(end(i), STATUS_SUCCESS);
	fw_limit_retire(before);
	stop();
}

/* With what came before it; what comes after it waits on, also when it comes later. */
static void a_cancelled_receive_takes_no_others_along(void **state)
{
	unsigned i;

	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	for (i = 0; i < 4; i++)
		begin(i, 100, TDI_RECEIVE_NORMAL);
	overdraw(1000);
	for (i = 0; i < 3; i++)
		fill(100);
	IoCancelIrp(requests[1].irp);
	assert_true(requests[0].done && requests[1].done);
	assert_false(requests[2].done);
	fill(100);
	nt_sleep_ms(100);
	assert_false(requests[2].done || requests[3].done);
	for (i = 0; i < 4; i++) {
		assert_int_equal(end(i), STATUS_SUCCESS);
		assert_memory_equal(buffers[i], stream + i * 100, 100);
	}
	stop();
}

/* Cancelled when its data was just about to be there. */
static void cancelled_below(void **state)
{
	unsigned i;

	start();
	tdi_lower.hold[TDI_RECEIVE] = true;
	for (i = 0; i < 3; i++)
		begin(i, 100, TDI_RECEIVE_NORMAL);
	overdraw(1000);
	fill(100);
	requests[1].irp->Cancel = TRUE; /* the transport was not quick enough */
	fill(100);
	assert_true(requests[0].done && requests[1].done);
	fill(100);
	nt_sleep_ms(100);
	assert_false(requests[2].done);
	for (i = 0; i < 3; i++)
		assert_int_equal(end(i), STATUS_SUCCESS);
	stop();
}

/* The client left data, was not told yet that nothing more comes, and connects again. */
static void the_next_connection_begins_anew(void **state)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_RELEASE };

	start();
	leave(0);
	peer_ends(TDI_DISCONNECT_RELEASE);
	assert_int_equal(client.ends, 0);
	assert_int_equal(
		tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters)),
		STATUS_SUCCESS);
	assert_int_equal(tdi_connect(connection, 80), STATUS_SUCCESS);
	begin(0, 100, TDI_RECEIVE_NORMAL);
	assert_ptr_equal(tdi_lower.held[0], requests[0].irp);
	fill(30);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream + 400, 30);
	assert_int_equal(client.ends, 0);
	stop();
}

/* The transport refuses to connect what is connected, and nothing is lost by asking. */
static void a_connection_that_lives_keeps_its_data(void **state)
{
	start();
	leave(10);
	tdi_lower.status[TDI_CONNECT] = STATUS_CONNECTION_ACTIVE;
	assert_int_equal(tdi_connect(connection, 80), STATUS_CONNECTION_ACTIVE);
	assert_int_equal(tdi_connect(connection, 80), STATUS_CONNECTION_ACTIVE);
	begin(0, 390, TDI_RECEIVE_NORMAL);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream + 10, 390);
	stop();
}

/* A client without a handler is not told that its connection has ended. */
static void the_next_connection_of_the_untold(void **state)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_RELEASE };
	struct fw_connection row;

	start();
	tdi_set_handler(address, TDI_EVENT_DISCONNECT, NULL, NULL);
	leave(0);
	tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	assert_int_equal(tdi_connect(connection, 81), STATUS_SUCCESS);
	begin(0, 100, TDI_RECEIVE_NORMAL);
	assert_ptr_equal(tdi_lower.held[0], requests[0].irp);
	fill(30);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream + 400, 30);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.remote_port, 81);
	assert_int_equal(row.state, FW_STATE_ESTABLISHED);
	stop();
}

/* The turn of what was due has just begun when the connection ends, another begins, and something
 * of that is due. */
static void connect_anew(void)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_ABORT };

	tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	tdi_connect(connection, 80);
	refuse(50);
}

static void a_pull_is_of_its_connection(void **state)
{
	start();
	overdraw(1000);
	refuse(50);
	tdi_doubles.in_limit = connect_anew;
	fw_limit_hold(tdi_doubles.limit);
	fw_limit_retire(tdi_doubles.limit); /* as when its time is over */
	fw_tdi_let_go();
	fill(50);
	assert_int_equal(client.bytes, 50);
	stop();
}

static void abort_it(void *context)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_ABORT };

	(void)context;
	nt_sleep_ms(40 + (unsigned)(nt_seed() % 3) * 10);
	tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
}

/* Whatever just happens to it: no piece waits on. */
static void an_abort_leaves_no_piece(void **state)
{
	TDI_REQUEST_KERNEL_SEND parameters = { 4 * PIECE, 0 };
	PETHREAD aborts;
	MDL *mdl;

	for (nt_seeds_begin(1, 300); nt_seeds_next(&seeded.seed);) {
		start();
		fw_limit_retire(replace_limit(RATE, 0));
		mdl = IoAllocateMdl(stream, sizeof(stream), FALSE, FALSE, NULL);
		MmBuildMdlForNonPagedPool(mdl);
		tdi_begin_with(
			&requests[0], connection, TDI_SEND, &parameters, sizeof(parameters), mdl);
		aborts = nt_thread_start("aborts", NULL, abort_it, NULL);
		nt_thread_join(aborts);
		nt_sleep_ms(1);
		assert_true(requests[0].done);
		assert_int_equal(tdi_end(&requests[0]), STATUS_CONNECTION_ABORTED);
		IoFreeMdl(mdl);
		stop();
	}
	memset(&seeded, 0, sizeof(seeded));
}

static void begin_send(unsigned n)
{
	TDI_REQUEST_KERNEL_SEND parameters = { PIECE, 0 };

	tdi_begin(&requests[n], connection, TDI_SEND, &parameters, sizeof(parameters));
}

static void an_abort_by_the_peer_ends_sends(void **state)
{
	unsigned i;

	start();
	fw_limit_retire(replace_limit(RATE, 0));
	for (i = 0; i < 3; i++)
		begin_send(i);
	assert_int_equal(tdi_lower.calls[TDI_SEND], 1);
	peer_ends(TDI_DISCONNECT_ABORT);
	assert_int_equal(client.ends, 1);
	assert_true(requests[1].done && requests[2].done);
	assert_int_equal(tdi_end(&requests[0]), STATUS_SUCCESS);
	assert_int_equal(tdi_end(&requests[1]), STATUS_CONNECTION_RESET);
	assert_int_equal(tdi_end(&requests[2]), STATUS_CONNECTION_RESET);
	assert_int_equal(counters().sent, PIECE);
	stop();
}

/* What is told of goes to the client's request that is on its way to it, or is there. */
static void a_pull_passes_no_request(void **state)
{
	start();
	client.most = 0;
	overdraw(5);
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	refuse(50);
	nt_sleep_ms(100);
	assert_int_equal(tdi_lower.calls[TDI_RECEIVE], 1);
	fill(50);
	assert_int_equal(end(0), STATUS_SUCCESS);
	while (!tdi_lower_holds(TDI_RECEIVE)) /* for what may be left */
		nt_sleep_ms(1);
	tdi_lower_complete(TDI_RECEIVE, STATUS_UNSUCCESSFUL, 0);
	assert_int_equal(client.calls, 0);
	stop();
}

/* There is none for as long as it takes. */
static void without_memory_the_rules_go_on(void **state)
{
	struct fw_control_status status = { 0 };

	start();
	overdraw(1000);
	refuse(50);
	nt_failures_all(true);
	remove_limit();
	nt_sleep_ms(50);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	nt_failures_all(false);
	fw_tdi_status(&status);
	assert_in_range(status.failures, 1, 10); /* one a tick */
	fill(50);
	assert_int_equal(client.bytes, 50);
	tdi_doubles.limit = tdi_limit_new(0, RATE);
	stop();
}

/* What is complete needs none, and does not wait for what does. */
static void without_memory_others_go(void **state)
{
	PFILE_OBJECT first;

	start();
	overdraw(1000);
	refuse(50);
	first = connection;
	connection = tdi_open_connection(TDI_TCP, (void *)0x12);
	tdi_associate(connection, address);
	tdi_connect(connection, 80);
	begin(0, 100, TDI_RECEIVE_NORMAL);
	fill(100);
	assert_false(requests[0].done);
	nt_failures_all(true);
	remove_limit();
	assert_true(requests[0].done);
	nt_failures_all(false);
	assert_int_equal(end(0), STATUS_SUCCESS);
	tdi_close(connection);
	connection = first;
	client.bytes = 100; /* of the stream */
	fill(50);
	tdi_doubles.limit = tdi_limit_new(0, RATE);
	stop();
}

static void cut_once(void *context)
{
	struct fw_tdi_object *object;

	start();
	nt_failures_pause();
	leave(10);
	object = fw_tdi_object_get(connection);
	nt_failures_resume();
	fw_tdi_connection_cut(object);
	nt_failures_pause();
	fw_tdi_object_put(object);
	if (!tdi_lower.calls[TDI_DISCONNECT]) {
		begin(0, 390, TDI_RECEIVE_NORMAL);
		assert_int_equal(end(0), STATUS_SUCCESS);
		assert_memory_equal(buffers[0], stream + 10, 390);
	}
	nt_failures_resume();
	stop();
}

static void what_could_not_be_cut_keeps_its_data(void **state)
{
	assert_true(nt_each_failure(cut_once, NULL) >= 1);
}

static NTSTATUS on_chained(void *context, CONNECTION_CONTEXT who, ULONG flags, ULONG length,
	ULONG offset, PMDL data, void *descriptor)
{
	client.calls++;
	assert_true(requests[0].done);
	return STATUS_SUCCESS;
}

/* It cannot be refused, so what was before it goes. */
static void chained_data_comes_after_what_waits(void **state)
{
	start();
	tdi_set_handler(address, TDI_EVENT_RECEIVE, NULL, NULL);
	tdi_set_handler(address, TDI_EVENT_CHAINED_RECEIVE, on_chained, &client);
	tdi_lower.hold[TDI_RECEIVE] = true;
	begin(0, 100, TDI_RECEIVE_NORMAL);
	overdraw(1000);
	fill(100);
	assert_false(requests[0].done);
	TDI_RAISE(PTDI_IND_CHAINED_RECEIVE, TDI_EVENT_CHAINED_RECEIVE, CONTEXT, TDI_RECEIVE_NORMAL,
		50, 0, NULL, NULL);
	assert_int_equal(client.calls, 1);
	assert_int_equal(end(0), STATUS_SUCCESS);
	stop();
}

static NTSTATUS takes_chained(void *context, CONNECTION_CONTEXT who, ULONG flags, ULONG length,
	ULONG offset, PMDL data, void *descriptor)
{
	return STATUS_SUCCESS;
}

/* Descriptors cannot be made smaller; what comes next waits for all of it, as it can. */
static void chained_data_is_paid_for_in_full(void **state)
{
	start();
	tdi_set_handler(address, TDI_EVENT_CHAINED_RECEIVE, takes_chained, &client);
	TDI_RAISE(PTDI_IND_CHAINED_RECEIVE, TDI_EVENT_CHAINED_RECEIVE, CONTEXT, TDI_RECEIVE_NORMAL,
		20 * PIECE, 0, NULL, NULL); /* 2 s */
	refuse(50);
	nt_sleep_ms(1500);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	fill(50);
	assert_int_equal(client.bytes, 50);
	stop();
}

/* The buffer of what is pulled goes with it. */
static void an_abort_leaves_no_buffer(void **state)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_ABORT };
	size_t before;

	start();
	leave(0);
	before = nt_pool_bytes();
	tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	assert_true(nt_pool_bytes() + FW_LIMIT_PULL_BYTES <= before);
	stop();
}

static void a_warning_brings_data_too(void **state)
{
	start();
	overdraw(50);
	refuse(50);
	while (!tdi_lower_holds(TDI_RECEIVE))
		nt_sleep_ms(1);
	memcpy(MmGetSystemAddressForMdlSafe(tdi_lower.held[0]->MdlAddress, NormalPagePriority),
		stream, 50);
	tdi_lower_complete(TDI_RECEIVE, STATUS_BUFFER_OVERFLOW, 50);
	assert_int_equal(client.bytes, 50);
	stop();
}

/* A transport may have no other handler for it. */
static void urgent_data_by_the_handler_of_all(void **state)
{
	ULONG taken = 0;
	PIRP irp = NULL;

	start();
	overdraw(1000);
	assert_int_equal(TDI_RAISE(PTDI_IND_RECEIVE, TDI_EVENT_RECEIVE, CONTEXT,
				 TDI_RECEIVE_EXPEDITED, 1, 1, &taken, stream, &irp),
		STATUS_SUCCESS);
	assert_int_equal(client.urgent, 1);
	nt_sleep_ms(1500);
	assert_int_equal(tdi_lower.calls[TDI_RECEIVE], 0);
	stop();
}

#define TEST(name, function)                                                                       \
	{                                                                                          \
		name, function, NULL, nt_seeds_tell, NULL                                          \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("NT-20: a replaced limit does not linger", a_replaced_limit_does_not_linger),
		TEST("NT-20: what waits goes when no limit counts",
			what_waits_goes_when_no_limit_counts),
		TEST("NT-20: a cancelled receive takes no others along",
			a_cancelled_receive_takes_no_others_along),
		TEST("NT-20: a receive is cancelled below", cancelled_below),
		TEST("NT-20: the next connection begins anew", the_next_connection_begins_anew),
		TEST("NT-20: a connection that lives keeps its data",
			a_connection_that_lives_keeps_its_data),
		TEST("NT-20: the next connection of a client that is not told",
			the_next_connection_of_the_untold),
		TEST("NT-20: a pull is of its connection", a_pull_is_of_its_connection),
		TEST("NT-20: an abort leaves no piece", an_abort_leaves_no_piece),
		TEST("NT-20: an abort by the peer ends sends", an_abort_by_the_peer_ends_sends),
		TEST("NT-20: a pull passes no request", a_pull_passes_no_request),
		TEST("NT-21: without memory the rules go on", without_memory_the_rules_go_on),
		TEST("NT-21: without memory others go", without_memory_others_go),
		TEST("NT-20: what could not be cut keeps its data",
			what_could_not_be_cut_keeps_its_data),
		TEST("NT-14: chained data comes after what waits",
			chained_data_comes_after_what_waits),
		TEST("NT-20: chained data is paid for in full", chained_data_is_paid_for_in_full),
		TEST("NT-21: an abort leaves no buffer", an_abort_leaves_no_buffer),
		TEST("NT-15: a warning brings data, too", a_warning_brings_data_too),
		TEST("NT-20: urgent data by the handler of all data",
			urgent_data_by_the_handler_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
