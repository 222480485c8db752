/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/diag_message.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* tcp_info grew over the years: is `field` within the bytes this kernel gave? */
#define TCP_INFO_HAS(length, field)                                                                \
	((length) >= offsetof(struct tcp_info, field) + sizeof(((struct tcp_info *)0)->field))

static void take_tcp_info(const void *data, size_t length, struct fw_tcp_info *tcp)
{
	struct tcp_info info = { 0 };

	memcpy(&info, data, length < sizeof(info) ? length : sizeof(info));
	tcp->acked = info.tcpi_bytes_acked;
	tcp->received = info.tcpi_bytes_received;
	tcp->sent = info.tcpi_bytes_sent;
	tcp->retransmitted = info.tcpi_bytes_retrans;
	tcp->not_sent = info.tcpi_notsent_bytes;
	tcp->packets_in_flight = info.tcpi_unacked;
	tcp->has_acked = TCP_INFO_HAS(length, tcpi_bytes_received);
	tcp->has_sent = TCP_INFO_HAS(length, tcpi_bytes_retrans);
}

/* libmnl's own loop rounds the message's end up, past the end of the buffer. */
static const struct nlattr *next_attribute(const struct nlattr *attribute, const char *end)
{
	const char *at = attribute ? (const char *)attribute + MNL_ALIGN(attribute->nla_len) : NULL;

	if (!at || at >= end || !mnl_attr_ok((const struct nlattr *)at, (int)(end - at)))
		return NULL;
	return (const struct nlattr *)at;
}

/* The attribute that begins `offset` bytes into the message's payload, if there is one. */
static const struct nlattr *first_attribute(
	const struct nlmsghdr *message, size_t offset, const char *end)
{
	const char *at = (const char *)mnl_nlmsg_get_payload(message) + MNL_ALIGN(offset);

	if (at >= end || !mnl_attr_ok((const struct nlattr *)at, (int)(end - at)))
		return NULL;
	return (const struct nlattr *)at;
}

static bool names_mptcp(const struct nlattr *protocol)
{
	const char *at = mnl_attr_get_payload(protocol);
	const char *end = at + mnl_attr_get_payload_len(protocol);
	const struct nlattr *attribute = (const struct nlattr *)at;

	if (at >= end || !mnl_attr_ok(attribute, (int)(end - at)))
		return false;
	for (; attribute; attribute = next_attribute(attribute, end))
		if (mnl_attr_get_type(attribute) == INET_ULP_INFO_NAME)
			return mnl_attr_get_payload_len(attribute) >= 5 &&
			       !memcmp(mnl_attr_get_payload(attribute), "mptcp", 5);
	return false;
}

static void take_attribute(const struct nlattr *attribute, struct fw_diag_socket *socket)
{
	const void *data = mnl_attr_get_payload(attribute);
	size_t length = mnl_attr_get_payload_len(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case INET_DIAG_INFO:
		if (socket->protocol == IPPROTO_TCP && socket->state != FW_STATE_LISTEN)
			take_tcp_info(data, length, &socket->tcp);
		break;
	case INET_DIAG_ULP_INFO:
		socket->is_subflow = names_mptcp(attribute);
		break;
	case INET_DIAG_PROTOCOL:
		/* Only raw sockets have it; their number also stands where ports do. */
		if (socket->protocol == IPPROTO_RAW && length == 1) {
			socket->protocol = *(const uint8_t *)data;
			socket->local_port = 0;
		}
		break;
	}
}

static void take_addresses(const struct inet_diag_msg *body, struct fw_diag_socket *socket)
{
	size_t length = body->idiag_family == AF_INET ? 4 : 16;

	socket->family = body->idiag_family == AF_INET ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6;
	memcpy(socket->local_address, body->id.idiag_src, length);
	memcpy(socket->remote_address, body->id.idiag_dst, length);
	socket->local_port = ntohs(body->id.idiag_sport);
	socket->remote_port = ntohs(body->id.idiag_dport);
}

static uint64_t join_cookie(const uint32_t halves[2])
{
	return (uint64_t)halves[1] << 32 | halves[0];
}

/* A connection being set up whose process has not accepted it yet is SYN_RECEIVED to everybody. */
static uint8_t tcp_state(uint8_t state)
{
	const uint8_t kernel_new_syn_received = 12;

	if (state == kernel_new_syn_received)
		return FW_STATE_SYN_RECEIVED;
	return state < FW_STATE_COUNT ? state : FW_STATE_NONE;
}

static bool parse_inet(const struct nlmsghdr *message, const char *end, uint16_t protocol,
	struct fw_diag_socket *socket)
{
	struct inet_diag_msg body;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(body))
		return false;
	memcpy(&body, mnl_nlmsg_get_payload(message), sizeof(body));
	if (body.idiag_family != AF_INET && body.idiag_family != AF_INET6)
		return false;
	socket->protocol = protocol;
	socket->cookie = join_cookie(body.id.idiag_cookie);
	socket->inode = body.idiag_inode;
	socket->uid = body.idiag_uid;
	take_addresses(&body, socket);
	if (protocol == IPPROTO_TCP || protocol == FW_PROTOCOL_MPTCP)
		socket->state = tcp_state(body.idiag_state);
	if (protocol == IPPROTO_TCP && socket->state != FW_STATE_LISTEN) {
		socket->unread = body.idiag_rqueue;
		socket->unacked = body.idiag_wqueue;
	}
	for (const struct nlattr *attribute = first_attribute(message, sizeof(body), end);
		attribute; attribute = next_attribute(attribute, end))
		take_attribute(attribute, socket);
	return true;
}

static bool parse_packet(
	const struct nlmsghdr *message, const char *end, struct fw_diag_socket *socket)
{
	struct packet_diag_msg body;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(body))
		return false;
	memcpy(&body, mnl_nlmsg_get_payload(message), sizeof(body));
	socket->family = FW_FAMILY_PACKET;
	socket->protocol = FW_PROTOCOL_PACKET;
	socket->cookie = join_cookie(body.pdiag_cookie);
	socket->inode = body.pdiag_ino;
	socket->uid = UINT32_MAX;
	for (const struct nlattr *attribute = first_attribute(message, sizeof(body), end);
		attribute; attribute = next_attribute(attribute, end))
		if (mnl_attr_get_type(attribute) == PACKET_DIAG_UID &&
			mnl_attr_get_payload_len(attribute) == sizeof(socket->uid))
			memcpy(&socket->uid, mnl_attr_get_payload(attribute), sizeof(socket->uid));
	return true;
}

/* NLMSG_ERROR, and NLMSG_DONE too, carry a negative errno; 0 is an acknowledgement. */
static void take_error(const struct nlmsghdr *message, struct fw_diag_answer *answer)
{
	int32_t error = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	else if (message->nlmsg_type == NLMSG_ERROR)
		answer->is_malformed = true;
	if (error < 0 && error > -4096)
		answer->error_number = -error;
	answer->is_done = true;
}

static bool parse_socket(const struct nlmsghdr *message, uint16_t protocol, fw_diag_socket_fn found,
	void *argument, struct fw_diag_answer *answer)
{
	const char *end = (const char *)message + message->nlmsg_len;
	struct fw_diag_socket socket = { 0 };
	bool is_good = protocol == FW_PROTOCOL_PACKET ? parse_packet(message, end, &socket)
						      : parse_inet(message, end, protocol, &socket);

	if (!is_good) {
		answer->is_malformed = true;
		return true;
	}
	return found(&socket, argument);
}

/* libmnl's own check takes lengths of 2 GiB and more for negative ones, which fit everywhere. */
static bool is_whole(const struct nlmsghdr *message, size_t left)
{
	return left >= sizeof(*message) && message->nlmsg_len >= sizeof(*message) &&
	       message->nlmsg_len <= left;
}

bool fw_diag_parse(const void *buffer, size_t length, uint32_t sequence, uint16_t protocol,
	fw_diag_socket_fn socket, void *argument, struct fw_diag_answer *answer)
{
	const char *at = buffer, *end = at + length;

	while (is_whole((const struct nlmsghdr *)at, (size_t)(end - at))) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)at;
		size_t step = NLMSG_ALIGN((size_t)message->nlmsg_len);

		at = step < (size_t)(end - at) ? at + step : end;
		if (message->nlmsg_seq != sequence)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->is_interrupted = true;
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
			take_error(message, answer);
		else if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			 !parse_socket(message, protocol, socket, argument, answer))
			return false;
	}
	if (at < end)
		answer->is_malformed = true;
	return true;
}
