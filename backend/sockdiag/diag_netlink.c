/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/diag_netlink.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* The kernel fills up to 32 KiB for a reader whose buffer holds that much. */
#define BUFFER_SIZE 65536u

/* A table that changes during each of so many dumps is taken as the last one shows it. */
#define DUMP_ATTEMPTS 3

/* Room for the endings of about 20,000 sockets between two polls; used only as they come. */
#define ENDINGS_BUFFER_SIZE (32 * 1024 * 1024)
/* So that a storm of endings cannot keep the reader here. */
#define ENDINGS_AT_ONCE (1u << 18)

static bool add_socket(const struct fw_diag_socket *socket, void *argument)
{
	return fw_socket_list_add(argument, socket);
}

static int open_socket(struct mnl_socket **socket, unsigned int groups)
{
	struct mnl_socket *opened = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);

	if (!opened)
		return -errno;
	if (mnl_socket_bind(opened, groups, MNL_SOCKET_AUTOPID) < 0) {
		int error_number = errno;

		mnl_socket_close(opened);
		return -error_number;
	}
	*socket = opened;
	return 0;
}

/* The kernel answers a question at once; a bound all the same, so that nothing can hang. */
static void bound_wait(struct mnl_socket *socket)
{
	const struct timeval wait = { .tv_sec = 10 };

	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

static void open_endings(struct fw_diag_netlink *netlink)
{
	const unsigned int groups =
		1u << (SKNLGRP_INET_TCP_DESTROY - 1) | 1u << (SKNLGRP_INET6_TCP_DESTROY - 1);
	const int size = ENDINGS_BUFFER_SIZE;

	if (open_socket(&netlink->endings, groups))
		return;
	int fd = mnl_socket_get_fd(netlink->endings);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int fw_diag_netlink_open(struct fw_diag_netlink *netlink)
{
	struct fw_diag_netlink opened = { 0 };
	int result = open_socket(&opened.questions, 0);

	if (result)
		return result;
	opened.buffer = malloc(BUFFER_SIZE);
	if (!opened.buffer) {
		mnl_socket_close(opened.questions);
		return -ENOMEM;
	}
	bound_wait(opened.questions);
	open_endings(&opened);
	*netlink = opened;
	return 0;
}

void fw_diag_netlink_close(struct fw_diag_netlink *netlink)
{
	if (netlink->questions)
		mnl_socket_close(netlink->questions);
	if (netlink->endings)
		mnl_socket_close(netlink->endings);
	free(netlink->buffer);
	memset(netlink, 0, sizeof(*netlink));
}

static void put_inet_request(struct nlmsghdr *message, const struct fw_diag_question *question)
{
	struct inet_diag_req_v2 *request =
		mnl_nlmsg_put_extra_header(message, sizeof(struct inet_diag_req_v2));
	const bool is_long = question->protocol > UINT8_MAX;

	request->sdiag_family = question->family == FW_FAMILY_IPV4 ? AF_INET : AF_INET6;
	request->sdiag_protocol = is_long ? 0 : (uint8_t)question->protocol;
	request->idiag_states = question->states;
	if (question->wants_tcp_info)
		request->idiag_ext = 1u << (INET_DIAG_INFO - 1);
	/* A number that does not fit eight bits goes into an attribute (Linux 5.9); an older kernel
	 * sees protocol 0, of which it has no table. */
	if (is_long)
		mnl_attr_put_u32(message, INET_DIAG_REQ_PROTOCOL, question->protocol);
}

static void put_packet_request(struct nlmsghdr *message)
{
	struct packet_diag_req *request =
		mnl_nlmsg_put_extra_header(message, sizeof(struct packet_diag_req));

	request->sdiag_family = AF_PACKET;
	request->pdiag_show = PACKET_SHOW_INFO;
}

static int ask(struct fw_diag_netlink *netlink, const struct fw_diag_question *question)
{
	char space[256] __attribute__((aligned(NLMSG_ALIGNTO))) = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(space);

	message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++netlink->sequence;
	if (question->protocol == FW_PROTOCOL_PACKET)
		put_packet_request(message);
	else
		put_inet_request(message, question);
	if (mnl_socket_sendto(netlink->questions, message, message->nlmsg_len) < 0)
		return -errno;
	return 0;
}

static int read_answer(struct fw_diag_netlink *netlink, const struct fw_diag_question *question,
	struct fw_socket_list *list, struct fw_diag_answer *answer)
{
	while (!answer->is_done) {
		ssize_t got = mnl_socket_recvfrom(netlink->questions, netlink->buffer, BUFFER_SIZE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!fw_diag_parse(netlink->buffer, (size_t)got, netlink->sequence,
			    question->protocol, add_socket, list, answer))
			return -ENOMEM;
	}
	return -answer->error_number;
}

int fw_diag_netlink_dump(struct fw_diag_netlink *netlink, const struct fw_diag_question *question,
	struct fw_socket_list *list)
{
	const size_t before = list->count;
	int result = 0;

	for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
		struct fw_diag_answer answer = { 0 };

		list->count = before;
		result = ask(netlink, question);
		if (!result)
			result = read_answer(netlink, question, list, &answer);
		if (result || !answer.is_interrupted)
			break;
	}
	if (result)
		list->count = before;
	return result;
}

int fw_diag_netlink_endings(
	struct fw_diag_netlink *netlink, struct fw_socket_list *list, bool *missed)
{
	bool overflowed = false;

	for (size_t i = 0; netlink->endings && i < ENDINGS_AT_ONCE; i++) {
		struct fw_diag_answer answer = { 0 };
		ssize_t got = recv(mnl_socket_get_fd(netlink->endings), netlink->buffer,
			BUFFER_SIZE, MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			break;
		if (got < 0 && errno == ENOBUFS)
			overflowed = true;
		else if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0 && !fw_diag_parse(netlink->buffer, (size_t)got, 0, IPPROTO_TCP,
				       add_socket, list, &answer))
			return -ENOMEM;
	}
	*missed = overflowed;
	return 0;
}
