/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/socket_destroy.h"

#include "lib/grow.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ALL_STATES 0xffffffffu

struct destruction {
	struct mnl_socket *netlink;
	const uint64_t *ids;
	size_t count;
	struct inet_diag_msg *found; /* of those that have one of the ids */
	size_t found_count, found_capacity;
	uint32_t sequence;
};

static int compare_ids(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static int take_in(const struct nlmsghdr *message, void *argument)
{
	struct destruction *destruction = argument;
	const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(message);
	struct inet_diag_msg *grown;
	uint64_t id;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*socket))
		return MNL_CB_OK;
	id = (uint64_t)socket->id.idiag_cookie[1] << 32 | socket->id.idiag_cookie[0];
	if (!bsearch(&id, destruction->ids, destruction->count, sizeof(id), compare_ids))
		return MNL_CB_OK;
	grown = fw_grow(destruction->found, destruction->found_count, &destruction->found_capacity,
		sizeof(*grown));
	if (!grown)
		return MNL_CB_ERROR;
	destruction->found = grown;
	grown[destruction->found_count++] = *socket;
	return MNL_CB_OK;
}

static int send_request(struct destruction *destruction, uint16_t type, uint16_t flags,
	const struct inet_diag_req_v2 *request)
{
	char buffer[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(*request))];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = ++destruction->sequence;
	*(struct inet_diag_req_v2 *)mnl_nlmsg_put_extra_header(header, sizeof(*request)) = *request;
	return mnl_socket_sendto(destruction->netlink, header, header->nlmsg_len) < 0 ? -errno : 0;
}

static int receive_answer(struct destruction *destruction)
{
	uint64_t buffer[32768 / sizeof(uint64_t)];
	unsigned int port = mnl_socket_get_portid(destruction->netlink);
	int result;

	do {
		ssize_t got = mnl_socket_recvfrom(destruction->netlink, buffer, sizeof(buffer));

		if (got < 0)
			return -errno;
		result = mnl_cb_run(buffer, (size_t)got, destruction->sequence, port, take_in,
			destruction);
	} while (result > MNL_CB_STOP);
	return result < 0 ? -errno : 0;
}

static int find_sockets(struct destruction *destruction, uint8_t family)
{
	const struct inet_diag_req_v2 request = { .sdiag_family = family,
		.sdiag_protocol = IPPROTO_TCP, .idiag_states = ALL_STATES & ~(1u << TCP_LISTEN) };
	int result = send_request(destruction, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request);

	return result ? result : receive_answer(destruction);
}

static int destroy_one(struct destruction *destruction, const struct inet_diag_msg *socket)
{
	const struct inet_diag_req_v2 request = { .sdiag_family = socket->idiag_family,
		.sdiag_protocol = IPPROTO_TCP, .id = socket->id };
	int result = send_request(destruction, SOCK_DESTROY, NLM_F_ACK, &request);

	if (!result)
		result = receive_answer(destruction);
	return result == -ENOENT ? 0 : result;
}

int fw_sockets_destroy(const uint64_t *ids, size_t count)
{
	struct destruction destruction = { .ids = ids, .count = count };
	int result;

	destruction.netlink = mnl_socket_open(NETLINK_SOCK_DIAG);
	if (!destruction.netlink)
		return -errno;
	result = mnl_socket_bind(destruction.netlink, 0, MNL_SOCKET_AUTOPID) ? -errno : 0;
	if (!result)
		result = find_sockets(&destruction, AF_INET);
	if (!result)
		result = find_sockets(&destruction, AF_INET6);
	for (size_t i = 0; i < destruction.found_count && !result; i++)
		result = destroy_one(&destruction, &destruction.found[i]);
	mnl_socket_close(destruction.netlink);
	free(destruction.found);
	return result;
}
