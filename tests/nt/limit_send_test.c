/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Upload limits: what waits, how long, in which order, and how it ends at every point of its life.
 */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RATE 100000u /* bytes a second */
#define PIECE (RATE / 10)
#define REQUESTS 8
#define OTHER_PID 500u

static struct tdi_request requests[REQUESTS];
static UCHAR data[4 * PIECE];
static PFILE_OBJECT connection;

static struct nt_options seeded;

static void start_at(uint64_t rate)
{
	tdi_world_start_with(TDI_ALL4, seeded.seed ? &seeded : NULL);
	tdi_doubles.limit = tdi_limit_new(rate, 0);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(connection, 80);
}

static void start(void)
{
	start_at(RATE);
}

/* As the rules do it. */
static void remove_limit(void)
{
	struct fw_limit *limit = tdi_doubles.limit;

	tdi_doubles.limit = NULL;
	fw_limit_retire(limit);
	fw_tdi_let_go();
}

static void stop(void)
{
	tdi_close(connection);
	remove_limit();
	tdi_world_stop();
}

static struct fw_rule_counters counters(void)
{
	struct fw_rule_counters counters;

	fw_limit_counters(tdi_doubles.limit, &counters);
	return counters;
}

static void begin(unsigned n, uint32_t length, uint32_t flags)
{
	TDI_REQUEST_KERNEL_SEND parameters = { length, flags };

	tdi_begin(&requests[n], connection, TDI_SEND, &parameters, sizeof(parameters));
}

/* With a descriptor, so that it can be split. */
static MDL *begin_large(unsigned n, uint32_t length, uint32_t flags)
{
	TDI_REQUEST_KERNEL_SEND parameters = { length, flags };
	MDL *mdl;

	nt_failures_pause();
	mdl = IoAllocateMdl(data, length, FALSE, FALSE, NULL);
	nt_failures_resume();
	MmBuildMdlForNonPagedPool(mdl);
	tdi_begin_with(&requests[n], connection, TDI_SEND, &parameters, sizeof(parameters), mdl);
	return mdl;
}

static void end_large(unsigned n, MDL *mdl, NTSTATUS status, uint32_t bytes)
{
	assert_int_equal(tdi_end(&requests[n]), status);
	assert_int_equal(requests[n].information, bytes);
	IoFreeMdl(mdl);
}

static bool is_waiting(unsigned n)
{
	return !requests[n].done;
}

static unsigned below(void)
{
	return tdi_lower.calls[TDI_SEND];
}

static void waits_for_its_tokens(void **state)
{
	uint64_t began;
	unsigned i;

	start();
	begin(0, PIECE, 0); /* overdraws the bucket, as it was let alone by half of that */
	assert_false(is_waiting(0));
	for (i = 1; i < 4; i++)
		begin(i, PIECE, 0);
	assert_int_equal(below(), 1);
	began = KeQueryInterruptTime();
	for (i = 1; i < 4; i++)
		assert_int_equal(tdi_end(&requests[i]), STATUS_SUCCESS);
	/* 40,000 bytes, of which the last need not be paid, and 50 ms were saved. */
	assert_in_range(KeQueryInterruptTime() - began, 2400000, 2700000);
	assert_int_equal(tdi_end(&requests[0]), STATUS_SUCCESS);
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], 4 * PIECE);
	assert_int_equal(counters().sent, 4 * PIECE);
	assert_int_equal(counters().hits, 3);
	assert_int_equal(counters().bytes, 3 * PIECE);
	assert_int_equal(counters().received, 0);
	stop();
}

static void within_bounds(uint64_t rate, uint32_t size)
{
	uint64_t until, bytes;

	start_at(rate);
	until = KeQueryInterruptTime() + 100000000;
	while (KeQueryInterruptTime() < until) {
		if (size > PIECE)
			end_large(0, begin_large(0, size, 0), STATUS_SUCCESS, size);
		else
			tdi_transfer(connection, TDI_SEND, size, 0);
	}
	bytes = counters().sent;
	if (size <= rate / 10) /* the last came after the time */
		bytes -= size;
	assert_in_range(bytes, rate * 10 * 97 / 100, rate * 10 * 103 / 100);
	stop();
}

/* 10 s of the virtual clock, +-3 %. */
static void keeps_the_rate(void **state)
{
	within_bounds(1000, 100);
	within_bounds(10000, 536);
	within_bounds(100000, 1460);
	within_bounds(1000000, 8192);
	within_bounds(100000000, 65536);
}

static void splits_large_sends(void **state)
{
	uint64_t began;
	MDL *mdl;

	start();
	began = KeQueryInterruptTime();
	mdl = begin_large(0, 4 * PIECE, TDI_SEND_AND_DISCONNECT);
	begin(1, 1, 0);
	begin(2, 1, TDI_SEND_EXPEDITED);
	assert_int_equal(below(), 2); /* the first piece and the urgent byte */
	assert_false(is_waiting(2));
	assert_true(is_waiting(1));
	assert_ptr_equal(requests[0].irp->MdlAddress, mdl);
	assert_int_equal(tdi_end(&requests[1]), STATUS_SUCCESS);
	assert_in_range(KeQueryInterruptTime() - began, 3400000, 3700000);
	assert_int_equal(below(), 6);
	end_large(0, mdl, STATUS_SUCCESS, 4 * PIECE);
	tdi_end(&requests[2]);
	assert_int_equal(counters().sent, 4 * PIECE + 2);
	stop();
}

/* A piece that was not taken as a whole ends the send with what went. */
static void ends_by_a_part(void **state)
{
	MDL *mdl;

	start();
	tdi_lower.hold[TDI_SEND] = true;
	mdl = begin_large(0, 3 * PIECE, 0);
	assert_true(tdi_lower_complete(TDI_SEND, STATUS_SUCCESS, PIECE));
	while (!tdi_lower_holds(TDI_SEND))
		nt_sleep_ms(1);
	assert_true(tdi_lower_complete(TDI_SEND, STATUS_SUCCESS, 7));
	end_large(0, mdl, STATUS_SUCCESS, PIECE + 7);
	mdl = begin_large(0, 3 * PIECE, 0);
	while (!tdi_lower_holds(TDI_SEND))
		nt_sleep_ms(1);
	assert_true(tdi_lower_complete(TDI_SEND, STATUS_CONNECTION_RESET, 0));
	end_large(0, mdl, STATUS_CONNECTION_RESET, 0);
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], PIECE + 7);
	stop();
}

static void cancelled_while_it_waits(void **state)
{
	MDL *mdl;

	start();
	begin(0, PIECE, 0);
	begin(1, PIECE, 0);
	mdl = begin_large(2, 2 * PIECE, 0);
	assert_true(IoCancelIrp(requests[1].irp));
	assert_true(IoCancelIrp(requests[2].irp));
	assert_int_equal(tdi_end(&requests[1]), STATUS_CANCELLED);
	end_large(2, mdl, STATUS_CANCELLED, 0);
	assert_int_equal(below(), 1);
	tdi_end(&requests[0]);
	/* Nothing of it is left, though the bucket is overdrawn. */
	tdi_close(connection);
	connection = NULL;
	stop();
}

static void cancelled_between_pieces(void **state)
{
	MDL *mdl;

	start();
	mdl = begin_large(0, 3 * PIECE, 0);
	assert_true(is_waiting(0));
	assert_true(IoCancelIrp(requests[0].irp));
	end_large(0, mdl, STATUS_CANCELLED, PIECE);
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], PIECE);
	stop();
}

/* While the lower driver has a piece, it is the lower driver's to cancel. */
static void cancelled_below(void **state)
{
	MDL *mdl;

	start();
	tdi_lower.hold[TDI_SEND] = true;
	mdl = begin_large(0, 3 * PIECE, 0);
	assert_false(IoCancelIrp(requests[0].irp));
	assert_true(tdi_lower_complete(TDI_SEND, STATUS_SUCCESS, PIECE));
	end_large(0, mdl, STATUS_CANCELLED, PIECE);
	stop();
}

static NTSTATUS disconnect(uint32_t flags, unsigned n)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = flags };

	tdi_begin(&requests[n], connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	return requests[n].done ? requests[n].status : STATUS_PENDING;
}

static void a_graceful_end_comes_after(void **state)
{
	start();
	begin(0, PIECE, 0);
	begin(1, PIECE, 0);
	assert_int_equal(disconnect(TDI_DISCONNECT_RELEASE, 2), STATUS_PENDING);
	assert_int_equal(tdi_lower.calls[TDI_DISCONNECT], 0);
	assert_int_equal(tdi_end(&requests[2]), STATUS_SUCCESS);
	assert_int_equal(below(), 2);
	tdi_end(&requests[0]);
	tdi_end(&requests[1]);
	stop();
}

static void an_abort_ends_what_waits(void **state)
{
	MDL *mdl;

	start();
	tdi_lower.hold[TDI_SEND] = true;
	mdl = begin_large(0, 3 * PIECE, 0);
	begin(1, PIECE, 0);
	assert_int_equal(disconnect(TDI_DISCONNECT_ABORT, 2), STATUS_SUCCESS);
	assert_int_equal(tdi_end(&requests[1]), STATUS_CONNECTION_ABORTED);
	assert_true(tdi_lower_complete(TDI_SEND, STATUS_SUCCESS, PIECE));
	end_large(0, mdl, STATUS_CONNECTION_ABORTED, PIECE);
	tdi_end(&requests[2]);
	assert_int_equal(below(), 1);
	stop();
}

static void a_cleanup_ends_what_waits(void **state)
{
	start();
	begin(0, PIECE, 0);
	begin(1, PIECE, 0);
	begin(2, PIECE, 0);
	tdi_close(connection);
	connection = NULL;
	assert_int_equal(tdi_end(&requests[1]), STATUS_CANCELLED);
	assert_int_equal(tdi_end(&requests[2]), STATUS_CANCELLED);
	tdi_end(&requests[0]);
	stop();
}

static void what_waits_goes_without_its_rule(void **state)
{
	uint64_t began;
	MDL *mdl;

	start();
	mdl = begin_large(0, 4 * PIECE, 0);
	begin(1, PIECE, 0);
	began = KeQueryInterruptTime();
	remove_limit();
	tdi_doubles.limit = tdi_limit_new(RATE, 0);
	end_large(0, mdl, STATUS_SUCCESS, 4 * PIECE);
	assert_int_equal(tdi_end(&requests[1]), STATUS_SUCCESS);
	assert_in_range(KeQueryInterruptTime() - began, 0, 300000);
	assert_int_equal(below(), 3); /* the rest in one piece */
	stop();
}

static void what_waits_goes_when_stopped(void **state)
{
	struct fw_control_status status = { 0 };

	start();
	begin(0, PIECE, 0);
	begin(1, PIECE, 0);
	assert_true(is_waiting(1));
	assert_int_equal(fw_tdi_detach(&status), STATUS_DEVICE_BUSY);
	assert_false(is_waiting(1));
	fw_tdi_bypass(false);
	tdi_end(&requests[0]);
	tdi_end(&requests[1]);
	stop();
}

static void held_requests_are_in_the_status(void **state)
{
	struct fw_control_status status = { 0 };

	start();
	begin(0, PIECE, 0);
	begin(1, PIECE, 0);
	fw_tdi_status(&status);
	assert_true(status.requests >= 1);
	tdi_end(&requests[0]);
	tdi_end(&requests[1]);
	stop();
}

/* Files of one rule have their turns. */
static void shares_fairly(void **state)
{
	PFILE_OBJECT other, first;
	unsigned i;

	start();
	first = connection;
	other = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(other, 81);
	begin(0, PIECE, 0);
	for (i = 1; i < 5; i++)
		begin(i, PIECE, 0);
	connection = other;
	begin(5, PIECE, 0);
	begin(6, PIECE, 0);
	connection = first;
	assert_int_equal(tdi_end(&requests[6]), STATUS_SUCCESS);
	assert_false(is_waiting(1));
	assert_true(is_waiting(3));
	tdi_end(&requests[5]);
	for (i = 0; i < 5; i++)
		tdi_end(&requests[i]);
	tdi_close(other);
	stop();
}

static void limits_datagrams(void **state)
{
	TDI_CONNECTION_INFORMATION information = { 0 };
	TDI_REQUEST_KERNEL_SENDDG parameters = { PIECE, &information };
	PFILE_OBJECT address;
	uint64_t began;
	unsigned i;

	start();
	address = tdi_open_address(TDI_UDP, 53);
	began = KeQueryInterruptTime();
	for (i = 0; i < 3; i++)
		tdi_begin(
			&requests[i], address, TDI_SEND_DATAGRAM, &parameters, sizeof(parameters));
	for (i = 0; i < 3; i++)
		assert_int_equal(tdi_end(&requests[i]), STATUS_SUCCESS);
	assert_in_range(KeQueryInterruptTime() - began, 1400000, 1700000);
	tdi_close(address);
	stop();
}

/* Its length is one that no datagram can have: it goes down, to be refused there, and others wait
 * for a second at most. */
static void what_cannot_be_sent_puts_off_for_a_second(void **state)
{
	TDI_CONNECTION_INFORMATION information = { 0 };
	TDI_REQUEST_KERNEL_SENDDG parameters = { 100 * RATE, &information };
	PFILE_OBJECT address;
	uint64_t began;

	start();
	address = tdi_open_address(TDI_UDP, 53);
	tdi_lower.status[TDI_SEND_DATAGRAM] = STATUS_INVALID_PARAMETER;
	began = KeQueryInterruptTime();
	tdi_begin(&requests[0], address, TDI_SEND_DATAGRAM, &parameters, sizeof(parameters));
	begin(1, 50 * RATE, 0); /* no descriptor has so much */
	begin(2, PIECE, 0);
	assert_int_equal(tdi_end(&requests[2]), STATUS_SUCCESS);
	assert_in_range(KeQueryInterruptTime() - began, 9000000, 22000000);
	assert_int_equal(tdi_end(&requests[0]), STATUS_INVALID_PARAMETER);
	tdi_end(&requests[1]);
	tdi_close(address);
	stop();
}

/* Others are not limited, and no memory is theirs. */
static void others_are_not_concerned(void **state)
{
	PFILE_OBJECT mine;

	start();
	mine = connection;
	tdi_process(OTHER_PID);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(connection, 81);
	begin(0, 5 * PIECE, 0);
	begin(1, 5 * PIECE, 0);
	assert_int_equal(below(), 2);
	tdi_end(&requests[0]);
	tdi_end(&requests[1]);
	tdi_close(connection);
	connection = mine;
	assert_int_equal(counters().sent, 0);
	stop();
}

/* Everything fails once: nothing is lost, stuck or left. */
static void fail_once(void *context)
{
	NTSTATUS status;
	MDL *mdl;

	tdi_world_start(TDI_ALL4);
	nt_failures_pause();
	tdi_doubles.limit = tdi_limit_new(RATE, 0);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(connection, 80);
	nt_failures_resume();
	mdl = begin_large(0, 3 * PIECE, 0);
	begin(1, PIECE, 0);
	status = tdi_end(&requests[0]);
	assert_true(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
	IoFreeMdl(mdl);
	tdi_end(&requests[1]);
	stop();
}

static void each_failure(void **state)
{
	assert_true(nt_each_failure(fail_once, NULL) > 3);
}

/* When their turn comes. */
static void canceller(void *context)
{
	nt_sleep_ms(50 + (unsigned)(nt_seed() % 3) * 5);
	IoCancelIrp(context);
}

/* Cancelled at any moment. */
static void cancelled_at_any_moment(void **state)
{
	PETHREAD threads[3];
	unsigned i;

	for (nt_seeds_begin(1, 60); nt_seeds_next(&seeded.seed);) {
		start();
		begin(0, PIECE, 0);
		for (i = 0; i < 3; i++) {
			begin(i + 1, PIECE / 50, 0);
			threads[i] =
				nt_thread_start("canceller", NULL, canceller, requests[i + 1].irp);
		}
		if (seeded.seed % 3 == 0) {
			nt_sleep_ms(50);
			tdi_close(connection);
		}
		for (i = 0; i < 3; i++)
			nt_thread_join(threads[i]);
		for (i = 0; i < 4; i++)
			tdi_end(&requests[i]);
		if (seeded.seed % 3 == 0)
			connection = NULL;
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
		TEST("NT-20: a send waits for its tokens", waits_for_its_tokens),
		TEST("NT-20: uploads keep the rate within 3 % over 10 s", keeps_the_rate),
		TEST("NT-20: large sends go in pieces, urgent data past them", splits_large_sends),
		TEST("NT-20: a piece that went in part ends the send", ends_by_a_part),
		TEST("NT-20: cancelled while it waits", cancelled_while_it_waits),
		TEST("NT-20: cancelled between pieces", cancelled_between_pieces),
		TEST("NT-20: cancelled below", cancelled_below),
		TEST("NT-20: a graceful disconnect comes after what waits",
			a_graceful_end_comes_after),
		TEST("NT-20: an abort ends what waits", an_abort_ends_what_waits),
		TEST("NT-20: a cleanup ends what waits", a_cleanup_ends_what_waits),
		TEST("NT-20: what waits goes when its rule does", what_waits_goes_without_its_rule),
		TEST("NT-20, NT-23: what waits goes when the driver stops",
			what_waits_goes_when_stopped),
		TEST("NT-23: what waits is in the status", held_requests_are_in_the_status),
		TEST("NT-21: files of one rule have their turns", shares_fairly),
		TEST("NT-20: datagrams wait", limits_datagrams),
		TEST("NT-21: what cannot be sent puts off for a second",
			what_cannot_be_sent_puts_off_for_a_second),
		TEST("NT-20: others are not concerned", others_are_not_concerned),
		TEST("NT-20: everything fails once", each_failure),
		TEST("NT-20: cancelled at any moment", cancelled_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
