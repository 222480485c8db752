/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parser of inet_diag's answers, with messages as the kernel sends them and as it never would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/sockdiag/diag_message.h"

#define SEQUENCE 7

struct fixture {
	char buffer[4096] __attribute__((aligned(8)));
	size_t length;
	struct fw_diag_socket sockets[8];
	size_t count;
	size_t limit; /* stop after so many */
	struct fw_diag_answer answer;
};

static bool take(const struct fw_diag_socket *socket, void *argument)
{
	struct fixture *fixture = argument;

	fixture->sockets[fixture->count++] = *socket;
	return fixture->count < fixture->limit;
}

static bool parse(struct fixture *fixture, uint16_t protocol)
{
	if (!fixture->limit)
		fixture->limit = FW_ARRAY_SIZE(fixture->sockets);
	return fw_diag_parse(fixture->buffer, fixture->length, SEQUENCE, protocol, take, fixture,
		&fixture->answer);
}

static struct nlmsghdr *begin(struct fixture *fixture, uint16_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(fixture->buffer + fixture->length);

	message->nlmsg_type = type;
	message->nlmsg_seq = SEQUENCE;
	return message;
}

static void end(struct fixture *fixture, const struct nlmsghdr *message)
{
	fixture->length += MNL_ALIGN(message->nlmsg_len);
}

static struct nlmsghdr *begin_inet(struct fixture *fixture, uint8_t family, uint8_t state)
{
	struct nlmsghdr *message = begin(fixture, SOCK_DIAG_BY_FAMILY);
	struct inet_diag_msg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->idiag_family = family;
	body->idiag_state = state;
	body->idiag_inode = 99;
	body->idiag_uid = 1000;
	body->idiag_rqueue = 11;
	body->idiag_wqueue = 22;
	body->id.idiag_sport = htons(80);
	body->id.idiag_dport = htons(40000);
	memset(body->id.idiag_src, 0xaa, 16);
	memset(body->id.idiag_dst, 0xbb, 16);
	body->id.idiag_cookie[0] = 5;
	body->id.idiag_cookie[1] = 1;
	return message;
}

static void put_info(struct nlmsghdr *message, size_t length)
{
	const struct tcp_info info = {
		.tcpi_bytes_acked = 1001,
		.tcpi_bytes_received = 2002,
		.tcpi_bytes_sent = 1500,
		.tcpi_bytes_retrans = 500,
		.tcpi_notsent_bytes = 3,
		.tcpi_unacked = 4,
	};

	mnl_attr_put(message, INET_DIAG_INFO, length, &info);
}

static void reads_a_connection(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);
	const uint8_t local[16] = { 0xaa, 0xaa, 0xaa, 0xaa };

	put_info(message, sizeof(struct tcp_info));
	end(&fixture, message);
	assert_true(parse(&fixture, IPPROTO_TCP));
	assert_int_equal(fixture.count, 1);
	const struct fw_diag_socket *socket = &fixture.sockets[0];

	assert_int_equal(socket->cookie, 0x100000005);
	assert_int_equal(socket->inode, 99);
	assert_int_equal(socket->uid, 1000);
	assert_int_equal(socket->unread, 11);
	assert_int_equal(socket->unacked, 22);
	assert_int_equal(socket->local_port, 80);
	assert_int_equal(socket->remote_port, 40000);
	assert_int_equal(socket->family, FW_FAMILY_IPV4);
	assert_memory_equal(socket->local_address, local, 16);
	assert_true(socket->tcp.has_acked && socket->tcp.has_sent);
	assert_int_equal(socket->tcp.acked, 1001);
	assert_int_equal(socket->tcp.received, 2002);
	assert_int_equal(socket->tcp.sent, 1500);
	assert_int_equal(socket->tcp.retransmitted, 500);
	assert_int_equal(socket->tcp.not_sent, 3);
	assert_int_equal(socket->tcp.packets_in_flight, 4);
	assert_false(fixture.answer.is_done || fixture.answer.is_malformed);
}

/* Kernels differ in how much of tcp_info they know. */
static void takes_any_length_of_info(void **state)
{
	for (size_t length = 0; length <= sizeof(struct tcp_info); length++) {
		struct fixture fixture = { 0 };
		struct nlmsghdr *message = begin_inet(&fixture, AF_INET6, FW_STATE_ESTABLISHED);

		put_info(message, length);
		end(&fixture, message);
		assert_true(parse(&fixture, IPPROTO_TCP));
		assert_int_equal(fixture.count, 1);
		assert_int_equal(fixture.sockets[0].tcp.has_acked,
			length >= offsetof(struct tcp_info, tcpi_segs_out));
		assert_int_equal(fixture.sockets[0].tcp.has_sent,
			length >= offsetof(struct tcp_info, tcpi_dsack_dups));
	}
}

static void knows_subflows(void **state)
{
	static const struct {
		const char *name;
		bool is_subflow;
	} vectors[] = { { "mptcp", true }, { "tls", false }, { "mptc", false }, { "", false } };

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fixture fixture = { 0 };
		struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);
		struct nlattr *nest = mnl_attr_nest_start(message, INET_DIAG_ULP_INFO);

		mnl_attr_put_strz(message, INET_ULP_INFO_NAME, vectors[i].name);
		mnl_attr_nest_end(message, nest);
		end(&fixture, message);
		assert_true(parse(&fixture, IPPROTO_TCP));
		assert_int_equal(fixture.sockets[0].is_subflow, vectors[i].is_subflow);
	}
}

static void a_listener_has_no_bytes(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_LISTEN);

	put_info(message, sizeof(struct tcp_info));
	end(&fixture, message);
	assert_true(parse(&fixture, IPPROTO_TCP));
	assert_int_equal(fixture.sockets[0].unread, 0);
	assert_false(fixture.sockets[0].tcp.has_acked);
}

static void other_protocols(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, 7);

	end(&fixture, message);
	assert_true(parse(&fixture, IPPROTO_UDP));
	assert_int_equal(fixture.sockets[0].state, FW_STATE_NONE);
	assert_int_equal(fixture.sockets[0].unread, 0);

	assert_int_equal(fixture.sockets[0].local_port, 80);
}

static void raw_sockets(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, 7);

	mnl_attr_put_u8(message, INET_DIAG_PROTOCOL, IPPROTO_ICMP);
	end(&fixture, message);
	assert_true(parse(&fixture, IPPROTO_RAW));
	assert_int_equal(fixture.sockets[0].protocol, IPPROTO_ICMP);
	assert_int_equal(fixture.sockets[0].local_port, 0);
}

static void packet_sockets(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin(&fixture, SOCK_DIAG_BY_FAMILY);
	struct packet_diag_msg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->pdiag_family = AF_PACKET;
	body->pdiag_ino = 12;
	body->pdiag_cookie[0] = 3;
	mnl_attr_put_u32(message, PACKET_DIAG_UID, 33);
	end(&fixture, message);
	assert_true(parse(&fixture, FW_PROTOCOL_PACKET));
	assert_int_equal(fixture.sockets[0].family, FW_FAMILY_PACKET);
	assert_int_equal(fixture.sockets[0].protocol, FW_PROTOCOL_PACKET);
	assert_int_equal(fixture.sockets[0].inode, 12);
	assert_int_equal(fixture.sockets[0].cookie, 3);
	assert_int_equal(fixture.sockets[0].uid, 33);
}

static void put_int(struct fixture *fixture, uint16_t type, int32_t value, size_t length)
{
	struct nlmsghdr *message = begin(fixture, type);

	memcpy(mnl_nlmsg_put_extra_header(message, length), &value, length);
	end(fixture, message);
}

static void ends_and_errors(void **state)
{
	static const struct {
		uint16_t type;
		int32_t value;
		size_t length;
		int error_number;
		bool is_malformed;
	} vectors[] = {
		{ NLMSG_DONE, 0, 4, 0, false },
		{ NLMSG_DONE, 0, 0, 0, false },
		{ NLMSG_DONE, -EACCES, 4, EACCES, false },
		{ NLMSG_ERROR, -ENOENT, 4, ENOENT, false },
		{ NLMSG_ERROR, 0, 4, 0, false },
		{ NLMSG_ERROR, 0, 0, 0, true },
		{ NLMSG_ERROR, INT32_MIN, 4, 0, false },
		{ NLMSG_ERROR, 5, 4, 0, false },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fixture fixture = { 0 };

		put_int(&fixture, vectors[i].type, vectors[i].value, vectors[i].length);
		assert_true(parse(&fixture, IPPROTO_TCP));
		assert_true(fixture.answer.is_done);
		assert_int_equal(fixture.answer.error_number, vectors[i].error_number);
		assert_int_equal(fixture.answer.is_malformed, vectors[i].is_malformed);
	}
}

static void notes_an_interrupted_dump(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);

	message->nlmsg_flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
	end(&fixture, message);
	assert_true(parse(&fixture, IPPROTO_TCP));
	assert_true(fixture.answer.is_interrupted);
	assert_int_equal(fixture.count, 1);
}

static void skips_what_is_not_meant(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);

	message->nlmsg_seq = SEQUENCE - 1;
	end(&fixture, message);
	message = begin(&fixture, 0x7777);
	end(&fixture, message);
	message = begin_inet(&fixture, AF_UNIX, FW_STATE_ESTABLISHED);
	end(&fixture, message);
	message = begin_inet(&fixture, AF_INET, FW_STATE_CLOSE_WAIT);
	end(&fixture, message);
	assert_true(parse(&fixture, IPPROTO_TCP));
	assert_int_equal(fixture.count, 1);
	assert_int_equal(fixture.sockets[0].state, FW_STATE_CLOSE_WAIT);
	assert_true(fixture.answer.is_malformed); /* the AF_UNIX one */
}

static void stops_when_told(void **state)
{
	struct fixture fixture = { .limit = 2 };

	for (int i = 0; i < 3; i++)
		end(&fixture, begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED));
	assert_false(parse(&fixture, IPPROTO_TCP));
	assert_int_equal(fixture.count, 2);
}

/* In a heap block of just the size, so that the sanitizer sees any step beyond. */
static void every_cut_is_harmless(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);

	put_info(message, sizeof(struct tcp_info));
	mnl_attr_put_u8(message, INET_DIAG_PROTOCOL, 1);
	end(&fixture, message);
	for (size_t length = 0; length < fixture.length; length++) {
		struct fixture result = { .limit = 8 };
		char *cut = malloc(length ? length : 1);

		assert_non_null(cut);
		memcpy(cut, fixture.buffer, length);
		assert_true(fw_diag_parse(
			cut, length, SEQUENCE, IPPROTO_TCP, take, &result, &result.answer));
		assert_int_equal(result.count, 0);
		assert_int_equal(result.answer.is_malformed, length > 0);
		free(cut);
	}
}

/* The message's own length is what is wrong: every value, with the buffer ending there. */
static void every_wrong_length_is_harmless(void **state)
{
	struct fixture fixture = { 0 };
	struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);

	put_info(message, sizeof(struct tcp_info));
	end(&fixture, message);
	for (uint32_t length = 0; length <= fixture.length; length++) {
		struct fixture result = { .limit = 8 };
		char *copy = malloc(length < 16 ? 16 : length);

		assert_non_null(copy);
		message->nlmsg_len = length;
		memcpy(copy, fixture.buffer, length < 16 ? 16 : length);
		fw_diag_parse(copy, length < 16 ? 16 : length, SEQUENCE, IPPROTO_TCP, take, &result,
			&result.answer);
		free(copy);
	}
}

/* Lengths that a signed comparison takes for negative. */
static void a_huge_length_is_refused(void **state)
{
	static const uint32_t lengths[] = { 0x7fffffff, 0x80000000, 0xbebebebe, 0xffffffff };

	for (size_t i = 0; i < FW_ARRAY_SIZE(lengths); i++) {
		struct fixture fixture = { 0 };
		struct nlmsghdr *message = begin_inet(&fixture, AF_INET, FW_STATE_ESTABLISHED);

		end(&fixture, message);
		message->nlmsg_len = lengths[i];
		assert_true(parse(&fixture, IPPROTO_TCP));
		assert_int_equal(fixture.count, 0);
		assert_true(fixture.answer.is_malformed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_connection),
		cmocka_unit_test(takes_any_length_of_info),
		cmocka_unit_test(knows_subflows),
		cmocka_unit_test(a_listener_has_no_bytes),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(raw_sockets),
		cmocka_unit_test(packet_sockets),
		cmocka_unit_test(ends_and_errors),
		cmocka_unit_test(notes_an_interrupted_dump),
		cmocka_unit_test(skips_what_is_not_meant),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(every_cut_is_harmless),
		cmocka_unit_test(every_wrong_length_is_harmless),
		cmocka_unit_test(a_huge_length_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
