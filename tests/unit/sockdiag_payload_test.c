/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From inet_diag's numbers to payload: a vector for each way a connection can stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/sockdiag/tcp_payload.h"

/* One reading: state, queues, totals. */
#define READING(st, un, ua, ac, re, se, rt, ns, fl)                                                \
	{                                                                                          \
		.state = FW_STATE_##st, .unread = (un), .unacked = (ua),                           \
		.tcp = { .acked = (ac),                                                            \
			.received = (re),                                                          \
			.sent = (se),                                                              \
			.retransmitted = (rt),                                                     \
			.not_sent = (ns),                                                          \
			.packets_in_flight = (fl),                                                 \
			.has_acked = true,                                                         \
			.has_sent = true },                                                        \
	}

static const struct {
	const char *what;
	struct fw_diag_socket first, second;
	enum fw_syn_counted syn;
	uint64_t sent, received;
} live[] = {
	{ "just connected", READING(ESTABLISHED, 0, 0, 1, 0, 0, 0, 0, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 0, 0 },
	{ "just accepted", READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 0, 0 },
	{ "connecting: the SYN is in the queue", READING(SYN_SENT, 0, 1, 0, 0, 0, 0, 0, 1),
		READING(SYN_SENT, 0, 1, 0, 0, 0, 0, 0, 0), FW_SYN_UNKNOWN, 0, 0 },
	{ "at rest", READING(ESTABLISHED, 0, 0, 1001, 50, 1000, 0, 0, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 1000, 50 },
	{ "written, not acknowledged", READING(ESTABLISHED, 0, 400, 601, 0, 800, 0, 200, 2),
		READING(ESTABLISHED, 0, 400, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 1000, 0 },
	{ "arrived, not read", READING(ESTABLISHED, 300, 0, 0, 1000, 0, 0, 0, 0),
		READING(ESTABLISHED, 300, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 0, 700 },
	{ "acknowledged between the readings: less, never more",
		READING(ESTABLISHED, 0, 400, 601, 0, 1000, 0, 0, 2),
		READING(ESTABLISHED, 0, 100, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 700, 0 },
	{ "arrived between the readings: less, never more",
		READING(ESTABLISHED, 0, 0, 0, 1000, 0, 0, 0, 0),
		READING(ESTABLISHED, 250, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 0, 750 },
	{ "closed, FIN not acknowledged", READING(FIN_WAIT_1, 0, 101, 901, 0, 1000, 0, 0, 1),
		READING(FIN_WAIT_1, 0, 101, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 1000, 0 },
	{ "closed, FIN acknowledged", READING(FIN_WAIT_2, 0, 0, 1002, 7, 1000, 0, 0, 0),
		READING(FIN_WAIT_2, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 1000, 7 },
	{ "peer closed, end not read", READING(CLOSE_WAIT, 1, 0, 0, 501, 0, 0, 0, 0),
		READING(CLOSE_WAIT, 1, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 0, 500 },
	{ "peer closed, data and end not read", READING(CLOSE_WAIT, 101, 0, 0, 501, 0, 0, 0, 0),
		READING(CLOSE_WAIT, 101, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 0, 400 },
	{ "peer closed, end read", READING(CLOSE_WAIT, 0, 0, 0, 501, 0, 0, 0, 0),
		READING(CLOSE_WAIT, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 0, 500 },
	{ "both closed", READING(LAST_ACK, 0, 1, 300, 501, 300, 0, 0, 1),
		READING(LAST_ACK, 0, 1, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED, 300, 500 },
	{ "absurd: smaller than what is taken off", READING(CLOSE_WAIT, 900, 0, 0, 5, 0, 0, 0, 0),
		READING(LAST_ACK, 900, 0, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED, 0, 0 },
};

static void live_connections(void **state)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(live); i++) {
		struct fw_tcp_payload payload =
			fw_tcp_payload_live(&live[i].first, &live[i].second, live[i].syn);

		if (payload.sent != live[i].sent || payload.received != live[i].received)
			fail_msg("%s: sent %lu, received %lu", live[i].what,
				(unsigned long)payload.sent, (unsigned long)payload.received);
	}
}

static const struct {
	const char *what;
	struct fw_diag_socket ended;
	enum fw_syn_counted syn;
	uint64_t sent, received;
} endings[] = {
	{ "connected, closed second", READING(CLOSED, 0, 0, 1002, 501, 1000, 0, 0, 0),
		FW_SYN_COUNTED, 1000, 500 },
	{ "accepted, closed second", READING(CLOSED, 0, 0, 1001, 501, 1000, 0, 0, 0),
		FW_SYN_NOT_COUNTED, 1000, 500 },
	{ "closed first: the peer's FIN was never read",
		READING(CLOSED, 1, 0, 1001, 501, 1000, 0, 0, 0), FW_SYN_NOT_COUNTED, 1000, 500 },
	{ "closed first, peer silent: one byte may miss",
		READING(CLOSED, 0, 0, 1001, 500, 1000, 0, 0, 0), FW_SYN_NOT_COUNTED, 1000, 499 },
	{ "retransmitted", READING(CLOSED, 1, 0, 1002, 1, 1700, 700, 0, 0), FW_SYN_COUNTED, 1000,
		0 },
	{ "reset with data under way", READING(CLOSED, 0, 600, 401, 0, 1000, 0, 0, 0),
		FW_SYN_COUNTED, 1000, 0 },
	{ "reset with data and FIN waiting", READING(CLOSED, 0, 901, 101, 0, 500, 0, 501, 0),
		FW_SYN_COUNTED, 1000, 0 },
	{ "sent twice by a drop on the way out", READING(CLOSED, 1, 0, 1002, 1, 1100, 0, 0, 0),
		FW_SYN_COUNTED, 1000, 0 },
	{ "never seen before", READING(CLOSED, 1, 0, 1002, 501, 1000, 0, 0, 0), FW_SYN_UNKNOWN,
		1000, 500 },
	{ "wiped by an abort", READING(CLOSED, 0, 65537, 0, 0, 0, 0, 65537, 0), FW_SYN_COUNTED, 0,
		0 },
};

static void ended_connections(void **state)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(endings); i++) {
		struct fw_tcp_payload payload =
			fw_tcp_payload_ended(&endings[i].ended, endings[i].syn);

		if (payload.sent != endings[i].sent || payload.received != endings[i].received)
			fail_msg("%s: sent %lu, received %lu", endings[i].what,
				(unsigned long)payload.sent, (unsigned long)payload.received);
	}
}

static const struct {
	struct fw_diag_socket first, second;
	enum fw_syn_counted syn;
} syns[] = {
	{ READING(ESTABLISHED, 0, 0, 1001, 0, 1000, 0, 0, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED },
	{ READING(ESTABLISHED, 0, 0, 1000, 0, 1300, 300, 0, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_NOT_COUNTED },
	{ READING(FIN_WAIT_2, 0, 0, 1002, 0, 1000, 0, 0, 0),
		READING(FIN_WAIT_2, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_COUNTED },
	{ READING(ESTABLISHED, 0, 0, 501, 0, 1000, 0, 0, 1),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_UNKNOWN },
	{ READING(ESTABLISHED, 0, 0, 1001, 0, 1000, 0, 9, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_UNKNOWN },
	{ READING(FIN_WAIT_1, 0, 0, 1001, 0, 1000, 0, 0, 0),
		READING(FIN_WAIT_1, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_UNKNOWN },
	{ READING(ESTABLISHED, 0, 0, 1001, 0, 1000, 0, 0, 0),
		READING(FIN_WAIT_2, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_UNKNOWN },
	/* Fewer acknowledged than sent, nothing under way: a drop on the way out was counted twice.
	 */
	{ READING(ESTABLISHED, 0, 0, 901, 0, 1000, 0, 0, 0),
		READING(ESTABLISHED, 0, 0, 0, 0, 0, 0, 0, 0), FW_SYN_UNKNOWN },
};

static void who_connected(void **state)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(syns); i++)
		assert_int_equal(fw_tcp_payload_syn(&syns[i].first, &syns[i].second), syns[i].syn);
}

static void an_old_kernel_tells_less(void **state)
{
	struct fw_diag_socket ended = READING(CLOSED, 1, 0, 1002, 501, 0, 0, 0, 0);
	struct fw_tcp_payload payload;

	ended.tcp.has_sent = false;
	assert_int_equal(fw_tcp_payload_syn(&ended, &ended), FW_SYN_UNKNOWN);
	payload = fw_tcp_payload_ended(&ended, FW_SYN_UNKNOWN);
	assert_int_equal(payload.sent, 1000);
	assert_int_equal(payload.received, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_connections),
		cmocka_unit_test(ended_connections),
		cmocka_unit_test(who_connected),
		cmocka_unit_test(an_old_kernel_tells_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
