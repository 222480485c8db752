/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who is charged what, over rounds of made-up listings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "backend/sockdiag/tcp_ledger.h"

/* Pids below this run; the others have exited. */
static uint32_t first_exited_pid;

static bool runs(uint32_t pid, uint64_t start_ns, void *argument)
{
	return pid < first_exited_pid;
}

static int set_up(void **state)
{
	static struct fw_tcp_ledger ledger;

	memset(&ledger, 0, sizeof(ledger));
	ledger.keeps_vanished = true;
	first_exited_pid = 1000;
	*state = &ledger;
	return 0;
}

static int tear_down(void **state)
{
	fw_tcp_ledger_done(*state);
	return 0;
}

/* A connected socket at rest, as inet_diag shows it. */
static struct fw_diag_socket at_rest(uint64_t cookie, uint64_t sent, uint64_t received)
{
	return (struct fw_diag_socket){
		.cookie = cookie,
		.inode = cookie + 100,
		.state = FW_STATE_ESTABLISHED,
		.tcp = { .acked = sent + 1,
			.received = received,
			.sent = sent,
			.has_acked = true,
			.has_sent = true },
	};
}

static struct fw_process process_of(uint32_t pid)
{
	return (struct fw_process){ .pid = pid, .start_ns = pid * 1000ull, .comm = "test" };
}

static bool note(struct fw_tcp_ledger *ledger, const struct fw_diag_socket *socket)
{
	bool is_changed = false;

	assert_int_equal(fw_tcp_ledger_note(ledger, socket, &is_changed), FW_OK);
	return is_changed;
}

/* pid 0: no holder can be seen. */
static void see(struct fw_tcp_ledger *ledger, const struct fw_diag_socket *socket, uint32_t pid)
{
	struct fw_process holder = process_of(pid);

	if (note(ledger, socket))
		assert_int_equal(
			fw_tcp_ledger_see(ledger, socket, socket, pid ? &holder : NULL, runs, NULL),
			FW_OK);
}

static void finish(struct fw_tcp_ledger *ledger)
{
	fw_tcp_ledger_finish(ledger, runs, NULL);
}

/* A whole round with one socket. */
static void round_of(
	struct fw_tcp_ledger *ledger, const struct fw_diag_socket *socket, uint32_t pid)
{
	fw_tcp_ledger_begin(ledger, 5);
	if (socket)
		see(ledger, socket, pid);
	finish(ledger);
}

static void expect(
	const struct fw_tcp_ledger *ledger, uint32_t pid, uint64_t sent, uint64_t received)
{
	const struct fw_counters *counters = pid ? NULL : &ledger->unattributed;

	for (size_t i = 0; i < ledger->process_count; i++)
		if (ledger->processes[i].process.pid == pid)
			counters = &ledger->processes[i].counters;
	assert_non_null(counters);
	assert_int_equal(counters->sent, sent);
	assert_int_equal(counters->received, received);
}

static void the_baseline_is_not_traffic(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 500, 600);

	round_of(ledger, &socket, 7);
	expect(ledger, 7, 0, 0);
	socket = at_rest(1, 510, 650);
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 10, 50);
	assert_int_equal(fw_tcp_ledger_find(ledger, 1)->opened_ns, 0);
	assert_int_equal(fw_tcp_ledger_find(ledger, 1)->counters.sent, 10);
}

static void a_new_connection_counts_from_its_start(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 500, 600);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 500, 600);
	assert_int_equal(fw_tcp_ledger_find(ledger, 1)->opened_ns, 5);
}

static void nothing_is_asked_twice(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 500, 600);

	round_of(ledger, &socket, 7);
	fw_tcp_ledger_begin(ledger, 6);
	assert_false(note(ledger, &socket));
	socket.unread = 1;
	assert_true(note(ledger, &socket));
	finish(ledger);
}

static void totals_never_decrease(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 100);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	socket.unread = 60; /* as if 60 bytes had been given back */
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 100, 100);
	socket.unread = 0;
	socket.tcp.received = 130;
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 100, 130);
}

static void a_passed_socket_is_charged_to_its_holders(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	socket = at_rest(1, 300, 0);
	round_of(ledger, &socket, 8);
	expect(ledger, 7, 100, 0);
	expect(ledger, 8, 200, 0);
}

static void an_unseen_holder_is_not_guessed(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	socket = at_rest(1, 300, 0);
	round_of(ledger, &socket, 0); /* 7 runs, but does not hold it any more */
	expect(ledger, 7, 100, 0);
	expect(ledger, 0, 200, 0);
	assert_int_equal(fw_tcp_ledger_find(ledger, 1)->owner_pid, 0);
}

static void an_exited_holder_gets_its_last_bytes_once(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 1000);
	socket = at_rest(1, 300, 0);
	round_of(ledger, &socket, 0);
	expect(ledger, 1000, 300, 0);
	socket = at_rest(1, 700, 0); /* it lives on in hands we cannot see */
	round_of(ledger, &socket, 0);
	expect(ledger, 1000, 300, 0);
	expect(ledger, 0, 400, 0);
}

static void a_closed_socket_stays_its_last_holders(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	socket = at_rest(1, 100, 0);
	socket.inode = 0;
	socket.state = FW_STATE_FIN_WAIT_1;
	socket.unacked = 51;
	socket.tcp.not_sent = 51;
	round_of(ledger, &socket, 0);
	expect(ledger, 7, 150, 0);
}

static void an_ending_has_the_last_word(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 10);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	socket = at_rest(1, 900, 21);
	socket.state = FW_STATE_CLOSED;
	fw_tcp_ledger_begin(ledger, 6);
	fw_tcp_ledger_end(ledger, &socket);
	finish(ledger);
	expect(ledger, 7, 900, 20);
	assert_null(fw_tcp_ledger_find(ledger, 1));
	assert_int_equal(ledger->unattributed.sent, 0);
}

static void an_aborted_ending_takes_nothing_back(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 10);
	struct fw_diag_socket wiped = { .cookie = 1,
		.state = FW_STATE_CLOSED,
		.unacked = 66000,
		.tcp = { .not_sent = 66000, .has_acked = true, .has_sent = true } };

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	fw_tcp_ledger_begin(ledger, 6);
	fw_tcp_ledger_end(ledger, &wiped);
	finish(ledger);
	expect(ledger, 7, 100, 10);
}

static void a_missed_connection_is_nobodys(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 11);

	fw_tcp_ledger_begin(ledger, 5);
	fw_tcp_ledger_end(ledger, &socket); /* ended before counting began */
	finish(ledger);
	expect(ledger, 0, 0, 0);
	fw_tcp_ledger_begin(ledger, 6);
	fw_tcp_ledger_end(ledger, &socket);
	finish(ledger);
	expect(ledger, 0, 100, 10);
}

/* Out of the listing but not ended: reset while a process still holds it. Its ending, when it
 * comes, must not count it a second time. */
static void a_vanished_connection_waits_for_its_ending(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	round_of(ledger, NULL, 0);
	assert_non_null(fw_tcp_ledger_find(ledger, 1));
	fw_tcp_ledger_begin(ledger, 6);
	fw_tcp_ledger_end(ledger, &socket);
	finish(ledger);
	expect(ledger, 7, 100, 0);
	expect(ledger, 0, 0, 0);
	assert_null(fw_tcp_ledger_find(ledger, 1));
}

static void after_lost_endings_unknown_ones_are_left_out(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	fw_tcp_ledger_begin(ledger, 6);
	fw_tcp_ledger_missed(ledger);
	finish(ledger);
	assert_null(fw_tcp_ledger_find(ledger, 1));
	fw_tcp_ledger_begin(ledger, 7);
	fw_tcp_ledger_end(ledger, &socket);
	finish(ledger);
	expect(ledger, 7, 100, 0);
	expect(ledger, 0, 0, 0);
}

static void without_endings_a_vanished_connection_is_forgotten(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	ledger->keeps_vanished = false;
	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	round_of(ledger, NULL, 0);
	assert_null(fw_tcp_ledger_find(ledger, 1));
	expect(ledger, 7, 100, 0);
}

static void a_socket_connected_again_counts_on(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 50);

	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	socket = at_rest(1, 30, 5);
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 130, 55);
}

static void a_subflow_is_not_counted(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 50);

	socket.is_subflow = true;
	round_of(ledger, NULL, 0);
	round_of(ledger, &socket, 7);
	fw_tcp_ledger_begin(ledger, 6);
	assert_false(note(ledger, &socket));
	socket.is_subflow = false; /* endings do not tell */
	fw_tcp_ledger_end(ledger, &socket);
	finish(ledger);
	expect(ledger, 7, 0, 0);
	expect(ledger, 0, 0, 0);
}

/* The baseline found data under way and could not tell a SYN from a byte of data. */
static void a_guessed_syn_is_not_traffic(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	struct fw_diag_socket socket = at_rest(1, 100, 0);

	socket.tcp.acked = 60;
	socket.tcp.packets_in_flight = 1;
	socket.unacked = 40;
	round_of(ledger, &socket, 7);
	socket.tcp.acked = 100; /* no SYN in it */
	socket.tcp.packets_in_flight = 0;
	socket.unacked = 0;
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 0, 0);
	socket.tcp.acked = socket.tcp.sent = 105;
	round_of(ledger, &socket, 7);
	expect(ledger, 7, 5, 0);
}

static void exited_processes_are_marked_and_folded(void **state)
{
	struct fw_tcp_ledger *ledger = *state;
	const uint32_t many = 1100;

	round_of(ledger, NULL, 0);
	fw_tcp_ledger_begin(ledger, 6);
	for (uint32_t i = 1; i <= many; i++) {
		struct fw_diag_socket socket = at_rest(i, 10, 1);

		see(ledger, &socket, 1000 + i);
	}
	finish(ledger);
	assert_int_equal(ledger->process_count, many); /* the round they exited in shows them */
	assert_true(ledger->processes[0].process.flags & FW_PROCESS_EXITED);
	round_of(ledger, NULL, 0);
	assert_int_equal(ledger->process_count, 0);
	assert_int_equal(ledger->departed.sent, many * 10);
	assert_int_equal(ledger->departed.received, many);
}

static void ten_thousand(void **state)
{
	struct fw_tcp_ledger *ledger = *state;

	for (uint64_t round = 0; round < 3; round++) {
		fw_tcp_ledger_begin(ledger, round);
		for (uint32_t i = 1; i <= 10000; i++) {
			struct fw_diag_socket socket = at_rest(i, 100 * round, 7 * round);

			see(ledger, &socket, 1 + i % 100);
		}
		finish(ledger);
	}
	for (uint32_t pid = 1; pid <= 100; pid++)
		expect(ledger, pid, 100 * 200, 100 * 14);
}

#define LEDGER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGER_TEST(the_baseline_is_not_traffic),
		LEDGER_TEST(a_new_connection_counts_from_its_start),
		LEDGER_TEST(nothing_is_asked_twice),
		LEDGER_TEST(totals_never_decrease),
		LEDGER_TEST(a_passed_socket_is_charged_to_its_holders),
		LEDGER_TEST(an_unseen_holder_is_not_guessed),
		LEDGER_TEST(an_exited_holder_gets_its_last_bytes_once),
		LEDGER_TEST(a_closed_socket_stays_its_last_holders),
		LEDGER_TEST(an_ending_has_the_last_word),
		LEDGER_TEST(an_aborted_ending_takes_nothing_back),
		LEDGER_TEST(a_missed_connection_is_nobodys),
		LEDGER_TEST(a_vanished_connection_waits_for_its_ending),
		LEDGER_TEST(after_lost_endings_unknown_ones_are_left_out),
		LEDGER_TEST(without_endings_a_vanished_connection_is_forgotten),
		LEDGER_TEST(a_socket_connected_again_counts_on),
		LEDGER_TEST(a_subflow_is_not_counted),
		LEDGER_TEST(a_guessed_syn_is_not_traffic),
		LEDGER_TEST(exited_processes_are_marked_and_folded),
		LEDGER_TEST(ten_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
