/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Limits that end or change while something waits, files that go meanwhile, and what nobody may
 * take too much of: memory, and time that others have to wait. */
#include "limit_receiver.h"

static bool is_closed; /* the client has freed what its handlers are given */

static void close_connection(void *context)
{
	(void)context;
	tdi_close(connection);
	__atomic_store_n(&is_closed, true, __ATOMIC_RELEASE);
}

static PETHREAD start_to_close(void)
{
	__atomic_store_n(&is_closed, false, __ATOMIC_RELEASE);
	return nt_thread_start("closer", NULL, close_connection, NULL);
}

static void closed(PETHREAD thread)
{
	nt_thread_join(thread);
	connection = NULL;
}

/* The transport tells of data until its own cleanup is over. Nothing ever waited for this file. */
static void data_comes_during_the_cleanup(void **state)
{
	PETHREAD thread;
	ULONG taken;

	start();
	overdraw(50);
	tdi_lower.hold[TDI_LOWER_CLEANUP] = true;
	tdi_lower.hold[TDI_RECEIVE] = true;
	thread = start_to_close();
	while (!tdi_lower_holds(TDI_LOWER_CLEANUP))
		nt_sleep_ms(1);
	assert_int_equal(indicate(TDI_EVENT_RECEIVE, 50, &taken), STATUS_SUCCESS);
	assert_int_equal(client.bytes, 50);
	tdi_lower.hold[TDI_LOWER_CLEANUP] = false;
	tdi_lower_complete(TDI_LOWER_CLEANUP, STATUS_SUCCESS, 0);
	closed(thread);
	nt_sleep_ms(100);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	stop();
}

static PETHREAD closer;

/* Its file is closed while the handler runs. */
static void close_meanwhile(void)
{
	if (!closer)
		closer = start_to_close();
	for (unsigned i = 0; i < 200; i++) {
		nt_point();
		assert_false(__atomic_load_n(&is_closed, __ATOMIC_ACQUIRE));
	}
}

/* No handler of a client is called, or still runs, when its file has been closed. */
static void no_call_outlives_the_file(void **state)
{
	for (nt_seeds_begin(1, 60); nt_seeds_next(&seeded.seed);) {
		start();
		closer = NULL;
		client.in_call = close_meanwhile;
		overdraw(10);
		refuse(50);
		fill(50);
		assert_int_equal(client.calls, 1);
		closed(closer);
		stop();
	}
	memset(&seeded, 0, sizeof(seeded));
}

/* Of two requests the first one has the first bytes, also when the data is to be asked for anew
 * just as the second one comes. */
static void send_second(void *context)
{
	(void)context;
	begin(1, 100, TDI_RECEIVE_NORMAL);
}

static void requests_keep_their_order(void **state)
{
	PETHREAD second;
	unsigned i;

	for (nt_seeds_begin(1, 120); nt_seeds_next(&seeded.seed);) {
		start();
		overdraw(10);
		refuse(50);
		begin(0, 100, TDI_RECEIVE_NORMAL);
		while (!tdi_lower_holds(TDI_RECEIVE))
			nt_sleep_ms(1);
		second = nt_thread_start("second", NULL, send_second, NULL);
		/* What was told of is not there: the first one goes down. */
		tdi_lower_complete(TDI_RECEIVE, STATUS_UNSUCCESSFUL, 0);
		nt_thread_join(second);
		for (i = 0; i < 1000 && !tdi_lower.held[1]; i++)
			nt_sleep_ms(1);
		assert_ptr_equal(tdi_lower.held[0], requests[0].irp);
		assert_ptr_equal(tdi_lower.held[1], requests[1].irp);
		fill(60);
		fill(40);
		assert_int_equal(end(0), STATUS_SUCCESS);
		assert_int_equal(end(1), STATUS_SUCCESS);
		assert_memory_equal(buffers[0], stream, 60);
		assert_memory_equal(buffers[1], stream + 60, 40);
		stop();
	}
	memset(&seeded, 0, sizeof(seeded));
}

static void limit_ends_in(uint32_t ms)
{
	tdi_doubles.limit->ends_ns = (KeQueryInterruptTime() + ms * 10000ull) * 100;
}

/* Nobody changes a rule at that moment. */
static void what_waits_goes_when_the_rule_ends(void **state)
{
	uint64_t began;

	start();
	began = now_ms();
	limit_ends_in(200);
	overdraw(60000);
	refuse(50);
	fill(50);
	assert_in_range(now_ms() - began, 195, 240);
	assert_int_equal(client.bytes, 50);
	stop();
}

/* Another limit is the one that counts from now on; the former one stays, for others. */
static void what_waits_moves_to_another_limit(void **state)
{
	struct fw_limit *before;
	unsigned i;

	start();
	before = tdi_doubles.limit;
	tdi_lower.hold[TDI_RECEIVE] = true;
	for (i = 0; i < 4; i++)
		begin(i, PIECE, TDI_RECEIVE_NORMAL);
	for (i = 0; i < 4; i++)
		fill(PIECE); /* 0.1 s each */
	tdi_doubles.limit = tdi_limit_new(0, RATE / 10);
	nt_sleep_ms(1500);
	assert_true(requests[0].done && requests[1].done);
	assert_false(requests[3].done);
	for (i = 0; i < 4; i++)
		assert_int_equal(end(i), STATUS_SUCCESS);
	assert_in_range(counters().received, 2 * PIECE, 3 * PIECE);
	fw_limit_retire(before);
	stop();
}

static void an_abort_is_told_past_what_was_left(void **state)
{
	start();
	client.most = 50;
	overdraw(50);
	refuse(150);
	fill(150);
	assert_int_equal(client.bytes, 50);
	peer_ends(TDI_DISCONNECT_ABORT);
	assert_int_equal(client.ends, 1);
	stop();
}

/* Empty ones take memory, too. */
static void empty_datagrams_are_bounded(void **state)
{
	PFILE_OBJECT udp;
	unsigned i;

	start();
	udp = tdi_open_address(TDI_UDP, 53);
	tdi_set_handler(udp, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, &client);
	overdraw(100000);
	for (i = 0; i < 4000; i++)
		raise_datagram(0, 0, 0);
	assert_in_range(counters().dropped, 2900, 3900);
	tdi_close(udp);
	stop();
}

/* The largest there is finds room where nothing waits. */
static void large_datagrams_find_room(void **state)
{
	static UCHAR large[65507];
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	PFILE_OBJECT udp;
	ULONG taken;
	PIRP irp = NULL;

	start();
	udp = tdi_open_address(TDI_UDP, 53);
	tdi_set_handler(udp, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, &client);
	overdraw(100000);
	TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, length, source, 0, NULL, 0,
		sizeof(large), sizeof(large), &taken, large, &irp);
	assert_int_equal(counters().dropped, 0);
	raise_datagram(100, 100, 0);
	assert_int_equal(counters().dropped, 1);
	tdi_close(udp);
	stop();
}

/* Urgent data cannot wait; what can does so for a second at most, however much of it there was. */
static void what_cannot_wait_puts_off_for_a_second(void **state)
{
	uint64_t began;
	ULONG taken;
	unsigned i;

	start();
	for (i = 0; i < 100; i++)
		indicate(TDI_EVENT_RECEIVE_EXPEDITED, PIECE, &taken); /* 10 s of the rate */
	assert_int_equal(counters().received, 100 * PIECE);
	began = now_ms();
	refuse(50);
	nt_sleep_ms(900);
	assert_false(tdi_lower_holds(TDI_RECEIVE));
	fill(50);
	assert_in_range(now_ms() - began, 950, 1100);
	stop();
}

/* The handler takes all that it was shown and returns a request for more, with no location for
 * anybody below the filter. */
static void a_returned_request_without_room(void **state)
{
	TDI_REQUEST_KERNEL_RECEIVE parameters = { 100, TDI_RECEIVE_NORMAL };

	start();
	overdraw(50);
	client.irp = tdi_returned_alone(
		&requests[0], connection, TDI_RECEIVE, &parameters, sizeof(parameters));
	mdls[0] = IoAllocateMdl(buffers[0], 100, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(mdls[0]);
	client.irp->MdlAddress = mdls[0];
	refuse(50);
	fill(50);
	assert_int_equal(client.bytes, 50);
	fill(70);
	assert_int_equal(end(0), STATUS_SUCCESS);
	assert_memory_equal(buffers[0], stream + 50, 70);
	stop();
}

#define TEST(name, function)                                                                       \
	{                                                                                          \
		name, function, NULL, nt_seeds_tell, NULL                                          \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("NT-20: data comes during the cleanup", data_comes_during_the_cleanup),
		TEST("NT-13: no call of a handler outlives the file", no_call_outlives_the_file),
		TEST("NT-20: requests keep their order", requests_keep_their_order),
		TEST("NT-20: what waits goes when the rule ends",
			what_waits_goes_when_the_rule_ends),
		TEST("NT-20: what waits moves to another limit", what_waits_moves_to_another_limit),
		TEST("NT-20: an abort is told past what was left",
			an_abort_is_told_past_what_was_left),
		TEST("NT-21: empty datagrams are bounded", empty_datagrams_are_bounded),
		TEST("NT-21: large datagrams find room", large_datagrams_find_room),
		TEST("NT-21: what cannot wait puts off for a second",
			what_cannot_wait_puts_off_for_a_second),
		TEST("NT-18: a returned request without room", a_returned_request_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
